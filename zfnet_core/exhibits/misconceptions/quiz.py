"""The claims as a quiz: in an order that is thrown for each game, one at a time, and scored."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from zfnet_core.exhibits.misconceptions.claims import CLAIMS, Claim


@dataclass(frozen=True)
class Game:
    """`order` are the keys of all claims; `answers` what was said of those that were asked: true or not."""

    order: tuple[str, ...]
    answers: Mapping[str, bool]

    @property
    def asked(self) -> tuple[Claim, ...]:
        """The claims that were answered, in the order of the game."""
        return tuple(one for one in self.in_order if one.key in self.answers)

    @property
    def in_order(self) -> tuple[Claim, ...]:
        """All claims in the order of the game."""
        known = {one.key: one for one in CLAIMS}
        return tuple(known[key] for key in self.order)

    @property
    def next(self) -> Claim | None:
        """The first claim that is not answered; None at the end."""
        return next((one for one in self.in_order if one.key not in self.answers), None)

    @property
    def right(self) -> int:
        """How many were answered right."""
        return sum(self.answers[one.key] == one.true for one in self.asked)


def new_game(seed: int) -> Game:
    """A game in an order of its own; the same for the same seed."""
    keys = [one.key for one in CLAIMS]
    random.Random(seed).shuffle(keys)
    return Game(tuple(keys), {})


def answered(game: Game, key: str, said: bool) -> Game:
    """The game after an answer. The first one counts; a claim that is not in it changes nothing."""
    if key in game.answers or key not in game.order:
        return game
    return Game(game.order, {**game.answers, key: said})

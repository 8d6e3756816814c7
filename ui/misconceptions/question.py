"""What the page is about: the claims, and the visitor's game with them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ui.misconceptions.fields import QUIZ, Fields
from zfnet_core.exhibits.misconceptions import Game, new_game


@dataclass
class Games:
    """What a visit remembers: its games by number, and the claim that was answered last."""

    played: dict[int, Game] = field(default_factory=dict)
    last: str = ""


@dataclass(frozen=True)
class Question:
    """`game` is the one that is played; `last` the claim whose answer is shown, if it belongs to it."""

    quiz: bool
    number: int
    game: Game
    last: str


def resolve(fields: Fields, games: Games) -> Question:
    """The question for the chosen mode and game."""
    game = games.played.get(fields.game) or new_game(fields.game)
    last = games.last if games.last in game.answers else ""
    return Question(fields.mode == QUIZ, fields.game, game, last)

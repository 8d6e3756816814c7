"""Predict first: what the learner drew and which label was expected, and how good that was."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ui.occlusion.scale import cell_side
from zfnet_core.exhibits.occlusion import Sweep
from zfnet_core.exhibits.occlusion.score import Score, answers, score
from zfnet_core.language import t

NOTHING = -1


@dataclass(frozen=True)
class Guess:
    """`cells` is the drawing as text of 0 and 1, row by row; `class_index` the class expected to win, or NOTHING."""

    cells: str = ""
    class_index: int = NOTHING
    revealed: bool = False


NO_GUESS = Guess()


@dataclass(eq=False)
class Guesses:
    """What was guessed in this visit, by the `guess_key` of the question."""

    by_key: dict[Hashable, Guess] = field(default_factory=dict)

    def of(self, key: Hashable) -> Guess:
        """The guess, or an empty one."""
        return self.by_key.get(key, NO_GUESS)

    def change(self, key: Hashable, **parts: Any) -> None:
        """Change a part of a guess."""
        self.by_key[key] = replace(self.of(key), **parts)


def cells_across(photo_px: int) -> int:
    """How many cells a drawing has along each side."""
    return photo_px // cell_side(photo_px)


def is_drawing(cells: object, photo_px: int) -> bool:
    """Whether that is a drawing; it comes from a browser, which may send anything."""
    return isinstance(cells, str) and len(cells) == cells_across(photo_px) ** 2 and set(cells) <= {"0", "1"}


def scored(guess: Guess, sweep: Sweep, class_index: int, photo_px: int) -> Score | None:
    """The drawing's score, if there is a drawing to be shown."""
    if not guess.revealed or "1" not in guess.cells:
        return None
    across = cells_across(photo_px)
    drawn = np.array([cell == "1" for cell in guess.cells]).reshape(across, across)
    return score(sweep, class_index, drawn, photo_px)


def sentence(guess: Guess, sweep: Sweep, class_index: int, labels: Sequence[str], photo_px: int) -> str:
    """How good the guess was, in words made from its numbers."""
    words = []
    if found := scored(guess, sweep, class_index, photo_px):
        words.append(
            t(
                "**{overlap:.0f} % of your region matters most** (a blind drawing of that size: {chance:.0f} %); "
                "{drop:.0f} % of what covering takes from *{label}* lies under it. In (d): yours in pink, the equally "
                "large region that matters most in white.",
                overlap=100 * found.overlap,
                chance=100 * found.chance,
                drop=100 * found.share_of_drop,
                label=labels[class_index],
            )
        )
    if guess.class_index != NOTHING:
        share, expected = answers(sweep).get(guess.class_index, 0.0), labels[guess.class_index]
        words.append(
            t(
                "*{label}* is the most probable label at {share:.0f} % of the positions.",
                label=expected,
                share=100 * share,
            )
            if share
            else t("*{label}* is nowhere the most probable label.", label=expected)
        )
    return " ".join(words)

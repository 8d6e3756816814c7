"""Colours of the most probable labels, Fig. 7 (e): by their rank in the answer to the untouched photo.

A label has one colour however large the occluder is, whatever fills it and however far the sweep has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zfnet_core.drawing.palette import OKABE_ITO
from zfnet_core.exhibits.occlusion.score import answers
from zfnet_core.exhibits.occlusion.sweep import Sweep

# Told apart by colour-blind eyes as well, on light and on dark ground: Okabe & Ito's seven, then Tol's muted ones, for
# labels that seldom win; grey for the rest.
PALETTE = (
    *(OKABE_ITO[name] for name in ("blue", "orange", "green", "purple", "vermilion", "sky", "yellow")),
    *("#882255", "#44aa99", "#999933", "#332288", "#ddcc77"),
)
OTHERS = "#8c8c8c"


@dataclass(frozen=True)
class Swatch:
    """A line of the legend: `share` of the positions (0–1) at which `label` is the most probable."""

    colour: str
    label: str
    share: float

    @property
    def percent(self) -> str:
        """The share in words."""
        return "< 1 %" if self.share < 0.01 else f"{100 * self.share:.0f} %"


def ranks(clean_probabilities: np.ndarray) -> dict[int, int]:
    """The place in `PALETTE` of the most probable classes [classes] of the untouched photo, by class index."""
    order = np.argsort(-clean_probabilities, kind="stable")[: len(PALETTE)]
    return {int(class_index): place for place, class_index in enumerate(order)}


def colour_places(sweep: Sweep) -> np.ndarray:
    """For each position [R, C] the place in (*PALETTE, OTHERS) of its most probable label."""
    place_of = np.full(len(sweep.clean_probabilities), len(PALETTE))
    for class_index, place in ranks(sweep.clean_probabilities).items():
        place_of[class_index] = place
    return place_of[sweep.class_indices]


def legend(sweep: Sweep, labels: Sequence[str], others: str = "{n} others") -> list[Swatch]:
    """The labels that are the most probable somewhere, the most frequent first; those without a colour together.

    `others` says what several without a colour are called, with {n} for how many.
    """
    found, place_of = answers(sweep), ranks(sweep.clean_probabilities)
    lines = [
        Swatch(PALETTE[place_of[index]], labels[index], share) for index, share in found.items() if index in place_of
    ]
    rest = {labels[index]: share for index, share in found.items() if index not in place_of}
    name = next(iter(rest)) if len(rest) == 1 else others.format(n=len(rest))
    return lines + ([Swatch(OTHERS, name, sum(rest.values()))] if rest else [])

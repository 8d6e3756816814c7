"""Predict first: how well does a drawn region agree with what a sweep then finds? Our addition, not the paper's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zfnet_core.exhibits.occlusion.sweep import Sweep


@dataclass(frozen=True, eq=False)
class Score:
    """A drawn region beside the equally large region that matters most, as bools [cells, cells].

    `overlap` is the share of the drawn cells that also matter (0–1), `chance` what a blind drawing of that size would
    reach on average, `share_of_drop` the part of the whole loss of probability that lies under the drawing.
    """

    drawn: np.ndarray
    important: np.ndarray
    overlap: float
    chance: float
    share_of_drop: float


def importance(sweep: Sweep, class_index: int, photo_px: int) -> np.ndarray:
    """How much covering each pixel costs a class: mean loss of probability over the positions that cover it.

    Float64 [photo_px, photo_px]; 0 where no position reaches.
    """
    loss = float(sweep.clean_probabilities[class_index]) - sweep.probability_of(class_index).astype(np.float64)
    height, width = sweep.settings.height_px, sweep.settings.width_px

    def spread(values: np.ndarray) -> np.ndarray:
        """The sum over all positions of their value at each of their pixels, from the changes at their corners."""
        corners = np.zeros((photo_px + 1, photo_px + 1))
        for rows, columns, sign in ((0, 0, 1), (height, 0, -1), (0, width, -1), (height, width, 1)):
            corners[np.ix_(sweep.tops_px + rows, sweep.lefts_px + columns)] += sign * values
        return corners.cumsum(axis=0).cumsum(axis=1)[:-1, :-1]

    times = spread(np.ones_like(loss))
    return np.divide(spread(loss), times, out=np.zeros_like(times), where=times > 0.5)


def score(sweep: Sweep, class_index: int, drawn: np.ndarray, photo_px: int) -> Score:
    """Compare `drawn` (bools [cells, cells], cells dividing the photo evenly) with what the sweep says of a class."""
    cells = len(drawn)
    side = photo_px // cells
    felt = importance(sweep, class_index, photo_px)
    felt = felt[: cells * side, : cells * side].reshape(cells, side, cells, side).mean(axis=(1, 3))
    count = int(drawn.sum())
    flat = np.zeros(cells * cells, dtype=bool)
    # Neighbouring cells often tie (the same positions cover both); a tie counts for the drawing.
    order = np.lexsort((~drawn.ravel(), -felt.round(9).ravel()))
    flat[order[:count]] = True
    important = flat.reshape(cells, cells)
    loss = felt.clip(min=0)
    return Score(
        drawn=drawn,
        important=important,
        overlap=float((drawn & important).sum() / count) if count else 0.0,
        chance=count / drawn.size,
        share_of_drop=float(loss[drawn].sum() / loss.sum()) if loss.sum() > 0 else 0.0,
    )


def answers(sweep: Sweep) -> dict[int, float]:
    """The indices of the classes that are most probable somewhere, with their share of the positions, most first."""
    found, counts = np.unique(sweep.class_indices, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return {int(found[place]): float(counts[place] / counts.sum()) for place in order}

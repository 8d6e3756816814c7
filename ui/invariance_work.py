"""What the invariance page asks for, and the curves for it: kept for everybody, or growing in a job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from ui import state
from ui.growing import growing
from zfnet_core.compute import MEGABYTE
from zfnet_core.experiments.invariance import (
    DEFINITIONS,
    Definition,
    InvarianceCurves,
    InvarianceSettings,
    invariance_curves,
)
from zfnet_core.experiments.transforms import BORDERS, TRANSFORMATIONS, Transformation
from zfnet_core.images import Photo, prepare
from zfnet_core.jobs import Job
from zfnet_core.models.network import Network
from zfnet_core.shared_results import SharedResults

SLOT = "invariance:curves"


def _bytes(curves: InvarianceCurves) -> int:
    return curves.moved.nbytes + curves.lengths.nbytes + curves.probabilities.nbytes


_results: SharedResults[InvarianceCurves] = SharedResults(100 * MEGABYTE, _bytes)


@dataclass(frozen=True)
class Asked:
    """What the page shows: the computation's settings, two layers, the definition of distance, the handle's step."""

    settings: InvarianceSettings
    low: str
    high: str
    distance: Definition
    step: int

    @property
    def transformation(self) -> Transformation:
        """The kind of change."""
        return TRANSFORMATIONS[self.settings.kind]


def asked(network: Network) -> Asked:
    """What the link asks for, with the usual in place of what cannot be had.

    Where the network has not the chosen layers: its first, and the one before its last.
    """
    view = state.view()
    chosen = TRANSFORMATIONS.get(view.invariance_kind, TRANSFORMATIONS["down"])
    amounts = chosen.fine if view.invariance_fine else chosen.amounts
    border = view.invariance_border if view.invariance_border in BORDERS else "mean colour"
    names = [layer.name for layer in network.layers]
    at = view.invariance_at
    return Asked(
        InvarianceSettings(chosen.kind, amounts, border),
        view.invariance_low if view.invariance_low in names else names[0],
        view.invariance_high if view.invariance_high in names else names[-2],
        view.invariance_distance if view.invariance_distance in DEFINITIONS else "relative",
        at if 0 <= at < len(amounts) else min(len(amounts) - 1, len(amounts) * 5 // 8),
    )


def current(
    network: Network, photos: Sequence[Photo], settings: InvarianceSettings
) -> tuple[InvarianceCurves | None, Job | None]:
    """The curves as far as they are known, and the job that is still computing them (None when they are complete)."""
    key = (network.name, id(network.module), tuple(photo.sha for photo in photos), settings)

    def make() -> Iterator[InvarianceCurves]:
        images = torch.cat([prepare(photo, network.preprocessing) for photo in photos])
        return invariance_curves(network, images, settings)

    return growing(_results, SLOT, key, make)


def classes(curves: InvarianceCurves) -> list[int]:
    """The class whose probability is followed for each photo: the chosen one, or the untouched photo's answer.

    In the link, 0 stands for the answer and n + 1 for class n.
    """
    asked = state.view().invariance_classes
    own = [int(value) for value in curves.reference_answers]
    for index, value in enumerate(asked[: len(own)]):
        if 0 < value <= curves.probabilities.shape[2]:
            own[index] = value - 1
    return own

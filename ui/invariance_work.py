"""What the invariance page asks for, and the curves for it: kept for everybody, or growing in a job."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import torch

from ui import engine, state
from ui.growing import Growing, growing
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


def current(network: Network, photos: Sequence[Photo], settings: InvarianceSettings) -> Growing[InvarianceCurves]:
    """The curves as far as they are known, and the job that is still computing them (None when they are complete)."""
    desk = engine.desk()

    def make() -> Iterator[InvarianceCurves]:
        return invariance_curves(network, inputs(network, photos), settings, desk.lanes, desk.free_lanes)

    return growing(_results, SLOT, key_of(network, photos, settings), make)


def key_of(network: Network, photos: Sequence[Photo], settings: InvarianceSettings) -> Hashable:
    """Whatever the curves depend on."""
    return network.uid, tuple(photo.sha for photo in photos), settings


def inputs(network: Network, photos: Sequence[Photo]) -> torch.Tensor:
    """The middle of each photo as the network's input, [P, 3, input_px, input_px]."""
    return torch.cat([prepare(photo, network.preprocessing) for photo in photos])


def classes(network: Network, names: Sequence[str], curves: InvarianceCurves) -> list[int]:
    """The class whose probability is followed for each photo: the chosen one, or the untouched photo's answer."""
    found = chosen_classes(network)
    return [found.get(name, int(own)) for name, own in zip(names, curves.reference_answers, strict=True)]


def chosen_classes(network: Network) -> dict[str, int]:
    """The classes chosen for photos, by the photos' names; those chosen for another network do not count.

    In the link: the network's name, then each photo's name, a dot and the number of the class.
    """
    owner, *pairs = state.view().invariance_classes.split() or [""]
    found = {}
    for photo, _, number in (pair.rpartition(".") for pair in pairs if owner == network.name):
        if number.isdecimal() and len(number) < 7 and int(number) < len(network.labels):
            found[photo] = int(number)
    return found


def choose_class(network: Network, photo: str, number: int | None) -> None:
    """Follow another class of a photo; None: the untouched photo's answer."""
    found = chosen_classes(network) | {photo: number}
    pairs = [f"{name}.{chosen}" for name, chosen in found.items() if chosen is not None]
    state.change(invariance_classes=" ".join([network.name, *pairs] if pairs else []))

"""Everything that the comparison of Fig. 6 knows about one network: what it is, and what was measured on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.comparison.aliasing import FoldedEnergy, ShiftResponse
from zfnet_core.exhibits.comparison.dead_filters import DeadFilters
from zfnet_core.exhibits.comparison.filter_spectrum import FilterSpectrum, control
from zfnet_core.exhibits.comparison.projection_grid import ProjectionGrid
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.paper import values

Value = TypeVar("Value")
CLASSROOM = "the classroom photos"
DATA = {"bundled": CLASSROOM, "pytorchcv": "ImageNet", "torchvision": "ImageNet"}


@dataclass(frozen=True, eq=False)
class Portrait:
    """One network in numbers; None where something is not computed yet (or, for `top1`, not known).

    `printed_as` is the row of the paper's Table 2 with this architecture, `data` the photos it was trained and tested
    on; both are empty where there is none or nobody knows. `top1` was measured on `top1_photos` photos. `architecture`
    is the network's, for whoever loads it again.
    """

    network: str
    title: str
    printed_as: str = ""
    data: str = ""
    trained: bool = True
    top1: float | None = None
    top1_photos: int | None = None
    dead: DeadFilters | None = None
    spectrum: FilterSpectrum | None = None
    grid: ProjectionGrid | None = None
    folded: FoldedEnergy | None = None
    shifts: ShiftResponse | None = None
    architecture: str = ""
    flat: float | None = None

    def value(self, key: str) -> float | None:
        """The network's number for a measure, or for one of its further numbers, as a share 0–1."""
        if key in ("low", "mid", "high"):
            return self.spectrum.mean_shares[key] if self.spectrum else None
        if key == "random mid":
            return control(self.spectrum.kernel_px).mean_shares["mid"] if self.spectrum else None
        if key in ("shift", "one pixel"):
            if self.shifts is None or self.shifts.done < 1:
                return None
            return self.shifts.aliased if key == "shift" else self.shifts.one_pixel_change
        if key == "flat":
            return self.flat
        if key == "dead" and self.dead:
            return self.dead.share
        if key == "folded" and self.folded:
            return float(self.folded.share.mean())
        if key == "grid" and self.grid and len(self.grid.swings):
            return self.grid.visibility
        return self.top1 if key == "accuracy" else None

    def by_photo(self, key: str) -> np.ndarray:
        """The numbers behind `value` for each photo, for the measures that depend on photos."""
        if key == "folded":
            return known(self.folded).share
        return known(self.shifts).by_photo if key == "shift" else known(self.grid).by_photo


def known(value: Value | None) -> Value:
    """A part of a portrait that is measured already; whoever asks has looked at the value that it stands behind."""
    assert value is not None, "this is not measured yet"
    return value


def portrait_of(network: Network) -> Portrait:
    """What is known about a network before anything is measured."""
    top1, photos = _accuracy(network)
    return Portrait(
        network.name,
        network.title,
        _printed_as(network),
        data_of(network),
        network.trained,
        top1,
        photos,
        architecture=network.architecture,
    )


def data_of(network: Network) -> str:
    """The photos that a network of the zoo was trained and tested on; empty for random weights and people's own."""
    try:
        return DATA.get(zoo.entry(network.name).origin, "") if network.trained else ""
    except UnknownName:
        return ""


def _printed_as(network: Network) -> str:
    return values.printed_as(network.name) or values.printed_as(
        str(network.card.get("architecture", {}).get("family", ""))
    )


def _accuracy(network: Network) -> tuple[float | None, int | None]:
    """Top-1 accuracy 0–1 and the number of validation photos, from the model card or the publisher of the weights."""
    if not network.trained:
        return None, None
    measured = network.card.get("accuracy", {}).get("val", {})
    if "top1" in measured:
        return float(measured["top1"]), measured.get("photos")
    published = values.public_weights().get(network.name)
    return (1 - published["top1_error"] / 100, values.public_photos()) if published else (None, None)

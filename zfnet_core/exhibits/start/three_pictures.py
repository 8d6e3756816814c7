"""Photo → maps → pixels: the strongest maps of an early layer, and the projection of a later layer's strongest unit.

(found,) = compute(network, image, Settings())
found.maps           # (number, uint8 [rows, columns] from 0 to its own maximum), the strongest first
found.pixels         # the unit's deconvnet projection, cut to its receptive field `found.box`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from zfnet_core.deconvnet.projection import Unit, crops_by_rules, strongest_units
from zfnet_core.deconvnet.scaling import as_picture
from zfnet_core.forward.map_summary import summarise
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.models.network import Layer, Network

EARLY, LATE = 0.25, 0.75


@dataclass(frozen=True)
class Settings:
    """How many maps are shown. Our choice of layers (“”): one a quarter, one three quarters of the way."""

    maps: int = 9
    maps_layer: str = ""
    unit_layer: str = ""


@dataclass(frozen=True)
class ThreePictures:
    """What the three pictures are made of.

    `maps` are (number, picture) pairs, uint8 [rows, columns], each from 0 to its own maximum; `unit` is the strongest
    of `unit_layer`, `activation` its value, `box` (top, left, bottom, right) its receptive field in the input;
    `pixels` uint8 [bottom − top, right − left, 3] its projection, zero as mid-grey.
    """

    settings: Settings
    maps_layer: str
    maps: tuple[tuple[int, np.ndarray], ...]
    unit_layer: str
    unit: Unit
    activation: float
    box: tuple[int, int, int, int]
    pixels: np.ndarray


def compute(network: Network, images: torch.Tensor, settings: Settings) -> Iterator[ThreePictures]:
    """The three pictures of each of `images`, normalised [N, 3, input_px, input_px]."""
    traced = trace(network, images)
    for image in range(len(images)):
        yield of_trace(traced.of_image(image), settings)


def of_trace(traced: Trace, settings: Settings) -> ThreePictures:
    """The same for a trace of one image. Raises UnknownName for a layer that does not exist."""
    network = traced.network
    early, late = _layer(network, settings.maps_layer, EARLY), _layer(network, settings.unit_layer, LATE)
    summary = summarise(traced.activation(early.name)[0])
    strongest = np.argsort(-summary.maxima, kind="stable")[: settings.maps]
    (unit,) = strongest_units(traced, late.name, 1)
    (found,) = crops_by_rules(traced, late.name, unit, ("deconvnet",))
    top, left, bottom, right = late.receptive_field.box(unit.row, unit.column, network.preprocessing.input_px)
    ((first_row, first_column),) = found.corners
    inside = found.pixels[0, :, top - first_row : bottom - first_row, left - first_column : right - first_column]
    return ThreePictures(
        settings,
        early.name,
        tuple((int(number), summary.pictures[number]) for number in strongest),
        late.name,
        unit,
        float(found.values[0]),
        (top, left, bottom, right),
        as_picture(inside),
    )


def _layer(network: Network, name: str, share: float) -> Layer:
    """The layer of that name, or the one with feature maps that is `share` of the way through the network."""
    if name:
        return network.layer(name)
    spatial = [layer for layer in network.layers if layer.spatial]
    return spatial[round(share * (len(spatial) - 1))]

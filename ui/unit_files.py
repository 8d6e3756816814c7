"""The files that the first page offers to save."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

import numpy as np

from ui.map_pictures import atlas_picture, field_picture, map_picture
from ui.saving import csv_file, png_file
from ui.unit_pictures import RULES, UnitPicture
from zfnet_core.deconvnet import Unit
from zfnet_core.map_summary import MapSummary
from zfnet_core.models.network import Layer, Network

File = tuple[str, str, Callable[[], bytes]]


def unit_files(
    network: Network,
    layer: Layer,
    unit: Unit,
    photo: np.ndarray,
    pictures: Sequence[UnitPicture],
    values: np.ndarray,
    summary: MapSummary,
    order: list[int],
) -> list[File]:
    """(label, file name, function that makes its bytes) of every picture on the page and the numbers behind it.

    `values` is the chosen map [rows, columns], or all units [units] of a fully connected layer.
    """
    name = f"{network.name}-{layer.name}-{unit.map}-{unit.row}-{unit.column}"
    files = [(f"{RULES[p.rule][0]} (PNG)", f"{name}-{p.rule}.png", png_file(lambda p=p: p.pixels)) for p in pictures]
    box = layer.receptive_field.box(unit.row, unit.column, photo.shape[0])
    files += [("Receptive field (PNG)", f"{name}-field.png", png_file(lambda: field_picture(photo, box)))]
    if layer.spatial:
        files += [
            ("This feature map (PNG)", f"{name}-map.png", png_file(lambda: map_picture(values))),
            ("All maps of the layer (PNG)", f"{name}-atlas.png", png_file(lambda: atlas_picture(summary, order))),
            ("Activations of this map (CSV)", f"{name}.csv", csv_file(values)),
        ]
    else:
        labels = network.labels if layer is network.layers[-1] else ()
        files += [("Activations of all units (CSV)", f"{name}.csv", lambda: _units_csv(values, labels))]
    return files


def _units_csv(values: np.ndarray, labels: Sequence[str]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["unit", "label", "activation"] if labels else ["unit", "activation"])
    for number, value in enumerate(values):
        writer.writerow([number, *labels[number : number + 1], f"{value:.6g}"])
    return stream.getvalue().encode()

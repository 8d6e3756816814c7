"""The files that the first page offers to save: every picture on it, and the numbers behind them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np

from ui import engine, state
from ui.layer_values import order_of
from ui.map_pictures import Box, atlas_picture, crop_picture, field_picture, map_picture
from ui.saving import csv_file, png_file, table_csv
from ui.unit_pictures import RULES, UnitPicture
from zfnet_core.deconvnet import Unit
from zfnet_core.images import crop_box
from zfnet_core.map_summary import MapSummary
from zfnet_core.models.network import Layer
from zfnet_core.trace import Trace

File = tuple[str, str, Callable[[], bytes]]


def unit_files(
    trace: Trace,
    layer: Layer,
    unit: Unit,
    seen: np.ndarray,
    pictures: Sequence[UnitPicture],
    values: np.ndarray,
    summary: MapSummary,
) -> list[File]:
    """(label, file name, function that makes its bytes) of each file for the current photo and way of drawing.

    `seen` is the photo as the network sees it, uint8 [H, W, 3]; `values` the chosen map [rows, columns], or all units
    [units] of a fully connected layer.
    """
    network, photo, view = trace.network, engine.photo(), state.view()
    name = f"{network.name}-{layer.name}-{unit.map}-{unit.row}-{unit.column}"
    left, top, right, bottom = map(round, crop_box(photo, network.preprocessing, engine.crop()))
    box = layer.receptive_field.box(unit.row, unit.column, seen.shape[0])
    files = [(f"{RULES[p.rule][0]} (PNG)", f"{name}-{p.rule}.png", png_file(lambda p=p: p.pixels)) for p in pictures]
    files += [
        ("Photo and crop (PNG)", "photo.png", png_file(lambda: crop_picture(photo.pixels, (top, left, bottom, right)))),
        ("Receptive field (PNG)", f"{name}-field.png", png_file(lambda: field_picture(seen, box))),
        ("Patch (PNG)", f"{name}-patch.png", png_file(lambda: seen[box[0] : box[2], box[1] : box[3]])),
    ]
    if layer.spatial:
        order = order_of(summary, view.sort)
        files += [
            ("This map (PNG)", f"{name}-map.png", png_file(lambda: map_picture(values))),
            ("All maps (PNG)", f"{name}-atlas.png", png_file(lambda: atlas_picture(summary, order, view.scale))),
            ("This map (CSV)", f"{name}-map.csv", csv_file(values)),
            ("Maxima, means (CSV)", f"{name}-maps.csv", lambda: _maps_csv(summary)),
        ]
    else:
        labels = network.labels if layer is network.layers[-1] else ()
        files += [("All units (CSV)", f"{name}-units.csv", lambda: _units_csv(values, labels))]
    return [
        *files,
        ("Projected pixels (CSV)", f"{name}-pixels.csv", lambda: _pixels_csv(pictures, box)),
        ("Probabilities (CSV)", f"{network.name}-classes.csv", lambda: _classes_csv(trace)),
    ]


def _maps_csv(summary: MapSummary) -> bytes:
    strengths = zip(summary.maxima.tolist(), summary.means.tolist(), strict=True)
    return table_csv(("map", "maximum", "mean"), ((number, *pair) for number, pair in enumerate(strengths)))


def _units_csv(values: np.ndarray, labels: Sequence[str]) -> bytes:
    rows = ((number, *labels[number : number + 1], value) for number, value in enumerate(values.tolist()))
    return table_csv(("unit", "label", "activation") if labels else ("unit", "activation"), rows)


def _classes_csv(trace: Trace) -> bytes:
    """All classes, the most probable first."""
    classes = zip(trace.network.labels, trace.probabilities[0].tolist(), strict=True)
    return table_csv(("class", "probability"), sorted(classes, key=lambda row: -row[1]))


def _pixels_csv(pictures: Sequence[UnitPicture], box: Box) -> bytes:
    """The signed values of every rule in the receptive field, in units of the normalised input."""
    top, left, bottom, right = box
    places = np.mgrid[top:bottom, left:right].reshape(2, -1)
    values = [p.projection.pixels[0, :, top:bottom, left:right].cpu().numpy().reshape(3, -1) for p in pictures]
    names = [f"{p.rule} {colour}" for p in pictures for colour in ("red", "green", "blue")]
    stream = io.StringIO()
    stream.write(",".join(["row", "column", *names]) + "\n")
    np.savetxt(stream, np.concatenate([places, *values]).T, fmt=["%d"] * 2 + ["%.6g"] * len(names), delimiter=",")
    return stream.getvalue().encode()

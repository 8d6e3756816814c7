"""What can be saved from a training film: a layer's table of projections, and the learning curve."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import numpy as np

from ui.saving import png_file
from ui.sheets import lettered_table
from zfnet_core.experiments.evolution import Evolution

SIDE_PX = 96
CURVE = {
    "epoch": "epoch",
    "loss": "loss",
    "val_loss": "val loss",
    "train_top1": "train accuracy",
    "val_top1": "val accuracy",
}
UNITS = ("map", "epoch", "photo", "row", "column", "activation", "changed")


def film_files(evolution: Evolution, layer: str) -> list[tuple[str, str, Callable[[], bytes]]]:
    """(label, file name, function that makes it) for one layer of a film."""
    name = evolution.name.replace("/", "-")
    return [
        (f"{layer}, every epoch (PNG)", f"{name}-{layer}-growth.png", png_file(lambda: table(evolution, layer))),
        (f"{layer}, photos and activations (CSV)", f"{name}-{layer}-units.csv", lambda: units_csv(evolution, layer)),
        ("Learning curve (CSV)", f"{name}-curve.csv", lambda: curve_csv(evolution)),
    ]


def table(evolution: Evolution, layer: str) -> np.ndarray:
    """A layer's projections, rows are maps and columns epochs, named: uint8 [H, W, 3]."""
    part = evolution.layer(layer)
    epochs = [f"epoch {epoch}" for epoch in evolution.epochs]
    return lettered_table(part.pictures, [str(map) for map in part.maps], epochs, SIDE_PX)


def units_csv(evolution: Evolution, layer: str) -> bytes:
    """The unit behind every picture of a layer's table, one line each; `changed` is 1 where its photo is a new one."""
    part, stream = evolution.layer(layer), io.StringIO()
    lines = csv.writer(stream)
    lines.writerow(UNITS)
    for (row, column), photo in np.ndenumerate(part.photo_ids):
        place = part.rows[row, column], part.columns[row, column]
        value, changed = f"{part.values[row, column]:.6g}", int(part.changed_photo[row, column])
        lines.writerow([part.maps[row], evolution.epochs[column], photo, *place, value, changed])
    return stream.getvalue().encode()


def curve_csv(evolution: Evolution) -> bytes:
    """The curve, one line an epoch; accuracies are shares, empty where none was logged."""
    stream = io.StringIO()
    lines = csv.writer(stream)
    lines.writerow(CURVE.values())
    for one in evolution.curve:
        lines.writerow([one["epoch"], *("" if one.get(key) is None else f"{one[key]:.6g}" for key in list(CURVE)[1:])])
    return stream.getvalue().encode()

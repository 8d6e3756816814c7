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
CURVE = {"epoch": "epoch", "loss": "loss", "train_top1": "train accuracy", "val_top1": "val accuracy"}


def film_files(evolution: Evolution, layer: str) -> list[tuple[str, str, Callable[[], bytes]]]:
    """(label, file name, function that makes it) for one layer of a film."""
    name = evolution.name.replace("/", "-")
    return [
        (f"{layer}, every epoch (PNG)", f"{name}-{layer}-growth.png", png_file(lambda: table(evolution, layer))),
        ("Learning curve (CSV)", f"{name}-curve.csv", lambda: curve_csv(evolution)),
    ]


def table(evolution: Evolution, layer: str) -> np.ndarray:
    """A layer's projections, rows are maps and columns epochs, named: uint8 [H, W, 3]."""
    part = evolution.layer(layer)
    epochs = [f"epoch {epoch}" for epoch in evolution.epochs]
    return lettered_table(part.pictures, [str(map) for map in part.maps], epochs, SIDE_PX)


def curve_csv(evolution: Evolution) -> bytes:
    """The curve, one line an epoch; accuracies are shares, empty where none was logged."""
    stream = io.StringIO()
    lines = csv.writer(stream)
    lines.writerow(CURVE.values())
    for one in evolution.curve:
        lines.writerow([one["epoch"], *("" if one.get(key) is None else f"{one[key]:.6g}" for key in list(CURVE)[1:])])
    return stream.getvalue().encode()

"""The numbers behind a film."""

from __future__ import annotations

import numpy as np

from zfnet_core.exhibits.evolution.film import Evolution
from zfnet_core.tables import csv_text

CURVE = {
    "epoch": "epoch",
    "loss": "loss",
    "val_loss": "val loss",
    "train_top1": "train accuracy",
    "val_top1": "val accuracy",
}
UNITS = ("map", "epoch", "photo", "row", "column", "activation", "changed")


def units_csv(film: Evolution, layer: str) -> bytes:
    """The unit behind every picture of a layer's table, one line each; `changed` is 1 where its photo is a new one."""
    part = film.layer(layer)
    rows = [
        (
            part.maps[row],
            film.epochs[column],
            str(photo),
            int(part.rows[row, column]),
            int(part.columns[row, column]),
            float(part.values[row, column]),
            int(part.changed_photo[row, column]),
        )
        for (row, column), photo in np.ndenumerate(part.photo_ids)
    ]
    return csv_text(UNITS, rows).encode()


def curve_csv(film: Evolution) -> bytes:
    """The curve, one line an epoch; accuracies are shares, empty where none was logged."""
    return csv_text(list(CURVE.values()), [[one.get(key) for key in CURVE] for one in film.curve]).encode()

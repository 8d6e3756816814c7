"""What the browser draws of a training film."""

from __future__ import annotations

from typing import Any

import numpy as np

from ui.evolution.question import Question, layer_names
from ui.evolution.words import alts, film_words, finite
from zfnet_core.drawing.encoding import data_url
from zfnet_core.exhibits.evolution import LayerEvolution
from zfnet_core.exhibits.evolution.summary import change_per_epoch, changed_and_stayed
from zfnet_core.serving.cache_budget import Cache

QUALITY = 88
CURVES = {"loss": "loss", "val_loss": "val_loss", "train": "train_top1", "val": "val_top1"}

_tables: Cache[str] = Cache()


def scene(question: Question) -> dict[str, Any]:
    """The data of the component `film`."""
    film, part = question.film, question.film.layer(question.layer)
    jumped, stayed = changed_and_stayed(part)
    key = (question.run, question.layer, film.epochs, part.values.tobytes())
    return {
        "run": question.run,
        "table": _tables.get_or_make(key, lambda: _table(part)),
        "tile": part.tile_px,
        "layer": question.layer,
        "maps": list(part.maps),
        "epochs": list(film.epochs),
        "changed": part.changed_photo.astype(int).tolist(),
        "photos": part.photo_ids.tolist(),
        "rows": part.rows.tolist(),
        "columns": part.columns.tolist(),
        "values": [_numbers(row) for row in part.values],
        "curve": [
            {"epoch": one["epoch"], **{name: finite(one.get(key)) for name, key in CURVES.items()}}
            for one in film.curve
        ],
        "changing": {name: _numbers(change_per_epoch(film, name)) for name in layer_names(film)},
        "jumped": _numbers(jumped),
        "stayed": _numbers(stayed),
        "at": question.column,
        "alts": alts(film, question.layer),
        "words": film_words(),
    }


def _table(part: LayerEvolution) -> str:
    """A layer's pictures as one table, maps × epochs."""
    rows, columns, side = part.pictures.shape[:3]
    return data_url(part.pictures.transpose(0, 2, 1, 3, 4).reshape(rows * side, columns * side, 3), QUALITY)


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if (number := finite(value)) is None else round(number, 4) for value in values.tolist()]

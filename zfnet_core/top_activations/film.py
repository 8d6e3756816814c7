"""How features grow while a network is trained (Zeiler & Fergus Fig. 4): what is kept of it, and its small files.

For some maps of every layer and for every snapshot of a run: the strongest unit over the same training photos, and its
projection, cut to the unit's receptive field.

On disk an evolution is `NAME.json` and one picture `NAME-<layer>.webp` per layer, a table with a row per map and a
column per epoch, tiles of `tile_px`, drawn like every projection (`deconvnet.scaling`, “sigmoid”); zero is 128. The
photos themselves are not kept, only their ids.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from zfnet_core.assets import ASSETS
from zfnet_core.deconvnet.scaling import MID_GREY
from zfnet_core.errors import CorpusError
from zfnet_core.files import replaced
from zfnet_core.language import t
from zfnet_core.serving.cache_budget import Cache

FOLDER = ASSETS / "evolution"


@dataclass(frozen=True, eq=False)
class LayerEvolution:
    """One layer's table. Arrays are [maps, epochs, …]; `maps` are the numbers of the feature maps in the layer.

    `photo_ids` name the photo of the strongest unit, `rows` and `columns` its place in the map, `values` its
    activation (0 or less: the map was silent), `pictures` uint8 [maps, epochs, tile_px, tile_px, 3] the projection.
    """

    layer: str
    maps: tuple[int, ...]
    photo_ids: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    pictures: np.ndarray

    @property
    def tile_px(self) -> int:
        """Side of one projection in pixels: the receptive field of the layer's units."""
        return self.pictures.shape[2]

    @cached_property
    def changed_photo(self) -> np.ndarray:
        """Where the photo of the maximum is another one than an epoch before (the paper's sudden jumps), bool."""
        changed = np.zeros(self.photo_ids.shape, bool)
        changed[:, 1:] = self.photo_ids[:, 1:] != self.photo_ids[:, :-1]
        return changed

    @cached_property
    def difference(self) -> np.ndarray:
        """How unlike a projection is to the one an epoch before: 1 − cosine of the two pictures, NaN in column 0."""
        signed = self.pictures.astype(np.float32).reshape(*self.values.shape, -1) - MID_GREY
        length = np.linalg.norm(signed, axis=2)
        products = (signed[:, 1:] * signed[:, :-1]).sum(2)
        lengths = np.maximum(length[:, 1:] * length[:, :-1], 1e-9)
        return np.concatenate([np.full((len(self.maps), 1), np.nan, np.float32), 1 - products / lengths], axis=1)


@dataclass(frozen=True, eq=False)
class Evolution:
    """A run's film: `epochs` are the columns of every layer's table, epoch 0 being the random start.

    `curve` has one record per trained epoch with at least `epoch`, `px`, `loss`, `train_top1`, `val_top1` (shares of
    photos, 0…1; None where training diverged); `about` says in a sentence what was trained on what. `stamps`, where
    they are known, say which snapshot each column was made from.
    """

    name: str
    epochs: tuple[int, ...]
    layers: tuple[LayerEvolution, ...]
    curve: tuple[Mapping[str, Any], ...]
    photos: int
    about: str = ""
    stamps: tuple[int, ...] = ()

    def layer(self, name: str) -> LayerEvolution:
        """The table of that layer; KeyError if it was not recorded."""
        return {layer.layer: layer for layer in self.layers}[name]


def load(path: Path) -> Evolution:
    """Read `NAME.json` and the pictures beside it. Raises CorpusError if they do not belong together."""
    try:
        index = json.loads(path.read_text())
        layers = tuple(_read_layer(path, record, len(index["epochs"])) for record in index["layers"])
        return Evolution(
            index["name"], tuple(index["epochs"]), layers, tuple(index["curve"]), index["photos"], index["about"]
        )
    except (OSError, ValueError, KeyError) as error:
        raise CorpusError(
            t("{file} cannot be read as an evolution ({error}); make it again.", file=path.name, error=error)
        ) from error


def save(evolution: Evolution, folder: Path, quality: int = 88) -> Path:
    """Write the files described above into `folder`; returns the path of the JSON file.

    Tiles of less than 40 px are kept exactly, larger ones as lossy WebP of that `quality`.
    """
    records = []
    for layer in evolution.layers:
        rows, columns, side = layer.pictures.shape[:3]
        table = layer.pictures.transpose(0, 2, 1, 3, 4).reshape(rows * side, columns * side, 3)
        with replaced(folder / f"{evolution.name}-{layer.layer}.webp") as place:
            Image.fromarray(table).save(place, "WEBP", lossless=side < 40, quality=quality, method=6)
        records.append(
            {
                "layer": layer.layer,
                "tile_px": side,
                "maps": list(layer.maps),
                "photo_ids": layer.photo_ids.tolist(),
                "rows": layer.rows.tolist(),
                "columns": layer.columns.tolist(),
                "values": np.round(layer.values.astype(float), 4).tolist(),
            }
        )
    index = {
        "name": evolution.name,
        "about": evolution.about,
        "epochs": list(evolution.epochs),
        "photos": evolution.photos,
        "curve": [dict(record) for record in evolution.curve],
        "layers": records,
    }
    path = folder / f"{evolution.name}.json"
    with replaced(path) as place:
        place.write_text(json.dumps(index) + "\n")
    return path


def _read_layer(path: Path, record: Mapping[str, Any], epochs: int) -> LayerEvolution:
    side, maps = record["tile_px"], tuple(record["maps"])
    with Image.open(path.with_name(f"{path.stem}-{record['layer']}.webp")) as image:
        table = np.asarray(image.convert("RGB"))
    pictures = table.reshape(len(maps), side, epochs, side, 3).transpose(0, 2, 1, 3, 4)
    arrays = {key: np.array(record[key]) for key in ("photo_ids", "rows", "columns", "values")}
    if any(array.shape != (len(maps), epochs) for array in arrays.values()):
        raise ValueError(f"{record['layer']} does not have {len(maps)} maps × {epochs} epochs")
    return LayerEvolution(record["layer"], maps, **arrays, pictures=np.ascontiguousarray(pictures))


_kept: Cache[Evolution] = Cache()


def bundled_film(name: str) -> Evolution | None:
    """The film that comes with a network of that name, opened once; None if there is none."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        return None
    return _kept.get_or_make((path, path.stat().st_mtime_ns), lambda: load(path))

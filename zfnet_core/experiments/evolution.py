"""How features grow while a network is trained (Zeiler & Fergus Fig. 4): the material, its small files, its maker.

For some maps of every layer and for every snapshot of a run: the strongest unit over the same training photos, and its
projection, cut to the unit's receptive field. Fig. 4 takes the strongest over all training photos; `photos` says how
many were searched here.

On disk an evolution is `NAME.json` and one picture `NAME-<layer>.webp` per layer, a table with a row per map and a
column per epoch, tiles of `tile_px`. A tile is linear, zero is 128 and 127 steps are the 99.5 % quantile of the
projection's absolute values (`projection_scaling`'s “symmetric”, our choice). The photos themselves are not kept, only
their ids.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from zfnet_core.deconvnet import Unit, crops
from zfnet_core.errors import CorpusError
from zfnet_core.models.network import Network
from zfnet_core.projection_scaling import MID_GREY, as_picture
from zfnet_core.trace import trace


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
        raise CorpusError(f"{path.name} cannot be read as an evolution ({error}); make it again.") from error


def save(evolution: Evolution, folder: Path, quality: int = 88) -> Path:
    """Write the files described above into `folder`; returns the path of the JSON file.

    Tiles of less than 40 px are kept exactly, larger ones as lossy WebP of that `quality`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    records = []
    for layer in evolution.layers:
        rows, columns, side = layer.pictures.shape[:3]
        table = layer.pictures.transpose(0, 2, 1, 3, 4).reshape(rows * side, columns * side, 3)
        place = folder / f"{evolution.name}-{layer.layer}.webp"
        Image.fromarray(table).save(place, lossless=side < 40, quality=quality, method=6)
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
    path.write_text(json.dumps(index) + "\n")
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


def make(
    name: str,
    networks: Mapping[int, Callable[[], Network]],
    batches: Callable[[], Iterable[torch.Tensor]],
    photo_ids: Sequence[str],
    curve: Sequence[Mapping[str, Any]],
    *,
    about: str = "",
    maps_per_layer: int = 16,
    seed: int = 0,
    half: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Evolution:
    """Search and project. `networks` loads the network of an epoch, without batch norm; `batches` yields the
    same photos every time, normalised [N, 3, input_px, input_px], in the order of `photo_ids`. All layers of feature
    maps are searched.

    The maps are drawn at random, the same for any network whose layers are equally wide. `half` searches in bfloat16;
    the units found are then projected, and their activations read, in float32.
    """
    columns = []
    for epoch, open_network in networks.items():
        network = open_network()
        maps = {layer.name: _drawn(layer.maps, maps_per_layer, seed) for layer in network.layers if layer.spatial}
        found = _strongest_units(network, batches, maps, half)
        columns.append(_project(network, batches, maps, found))
        say(f"epoch {epoch}: {len(photo_ids)} photos searched, {sum(map(len, maps.values()))} units projected")
    layers = tuple(_table(layer, maps[layer], [column[layer] for column in columns], photo_ids) for layer in maps)
    return Evolution(name, tuple(networks), layers, tuple(curve), len(photo_ids), about)


def _drawn(count: int, wanted: int, seed: int) -> tuple[int, ...]:
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    return tuple(sorted(order[:wanted].tolist()))


Found = tuple[torch.Tensor, torch.Tensor]  # photo number and place in the map, both [maps]


@torch.inference_mode()
def _strongest_units(
    network: Network, batches: Callable[[], Iterable[torch.Tensor]], maps: Mapping[str, Sequence[int]], half: bool
) -> dict[str, Found]:
    best: dict[str, tuple[torch.Tensor, ...]] = {}
    first = 0
    for images in batches():
        with torch.autocast(network.device.type, torch.bfloat16, enabled=half):
            traced = trace(network, images, until=next(reversed(maps)))
        for layer, chosen in maps.items():
            values, places = traced.activation(layer)[:, list(chosen)].flatten(2).float().max(dim=2)
            values, photos = values.max(dim=0)
            places = places[photos, torch.arange(len(chosen), device=places.device)]
            news = values, photos + first, places
            if layer in best:
                better = values > best[layer][0]
                news = tuple(torch.where(better, new, old) for new, old in zip(news, best[layer], strict=True))
            best[layer] = news
        first += len(images)
    return {layer: (photos.cpu(), places.cpu()) for layer, (_, photos, places) in best.items()}


def _project(
    network: Network,
    batches: Callable[[], Iterable[torch.Tensor]],
    maps: Mapping[str, Sequence[int]],
    found: Mapping[str, Found],
) -> dict[str, dict[str, np.ndarray]]:
    """Project the found units, photo by photo in the order in which the batches bring them."""
    wanted = {
        layer: {
            "photos": photos.numpy(),
            "rows": (places // network.layer(layer).shape[2]).numpy(),
            "columns": (places % network.layer(layer).shape[2]).numpy(),
            "values": np.zeros(len(maps[layer]), np.float32),
            "pictures": [None] * len(maps[layer]),
        }
        for layer, (photos, places) in found.items()
    }
    first = 0
    for images in batches():
        for photo in sorted({int(p) for column in wanted.values() for p in column["photos"]}):
            if first <= photo < first + len(images):
                traced = trace(network, images[photo - first : photo - first + 1], until=next(reversed(maps)))
                for layer, column in wanted.items():
                    numbers = np.flatnonzero(column["photos"] == photo).tolist()
                    units = [Unit(maps[layer][n], int(column["rows"][n]), int(column["columns"][n])) for n in numbers]
                    projected = crops(traced, layer, units)
                    for n, value, pixels in zip(numbers, projected.values, projected.pixels, strict=True):
                        column["values"][n] = value if isfinite(value) else 0.0  # a diverged network shows nothing
                        column["pictures"][n] = as_picture(pixels.nan_to_num(0, 0, 0), "symmetric")
        first += len(images)
    return {layer: {**column, "pictures": np.stack(column["pictures"])} for layer, column in wanted.items()}


def _table(
    layer: str, maps: tuple[int, ...], columns: Sequence[Mapping[str, np.ndarray]], photo_ids: Sequence[str]
) -> LayerEvolution:
    stacked = {key: np.stack([column[key] for column in columns], axis=1) for key in columns[0]}
    ids = np.array(photo_ids)[stacked.pop("photos")]
    return LayerEvolution(layer, maps, photo_ids=ids, **stacked)

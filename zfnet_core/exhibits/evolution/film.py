"""How features grow while a network is trained (Zeiler & Fergus Fig. 4): the material, its small files, its maker.

For some maps of every layer and for every snapshot of a run: the strongest unit over the same training photos, and its
projection, cut to the unit's receptive field. Fig. 4 takes the strongest over all training photos; `photos` says how
many were searched here.

How it is kept is in `top_activations.film`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import torch

from zfnet_core.deconvnet.projection import Unit, crops
from zfnet_core.deconvnet.scaling import as_picture
from zfnet_core.forward.trace import trace
from zfnet_core.models.network import Network
from zfnet_core.top_activations.film import Evolution, LayerEvolution, load, save

__all__ = ["Evolution", "LayerEvolution", "Settings", "compute", "load", "save"]


@dataclass(frozen=True)
class Settings:
    """How many maps of a layer a film shows, drawn at random by `seed`; `half` searches in bfloat16."""

    maps_per_layer: int = 16
    seed: int = 0
    half: bool = False


def compute(
    name: str,
    networks: Mapping[int, Callable[[], Network]],
    batches: Callable[[], Iterable[torch.Tensor]],
    photo_ids: Sequence[str],
    curve: Sequence[Mapping[str, Any]],
    settings: Settings = Settings(),
    *,
    about: str = "",
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[Evolution]:
    """Search and project; yields the film with one more column after every epoch.

    `networks` loads the network of an epoch, without batch norm; `batches` yields the same photos every time,
    normalised [N, 3, input_px, input_px], in the order of `photo_ids`. All layers of feature maps are searched; the
    maps drawn are the same for any network whose layers are equally wide. Units found in bfloat16 are projected, and
    their activations read, in float32.
    """
    columns: list[Mapping[str, _Column]] = []
    epochs: list[int] = []
    for epoch, open_network in networks.items():
        network = open_network()
        maps = {
            layer.name: _drawn(layer.maps, settings.maps_per_layer, settings.seed)
            for layer in network.layers
            if layer.spatial
        }
        found = _strongest_units(network, batches, maps, settings.half)
        columns.append(_project(network, batches, maps, found))
        epochs.append(epoch)
        say(f"epoch {epoch}: {len(photo_ids)} photos searched, {sum(map(len, maps.values()))} units projected")
        layers = tuple(_table(layer, maps[layer], [column[layer] for column in columns], photo_ids) for layer in maps)
        yield Evolution(name, tuple(epochs), layers, tuple(curve), len(photo_ids), about)


def _drawn(count: int, wanted: int, seed: int) -> tuple[int, ...]:
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    return tuple(sorted(order[:wanted].tolist()))


Found = tuple[torch.Tensor, torch.Tensor]  # photo number and place in the map, both [maps]


@dataclass(eq=False)
class _Column:
    """One epoch of one layer, all [maps]; `pictures` uint8 [side, side, 3] are filled in photo by photo."""

    photos: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    pictures: list[np.ndarray]


@torch.inference_mode()
def _strongest_units(
    network: Network, batches: Callable[[], Iterable[torch.Tensor]], maps: Mapping[str, Sequence[int]], half: bool
) -> dict[str, Found]:
    best: dict[str, tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = {}
    first, deepest = 0, list(maps)[-1]
    for images in batches():
        with torch.autocast(network.device.type, torch.bfloat16, enabled=half):
            traced = trace(network, images, until=deepest)
        for layer, chosen in maps.items():
            values, places = traced.activation(layer)[:, list(chosen)].flatten(2).float().max(dim=2)
            values, photos = values.max(dim=0)
            places = places[photos, torch.arange(len(chosen), device=places.device)]
            photos = photos + first
            if layer in best:
                better = values > best[layer][0]
                old_values, old_photos, old_places = best[layer]
                values = torch.where(better, values, old_values)
                photos = torch.where(better, photos, old_photos)
                places = torch.where(better, places, old_places)
            best[layer] = values, photos, places
        first += len(images)
    return {layer: (photos.cpu(), places.cpu()) for layer, (_, photos, places) in best.items()}


def _project(
    network: Network,
    batches: Callable[[], Iterable[torch.Tensor]],
    maps: Mapping[str, Sequence[int]],
    found: Mapping[str, Found],
) -> dict[str, _Column]:
    """Project the found units, photo by photo in the order in which the batches bring them."""
    wanted = {}
    for layer, (photos, places) in found.items():
        across, count = network.layer(layer).shape[2], len(maps[layer])
        wanted[layer] = _Column(
            photos.numpy(),
            (places // across).numpy(),
            (places % across).numpy(),
            np.zeros(count, np.float32),
            [np.zeros(0, np.uint8)] * count,
        )
    first, deepest = 0, list(maps)[-1]
    for images in batches():
        for photo in sorted({int(p) for column in wanted.values() for p in column.photos}):
            if first <= photo < first + len(images):
                traced = trace(network, images[photo - first : photo - first + 1], until=deepest)
                for layer, column in wanted.items():
                    numbers = np.flatnonzero(column.photos == photo).tolist()
                    units = [Unit(maps[layer][n], int(column.rows[n]), int(column.columns[n])) for n in numbers]
                    projected = crops(traced, layer, units)
                    for n, value, pixels in zip(numbers, projected.values, projected.pixels, strict=True):
                        column.values[n] = value if isfinite(value) else 0.0  # a diverged network shows nothing
                        column.pictures[n] = as_picture(pixels.nan_to_num(0, 0, 0), "sigmoid")
        first += len(images)
    return wanted


def _table(layer: str, maps: tuple[int, ...], columns: Sequence[_Column], photo_ids: Sequence[str]) -> LayerEvolution:
    return LayerEvolution(
        layer,
        maps,
        photo_ids=np.array(photo_ids)[np.stack([column.photos for column in columns], axis=1)],
        rows=np.stack([column.rows for column in columns], axis=1),
        columns=np.stack([column.columns for column in columns], axis=1),
        values=np.stack([column.values for column in columns], axis=1),
        pictures=np.stack([np.stack(column.pictures) for column in columns], axis=1),
    )

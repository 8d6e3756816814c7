"""The pictures behind a list of strongest units: each unit's projection and the patch of the photo that it sees.

The list itself is small; pictures are made when they are asked for, from photos that are traced once each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from zfnet_core.deconvnet.projection import Unit, crops
from zfnet_core.errors import ImageError
from zfnet_core.forward.trace import trace
from zfnet_core.language import phrase
from zfnet_core.models.network import Network
from zfnet_core.photos.preprocessing import Preprocessing
from zfnet_core.top_activations.strongest import NOBODY, TopActivations

PHOTOS_AT_ONCE = 8
OUTSIDE = 128


@dataclass(frozen=True)
class Place:
    """A unit of a layer on photo `photo` of a corpus; `rank` 0 is its map's strongest."""

    layer: str
    unit: Unit
    rank: int
    photo: int


class Photos(Protocol):
    """What projections are made from: a corpus, or photos of it that have been decoded already."""

    def prepare(self, index: int, preprocessing: Preprocessing) -> torch.Tensor:
        """Photo `index` as a network takes it: float32 [3, input_px, input_px]. Raises ImageError."""
        ...


@dataclass(frozen=True)
class Decoded:
    """Photos by number, as the network sees them: uint8 [input_px, input_px, 3]."""

    pictures: Mapping[int, np.ndarray]

    def prepare(self, index: int, preprocessing: Preprocessing) -> torch.Tensor:
        """The same as `Corpus.prepare`. Raises ImageError for a photo that is not there."""
        if index not in self.pictures:
            raise ImageError(
                phrase("Photo {index} of the search cannot be read; put it back or search again.", index=index)
            )
        pixels = torch.from_numpy(self.pictures[index].astype(np.float32)).permute(2, 0, 1)
        return preprocessing.normalise(pixels[None] / 255)[0]


def places(found: TopActivations, layer: str, maps: Sequence[int]) -> list[Place]:
    """The strongest units of some maps, map by map, the strongest first; without those that were never found."""
    kept = found.layers[layer]
    return [
        Place(layer, Unit(map, int(kept.rows[map, rank]), int(kept.columns[map, rank])), rank, photo)
        for map in maps
        for rank, photo in enumerate(kept.photos[map].tolist())
        if photo != NOBODY
    ]


def projections(
    network: Network,
    corpus: Photos,
    wanted: Sequence[Place],
    photos_at_once: int = PHOTOS_AT_ONCE,
    skip_unreadable: bool = False,
) -> Iterator[tuple[int, torch.Tensor]]:
    """(index in `wanted`, projection [3, size, size] cut to the unit's `window`), photo by photo.

    Raises ImageError for a photo that has become unreadable, or leaves its units out if `skip_unreadable`.
    """
    of_photo: dict[int, list[int]] = defaultdict(list)
    for index, place in enumerate(wanted):
        of_photo[place.photo].append(index)
    depth = {layer.name: number for number, layer in enumerate(network.layers)}
    deepest = max((place.layer for place in wanted), key=depth.__getitem__, default=None)
    photos = sorted(of_photo)
    for start in range(0, len(photos), photos_at_once):
        prepared = {}
        for photo in photos[start : start + photos_at_once]:
            try:
                prepared[photo] = corpus.prepare(photo, network.preprocessing)
            except ImageError:
                if not skip_unreadable:
                    raise
        if not prepared:
            continue
        traced = trace(network, torch.stack(list(prepared.values())), until=deepest)
        by_layer: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for image, photo in enumerate(prepared):
            for index in of_photo[photo]:
                by_layer[wanted[index].layer].append((index, image))
        for layer, pairs in by_layer.items():
            units, images = [wanted[index].unit for index, _ in pairs], [image for _, image in pairs]
            made = crops(traced, layer, units, images=images)
            for (index, _), pixels, corner in zip(pairs, made.pixels.cpu(), made.corners, strict=True):
                yield index, in_window(pixels, corner, window(network, wanted[index].layer, wanted[index].unit))


def in_parts_by_photo(wanted: Sequence[Place], parts: int) -> list[list[Place]]:
    """Divide places among workers so that no photo is traced twice; parts may be empty."""
    photos = sorted({place.photo for place in wanted})
    part_of = {photo: number % parts for number, photo in enumerate(photos)}
    return [[place for place in wanted if part_of[place.photo] == part] for part in range(parts)]


def window(network: Network, layer: str, unit: Unit) -> tuple[int, int, int]:
    """(top, left, size) of the square in which a unit's pictures are shown.

    It is the receptive field, which may reach over the edge of the image, or the whole image if that is smaller.
    """
    field, side = network.layer(layer).receptive_field, network.preprocessing.input_px
    if field.jump == 0 or field.size >= side:
        return 0, 0, side
    return field.jump * unit.row + field.first, field.jump * unit.column + field.first, field.size


def in_window(pixels: torch.Tensor, corner: tuple[int, int], window: tuple[int, int, int]) -> torch.Tensor:
    """What a window shows of a picture [3, H, W] whose first pixel lies at `corner` (top, left); 0 elsewhere."""
    top, left, size = window
    if corner == (top, left) and pixels.shape[1:] == (size, size):
        return pixels
    result = pixels.new_zeros(len(pixels), size, size)
    down, over = corner[0] - top, corner[1] - left
    rows = slice(max(0, down), min(size, down + pixels.shape[1]))
    columns = slice(max(0, over), min(size, over + pixels.shape[2]))
    result[:, rows, columns] = pixels[
        :, rows.start - down : rows.stop - down, columns.start - over : columns.stop - over
    ]
    return result


def patch(shown: np.ndarray, window: tuple[int, int, int]) -> np.ndarray:
    """What lies in a window of a photo `shown` to the network: uint8 [size, size, 3], grey beyond the edge."""
    top, left, size = window
    side = shown.shape[0]
    result = np.full((size, size, 3), OUTSIDE, np.uint8)
    rows, columns = slice(max(0, top), min(side, top + size)), slice(max(0, left), min(side, left + size))
    result[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = shown[rows, columns]
    return result

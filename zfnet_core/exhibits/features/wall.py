"""Some maps of a layer as on the paper's Fig. 2: for each the nine projections and the nine patches, small."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from zfnet_core.deconvnet.scaling import MID_GREY, Scaling, as_picture
from zfnet_core.exhibits.features.photos import all_seen, seen, side_by_side, unreadable
from zfnet_core.exhibits.features.source import Source
from zfnet_core.top_activations.gallery import Gallery, cell_px, sprite, tile, tile_px, tiles_of
from zfnet_core.top_activations.patches import (
    PHOTOS_AT_ONCE,
    Decoded,
    Place,
    in_parts_by_photo,
    patch,
    places,
    projections,
    window,
)

QUALITY = 85
INK = 64
Run = Callable[..., Any]


@dataclass(frozen=True)
class Settings:
    """Which maps of which layer are drawn, and how projections are."""

    layer: str
    maps: tuple[int, ...]
    scaling: Scaling = "sigmoid"


@dataclass(frozen=True, eq=False)
class MapNine:
    """One map's nine, strongest first, in reading order: WebP pictures of 3 × 3 cells (see `gallery.sprite`).

    `patches` is None where no photo is at hand. `gone` are ids of photos that were searched and cannot be read any
    more; their places are crossed out.
    """

    map: int
    projections: bytes
    patches: bytes | None
    tile_px: int
    gone: tuple[str, ...] = ()

    @property
    def cell_px(self) -> int:
        """Side of a cell; a tile lies in its middle."""
        return cell_px(self.tile_px)

    @property
    def pictures(self) -> list[bytes]:
        """The projections, and the patches where there are any."""
        return [self.projections, *([self.patches] if self.patches else [])]

    def tiles(self, picture: bytes) -> np.ndarray:
        """The nine of one of the pictures, uint8 [9, tile_px, tile_px, 3]."""
        return tiles_of(picture, self.tile_px)


@dataclass(frozen=True, eq=False)
class Wall:
    """The result: the maps that `settings` ask for, in that order."""

    settings: Settings
    maps: tuple[MapNine, ...]

    @property
    def gone(self) -> list[str]:
        """Ids of all photos that cannot be read any more."""
        return sorted({id for one in self.maps for id in one.gone})


def at_once(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do `work` here and now."""
    return work(*arguments)


def compute(source: Source, settings: Settings, run: Run = at_once) -> Iterator[Wall]:
    """Draw the maps and yield their wall: from the gallery where `source` has one, else projected from the photos.

    `run(work, *arguments)` does what needs the device, by default where it is called: in parts of a few photos, so
    that others get in between. Photos that cannot be read cost their own places only.
    """
    layer, maps = settings.layer, settings.maps
    side = source.gallery.tile_px(layer) if source.gallery else tile_px(source.network, layer)
    if source.gallery is not None:
        drawn = {map: _shipped(source.gallery, layer, map, settings.scaling) for map in maps}
    else:
        drawn = _projected(source, settings, side, run)
    patches, gone = _patches(source, settings, side)
    yield Wall(settings, tuple(MapNine(map, drawn[map], patches.get(map), side, tuple(gone[map])) for map in maps))


def _shipped(gallery: Gallery, layer: str, map: int, scaling: Scaling) -> bytes:
    if scaling == gallery.about["scaling"]:
        return gallery.sprite(layer, map)
    redrawn = dict(enumerate(as_picture(gallery.projections(layer, map), scaling)))
    return sprite(redrawn, gallery.tile_px(layer), QUALITY, effort=1)


def _projected(source: Source, settings: Settings, side: int, run: Run) -> dict[int, bytes]:
    wanted = places(source.found, settings.layer, settings.maps)
    tiles: dict[int, dict[int, np.ndarray]] = {map: {} for map in settings.maps}
    for one in wanted:
        tiles[one.unit.map][one.rank] = crossed_out(side)
    parts = -(-len({one.photo for one in wanted}) // PHOTOS_AT_ONCE)

    def project(part: Sequence[Place], pictures: Mapping[int, np.ndarray]) -> list[tuple[Place, np.ndarray]]:
        made = projections(source.network, Decoded(pictures), part, skip_unreadable=True)
        return [(part[index], tile(pixels, side, settings.scaling)) for index, pixels in made]

    def finish(part: Sequence[Place]) -> list[tuple[Place, np.ndarray]]:
        return cast(list[tuple[Place, np.ndarray]], run(project, part, seen(source, {one.photo for one in part})))

    for finished in side_by_side(finish, in_parts_by_photo(wanted, parts)):
        for one, picture in finished:
            tiles[one.unit.map][one.rank] = picture
    return {map: sprite(ranks, side, QUALITY, effort=1) for map, ranks in tiles.items()}


def _patches(source: Source, settings: Settings, side: int) -> tuple[dict[int, bytes], dict[int, list[str]]]:
    """The patches' pictures, without maps for which there are none; and each map's unreadable photos.

    They are cut from the photos where these are at hand, else they are the gallery's.
    """
    gone: dict[int, list[str]] = {map: [] for map in settings.maps}
    gallery = source.gallery
    shipped = {map: gallery.patches_sprite(settings.layer, map) for map in settings.maps} if gallery else {}
    if source.corpus is None:
        return {map: picture for map, picture in shipped.items() if picture}, gone
    wanted = {map: places(source.found, settings.layer, [map]) for map in settings.maps}
    pictures = all_seen(source, {one.photo for nine in wanted.values() for one in nine})

    def draw(map: int) -> bytes:
        tiles = {}
        for one in wanted[map]:
            if one.photo in pictures:
                seen_by_unit = patch(pictures[one.photo], window(source.network, settings.layer, one.unit))
                tiles[one.rank] = tile(seen_by_unit, side)
            elif unreadable(source, one.photo, pictures):
                gone[map].append(source.id(one.photo))
                tiles[one.rank] = crossed_out(side)
        return sprite(tiles, side, QUALITY, effort=1) if tiles else b""

    drawn = zip(settings.maps, side_by_side(draw, settings.maps), strict=True)
    return {map: found for map, picture in drawn if (found := picture or shipped.get(map))}, gone


def crossed_out(side: int) -> np.ndarray:
    """The tile of a photo that cannot be read any more: uint8 [side, side, 3], mid-grey with a dark cross."""
    row, column = np.indices((side, side))
    thickness = max(1, side // 16)
    cross = (abs(row - column) < thickness) | (abs(row + column - side + 1) < thickness)
    return np.where(cross, INK, MID_GREY).astype(np.uint8)[..., None].repeat(3, axis=2)

"""The small pictures of a wall of features: for each map nine projections and, where there are photos, nine patches."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ui import engine
from ui.feature_photos import HANDS, seen, unreadable
from ui.feature_source import Source
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.compute import MEGABYTE
from zfnet_core.experiments.gallery import cell_px, sprite, tile, tile_px
from zfnet_core.experiments.strongest_pictures import (
    PHOTOS_AT_ONCE,
    Decoded,
    Place,
    in_parts_by_photo,
    patch,
    places,
    projections,
    window,
)
from zfnet_core.models.network import Layer
from zfnet_core.projection_scaling import MID_GREY, Scaling, as_picture

QUALITY = 85
INK = 64

_sprites: BoundedCache[str] = BoundedCache(64 * MEGABYTE, len)


@dataclass(frozen=True)
class MapPictures:
    """One map of the wall: two pictures of 3 × 3 cells of `cell_px` with `tile_px` used in the middle, as data URLs.

    `patches` is None where the photos are not at hand. `note` is a number worth a glance, `alt` the map in words.
    `gone` names photos that were searched and cannot be read any more; their places are crossed out.
    """

    map: int
    note: str
    alt: str
    projections: str
    patches: str | None
    cell_px: int
    tile_px: int
    gone: tuple[str, ...] = ()


def map_pictures(
    source: Source, layer: Layer, maps: Sequence[int], notes: Sequence[str], scaling: Scaling
) -> list[MapPictures]:
    """The wall's pictures of `maps` of `layer`; from the gallery where it has them, else computed at the desk."""
    shipped = source.gallery is not None
    side = source.gallery.tile_px(layer.name) if shipped else tile_px(source.network, layer.name)
    gone: dict[int, list[str]] = {map: [] for map in maps}
    projected = _shipped(source, layer, maps, scaling) if shipped else _computed(source, layer, maps, scaling)
    patches = _patches(source, layer, maps, side, gone)
    return [
        MapPictures(
            map,
            note,
            alt_text(source, layer, map, len(gone[map])),
            projected[map],
            patches.get(map),
            cell_px(side),
            side,
            tuple(gone[map]),
        )
        for map, note in zip(maps, notes, strict=True)
    ]


def alt_text(source: Source, layer: Layer, map: int, gone: int = 0) -> str:
    """A map's nine in words: their activations, and the folders of their photos where these are names."""
    kept = source.found.layers[layer.name]
    values = kept.values[map]
    if not values[0] > 0:
        return f"Map {map} of {layer.name}: nothing here excites it."
    finite = values[np.isfinite(values)]
    folders = [name_of(source.found.ids.get(photo, "")) for photo in kept.photos[map][: len(finite)].tolist()]
    common = max(dict.fromkeys(folders), key=folders.count)
    return (
        f"Map {map} of {layer.name}: activations {finite[0]:.3g} to {finite[-1]:.3g}, "
        f"{folders.count(common)} of {len(finite)} on photos of {common}."
        f"{f' {gone} of these photos cannot be read any more.' if gone else ''}"
    )


def gone_sentence(shown: Sequence[MapPictures]) -> str:
    """Which photos cannot be read any more; empty if there are none."""
    gone = sorted({name for one in shown for name in one.gone})
    if not gone:
        return ""
    names = ", ".join(gone[:5]) + (" …" if len(gone) > 5 else "")
    return (
        f"Crossed out here: {len(gone)} of the photos cannot be read any more ({names}). Put them back or search again."
    )


def name_of(id: str) -> str:
    """What a photo shows, as far as its folder says."""
    parts = id.split("/")
    return (parts[-2] if len(parts) > 1 else parts[-1]).replace("_", " ")


def _shipped(source: Source, layer: Layer, maps: Sequence[int], scaling: Scaling) -> dict[int, str]:
    gallery = source.gallery

    def make(map: int) -> str:
        if scaling == gallery.about["scaling"]:
            return _url(gallery.sprite(layer.name, map))
        redrawn = dict(enumerate(as_picture(gallery.projections(layer.name, map), scaling)))
        return _url(sprite(redrawn, gallery.tile_px(layer.name), QUALITY, effort=1))

    key = (source.key, layer.name, scaling)
    return {map: _sprites.get_or_make((*key, map), lambda map=map: make(map)) for map in maps}


def _computed(source: Source, layer: Layer, maps: Sequence[int], scaling: Scaling) -> dict[int, str]:
    """Projected in parts of a few photos, so that other people's clicks get in between."""
    key, side = (source.key, layer.name, scaling), tile_px(source.network, layer.name)
    known = {map: url for map in maps if (url := _sprites.get((*key, map)))}
    wanted = places(source.found, layer.name, [map for map in maps if map not in known])
    tiles = {map: {} for map in maps if map not in known}
    for one in wanted:
        tiles[one.unit.map][one.rank] = crossed_out(side)
    parts = -(-len({one.photo for one in wanted}) // PHOTOS_AT_ONCE)

    def project(part: list[Place], pictures: dict[int, np.ndarray]) -> list[tuple[Place, np.ndarray]]:
        made = projections(source.network, Decoded(pictures), part, skip_unreadable=True)
        return [(part[index], tile(pixels, side, scaling)) for index, pixels in made]

    def finish(part: list[Place]) -> tuple[dict[int, np.ndarray], list[tuple[Place, np.ndarray]]]:
        pictures = seen(source, {one.photo for one in part})
        return pictures, engine.desk().run(project, part, pictures)

    readable: set[int] = set()
    with ThreadPoolExecutor(HANDS) as hands:
        for pictures, finished in hands.map(finish, in_parts_by_photo(wanted, parts)):
            readable |= set(pictures)
            for one, picture in finished:
                tiles[one.unit.map][one.rank] = picture
    incomplete = {one.unit.map for one in wanted if one.photo not in readable}
    for map, ranks in tiles.items():
        known[map] = _url(sprite(ranks, side, QUALITY, effort=1))
        if map not in incomplete:
            _sprites.put((*key, map), known[map])
    return known


def _patches(
    source: Source, layer: Layer, maps: Sequence[int], side: int, gone: dict[int, list[str]]
) -> dict[int, str]:
    """The patches' sprites; maps none of whose photos is at hand are left out. Adds unreadable photos to `gone`."""
    if source.corpus is None:
        return {}
    key = (source.key, layer.name, "patches")
    known = {map: url for map in maps if (url := _sprites.get((*key, map))) is not None}
    wanted = {map: places(source.found, layer.name, [map]) for map in maps if map not in known}
    pictures = seen(source, {one.photo for nine in wanted.values() for one in nine})

    def make(map: int) -> str:
        tiles = {}
        for one in wanted[map]:
            if one.photo in pictures:
                seen_by_unit = patch(pictures[one.photo], window(source.network, layer.name, one.unit))
                tiles[one.rank] = tile(seen_by_unit, side)
            elif unreadable(source, one.photo, pictures):
                gone[map].append(source.found.ids[one.photo])
                tiles[one.rank] = crossed_out(side)
        return _url(sprite(tiles, side, QUALITY, effort=1)) if tiles else ""

    with ThreadPoolExecutor(HANDS) as hands:
        for map, url in zip(wanted, hands.map(make, wanted), strict=True):
            known[map] = url
            if not gone[map]:
                _sprites.put((*key, map), url)
    return {map: url for map, url in known.items() if url}


def crossed_out(side: int) -> np.ndarray:
    """The tile of a photo that cannot be read any more: uint8 [side, side, 3], mid-grey with a dark cross."""
    row, column = np.indices((side, side))
    thickness = max(1, side // 16)
    cross = (abs(row - column) < thickness) | (abs(row + column - side + 1) < thickness)
    return np.where(cross, INK, MID_GREY).astype(np.uint8)[..., None].repeat(3, axis=2)


def _url(webp: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(webp).decode()

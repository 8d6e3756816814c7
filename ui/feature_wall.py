"""The small pictures of a wall of features: for each map nine projections and, where there are photos, nine patches."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ui import engine
from ui.feature_source import Source
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.compute import MEGABYTE
from zfnet_core.errors import ImageError
from zfnet_core.experiments.gallery import cell_px, sprite, tile, tile_px
from zfnet_core.experiments.strongest_pictures import in_parts_by_photo, patch, places, projections, window
from zfnet_core.models.network import Layer
from zfnet_core.projection_scaling import Scaling, as_picture

QUALITY = 85
HANDS = 2

_sprites: BoundedCache[str] = BoundedCache(64 * MEGABYTE, len)


@dataclass(frozen=True)
class MapPictures:
    """One map of the wall: two pictures of 3 × 3 cells of `cell_px` with `tile_px` used in the middle, as data URLs.

    `patches` is None where the photos are not at hand. `note` is a number worth a glance, `alt` the map in words.
    """

    map: int
    note: str
    alt: str
    projections: str
    patches: str | None
    cell_px: int
    tile_px: int


def map_pictures(
    source: Source, layer: Layer, maps: Sequence[int], notes: Sequence[str], scaling: Scaling
) -> list[MapPictures]:
    """The wall's pictures of `maps` of `layer`; from the gallery where it has them, else computed at the desk."""
    shipped = source.gallery is not None
    side = source.gallery.tile_px(layer.name) if shipped else tile_px(source.network, layer.name)
    projected = _shipped(source, layer, maps, scaling) if shipped else _computed(source, layer, maps, scaling)
    patches = _patches(source, layer, maps, side)
    return [
        MapPictures(map, note, alt_text(source, layer, map), projected[map], patches.get(map), cell_px(side), side)
        for map, note in zip(maps, notes, strict=True)
    ]


def alt_text(source: Source, layer: Layer, map: int) -> str:
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
    key, side = (source.key, layer.name, scaling), tile_px(source.network, layer.name)
    known = {map: url for map in maps if (url := _sprites.get((*key, map)))}
    wanted = places(source.found, layer.name, [map for map in maps if map not in known])
    tiles: dict[int, dict[int, np.ndarray]] = {map: {} for map in maps if map not in known}

    def project(part: list) -> list[tuple[int, int, np.ndarray]]:
        made = projections(source.network, source.corpus, part)
        return [(part[i].unit.map, part[i].rank, tile(pixels, side, scaling)) for i, pixels in made]

    with ThreadPoolExecutor(HANDS) as hands:
        for finished in hands.map(lambda part: engine.desk().run(project, part), in_parts_by_photo(wanted, HANDS)):
            for map, rank, picture in finished:
                tiles[map][rank] = picture
    for map, ranks in tiles.items():
        known[map] = _url(sprite(ranks, side, QUALITY, effort=1))
        _sprites.put((*key, map), known[map])
    return known


def _patches(source: Source, layer: Layer, maps: Sequence[int], side: int) -> dict[int, str]:
    """The patches' sprites; maps none of whose photos is at hand are left out."""
    if source.corpus is None:
        return {}
    shown: dict[int, np.ndarray | None] = {}

    def picture(photo: int) -> np.ndarray | None:
        if photo not in shown:
            place = source.place(photo)
            try:
                shown[photo] = None if place is None else source.corpus.shown(place, source.network.preprocessing)
            except ImageError:
                shown[photo] = None
        return shown[photo]

    def make(map: int) -> str:
        tiles = {
            one.rank: tile(patch(seen, window(source.network, layer.name, one.unit)), side)
            for one in places(source.found, layer.name, [map])
            if (seen := picture(one.photo)) is not None
        }
        return _url(sprite(tiles, side, QUALITY, effort=1)) if tiles else ""

    key = (source.key, layer.name, "patches")
    made = {map: _sprites.get_or_make((*key, map), lambda map=map: make(map)) for map in maps}
    return {map: url for map, url in made.items() if url}


def _url(webp: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(webp).decode()

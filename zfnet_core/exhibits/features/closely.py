"""One map's nine one by one: the photo, the patch that the unit sees of it, and its projection, at full size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zfnet_core.deconvnet.projection import Unit, crops, strongest_unit
from zfnet_core.deconvnet.scaling import Scaling, as_picture
from zfnet_core.exhibits.features.photos import HANDS, all_seen, unreadable
from zfnet_core.exhibits.features.source import Source
from zfnet_core.exhibits.features.wall import Run, at_once
from zfnet_core.forward.trace import Trace
from zfnet_core.top_activations.gallery import Gallery
from zfnet_core.top_activations.patches import (
    Decoded,
    Place,
    in_parts_by_photo,
    in_window,
    patch,
    places,
    projections,
    window,
)

Small = tuple[np.ndarray | None, np.ndarray | None]  # projection and patch
RunAll = Callable[[Sequence[Callable[[], Any]]], Sequence[Any]]


@dataclass(frozen=True, eq=False)
class Close:
    """One unit with its activation `value`, and its pictures uint8 [H, W, 3]; `box` (top, left, bottom, right) is its
    receptive field in the photo.

    `photo` is None where it is not at hand (`gone`: it was, and cannot be read any more), and so are `patch` and
    `projection` where there is none without it. `shipped`: they are the gallery's small pictures as far as they are
    there without the photo.
    """

    unit: Unit
    value: float
    id: str
    box: tuple[int, int, int, int]
    photo: np.ndarray | None = None
    patch: np.ndarray | None = None
    projection: np.ndarray | None = None
    shipped: bool = False
    gone: bool = False


def all_at_once(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all `works` here and now."""
    return [work() for work in works]


def closely(source: Source, layer: str, map: int, scaling: Scaling, run_all: RunAll = all_at_once) -> tuple[Close, ...]:
    """The nine of a map, strongest first. `run_all` does what needs the device."""
    wanted = places(source.found, layer, [map])
    pictures = all_seen(source, [one.photo for one in wanted])
    drawn = _drawn(source, wanted, pictures, scaling, run_all)
    shipped = [_shipped(source.gallery, layer, map, one.rank, scaling) for one in wanted]
    return tuple(
        _close(source, layer, one, pictures, drawn.get(one.rank), small)
        for one, small in zip(wanted, shipped, strict=True)
    )


def own_unit(
    traced: Trace, photo: np.ndarray, id: str, layer: str, map: int, scaling: Scaling, run: Run = at_once
) -> Close:
    """The map's strongest unit on a photo of one's own: its trace, and `photo` as the network sees it."""
    network, unit = traced.network, strongest_unit(traced, layer, map)
    made = run(crops, traced, layer, [unit])
    seen_window = window(network, layer, unit)
    pixels = in_window(made.pixels[0].cpu(), made.corners[0], seen_window)
    field, side = network.layer(layer).receptive_field, network.preprocessing.input_px
    return Close(
        unit,
        float(made.values[0]),
        id,
        field.box(unit.row, unit.column, side),
        photo,
        patch(photo, seen_window),
        as_picture(pixels, scaling),
    )


def _drawn(
    source: Source, wanted: Sequence[Place], pictures: Mapping[int, np.ndarray], scaling: Scaling, run_all: RunAll
) -> dict[int, np.ndarray]:
    """The projection of each rank whose photo is at hand."""
    parts = in_parts_by_photo([one for one in wanted if one.photo in pictures], HANDS)

    def project(part: list[Place]) -> dict[int, np.ndarray]:
        made = projections(source.network, Decoded(pictures), part)
        return {part[index].rank: as_picture(pixels, scaling) for index, pixels in made}

    drawn: dict[int, np.ndarray] = {}
    for finished in run_all([lambda part=part: project(part) for part in parts if part]):  # type: ignore[misc]
        drawn |= finished
    return drawn


def _shipped(gallery: Gallery | None, layer: str, map: int, rank: int, scaling: Scaling) -> Small:
    """The shipped projection, as it is or redrawn with another scaling, and the shipped patch."""
    if gallery is None:
        return None, None
    if scaling == gallery.about["scaling"]:
        projections = gallery.tiles(layer, map)
    else:
        projections = as_picture(gallery.projections(layer, map), scaling)
    patches = gallery.patches(layer, map)
    return projections[rank], None if patches is None else patches[rank]


def _close(
    source: Source,
    layer: str,
    place: Place,
    pictures: dict[int, np.ndarray],
    projection: np.ndarray | None,
    shipped: Small,
) -> Close:
    network, unit, photo = source.network, place.unit, pictures.get(place.photo)
    field = network.layer(layer).receptive_field
    return Close(
        unit,
        float(source.kept(layer).values[unit.map, place.rank]),
        source.id(place.photo),
        field.box(unit.row, unit.column, network.preprocessing.input_px),
        photo,
        shipped[1] if photo is None else patch(photo, window(network, layer, unit)),
        shipped[0] if projection is None else projection,
        shipped=projection is None and shipped[0] is not None,
        gone=unreadable(source, place.photo, pictures),
    )

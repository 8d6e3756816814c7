"""One map's strongest units one by one, and what your photo's strongest unit of that map looks like beside them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ui import engine
from ui.feature_photos import HANDS, seen, unreadable
from ui.feature_source import Source
from ui.feature_wall import name_of
from ui.pictures import data_url, png
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.compute import MEGABYTE
from zfnet_core.deconvnet import crops, strongest_unit
from zfnet_core.experiments.strongest_pictures import (
    Decoded,
    Place,
    in_parts_by_photo,
    in_window,
    patch,
    places,
    projections,
    window,
)
from zfnet_core.images import shown
from zfnet_core.models.network import Layer, Network
from zfnet_core.projection_scaling import Scaling, as_picture

PIXELATED_PX = 16


@dataclass(frozen=True)
class Card:
    """One unit: the photo with its receptive field `box` (top, left, bottom, right), the patch, and the projection.

    Pictures are data URLs; `photo` and `patch` are None where the photo is not at hand, and so is `projection` where
    there is none without it. `own`: the visitor's photo.
    """

    title: str
    caption: str
    alt: str
    photo: str | None
    box: tuple[int, int, int, int]
    patch: str | None
    projection: str | None
    own: bool = False
    pixelated: bool = False


_nine: BoundedCache[list[Card]] = BoundedCache(
    32 * MEGABYTE,
    lambda cards: sum(len(url or "") for card in cards for url in (card.photo, card.patch, card.projection)),
)


def cards(source: Source, layer: Layer, map: int, scaling: Scaling) -> list[Card]:
    """The map's nine, strongest first, then the strongest unit of the visitor's photo."""
    key = (source.key, layer.name, map, scaling)
    nine = _nine.get(key)
    if nine is None:
        wanted = places(source.found, layer.name, [map])
        pictures = seen(source, [one.photo for one in wanted])
        drawn = _drawn(source, layer, map, wanted, pictures, scaling)
        nine = [_card(source, layer, one, pictures, drawn.get(one.rank)) for one in wanted]
        if not any(unreadable(source, one.photo, pictures) for one in wanted):
            _nine.put(key, nine)
    return [*nine, _own(source, layer, map, scaling)]


def _drawn(
    source: Source,
    layer: Layer,
    map: int,
    wanted: Sequence[Place],
    pictures: dict[int, np.ndarray],
    scaling: Scaling,
) -> dict[int, str]:
    """Each rank's projection: computed where its photo is at hand, else the gallery's picture where there is one."""
    parts = in_parts_by_photo([one for one in wanted if one.photo in pictures], HANDS)

    def project(part: list[Place]) -> dict[int, str]:
        made = projections(source.network, Decoded(pictures), part)
        return {part[index].rank: data_url(as_picture(pixels, scaling)) for index, pixels in made}

    shipped = {} if source.gallery is None else dict(enumerate(_tiles(source, layer, map, scaling)))
    drawn = {rank: _exact_url(picture) for rank, picture in shipped.items()}
    for finished in engine.desk().run_all([lambda part=part: project(part) for part in parts if part]):
        drawn |= finished
    return drawn


def _tiles(source: Source, layer: Layer, map: int, scaling: Scaling) -> np.ndarray:
    """The shipped projections, uint8 [9, tile_px, tile_px, 3]: as they are, or redrawn with another scaling."""
    if scaling == source.gallery.about["scaling"]:
        return source.gallery.tiles(layer.name, map)
    return as_picture(source.gallery.projections(layer.name, map), scaling)


def _exact_url(pixels: np.ndarray) -> str:
    """Shipped pictures have lost something once already."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def _card(source: Source, layer: Layer, place: Place, pictures: dict[int, np.ndarray], projection: str | None) -> Card:
    value = float(source.found.layers[layer.name].values[place.unit.map, place.rank])
    name = name_of(source.found.ids.get(place.photo, ""))
    if unreadable(source, place.photo, pictures):
        name = f"{source.found.ids[place.photo]} cannot be read any more"
    photo = pictures.get(place.photo)
    return _filled(source.network, layer, place, photo, projection, f"{place.rank + 1} · {value:.3g}", name, value)


def _own(source: Source, layer: Layer, map: int, scaling: Scaling) -> Card:
    trace = engine.trace()
    unit = strongest_unit(trace, layer.name, map)
    made = engine.desk().run(crops, trace, layer.name, [unit])
    value, record = made.values[0], float(source.found.layers[layer.name].values[map, 0])
    share = f", {value / record:.0%} of the strongest" if record > 0 else ""
    photo = shown(engine.photo(), source.network.preprocessing, engine.crop())
    pixels = in_window(made.pixels[0].cpu(), made.corners[0], window(source.network, layer.name, unit))
    projection = data_url(as_picture(pixels, scaling))
    title = f"Your photo · {value:.3g}" if value > 0 else "Your photo · not excited"
    place = Place(layer.name, unit, 0, 0)
    name = engine.photo().name + share
    return _filled(source.network, layer, place, photo, projection, title, name, value, own=True)


def _filled(
    network: Network,
    layer: Layer,
    place: Place,
    photo: np.ndarray | None,
    projection: str | None,
    title: str,
    name: str,
    value: float,
    own: bool = False,
) -> Card:
    unit, field = place.unit, layer.receptive_field
    return Card(
        title=title,
        caption=f"{name} · row\u00a0{unit.row}, column\u00a0{unit.column}",
        alt=f"{name}: activation {value:.3g} at row {unit.row}, column {unit.column} of map {unit.map}.",
        photo=None if photo is None else data_url(photo, quality=80),
        box=field.box(unit.row, unit.column, network.preprocessing.input_px),
        patch=None if photo is None else data_url(patch(photo, window(network, layer.name, unit))),
        projection=projection,
        own=own,
        pixelated=field.size <= PIXELATED_PX,
    )

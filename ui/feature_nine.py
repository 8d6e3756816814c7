"""One map's strongest units one by one, and what your photo's strongest unit of that map looks like beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ui import engine
from ui.feature_source import Source
from ui.feature_wall import name_of
from ui.pictures import data_url
from zfnet_core.deconvnet import crops, strongest_unit
from zfnet_core.errors import ImageError
from zfnet_core.experiments.strongest_pictures import Place, in_window, patch, places, projections, window
from zfnet_core.images import shown
from zfnet_core.models.network import Layer, Network
from zfnet_core.projection_scaling import Scaling, as_picture

PIXELATED_PX = 16


@dataclass(frozen=True)
class Card:
    """One unit: the photo with its receptive field `box` (top, left, bottom, right), the patch, and the projection.

    Pictures are data URLs; `photo` and `patch` are None where the photo is not at hand. `own`: the visitor's photo.
    """

    title: str
    caption: str
    alt: str
    photo: str | None
    box: tuple[int, int, int, int]
    patch: str | None
    projection: str
    own: bool = False
    pixelated: bool = False


def cards(source: Source, layer: Layer, map: int, scaling: Scaling) -> list[Card]:
    """The map's nine, strongest first, then the strongest unit of the visitor's photo.

    Where none of the nine has its photo at hand, the visitor's shows its projection alone too: alike, and aligned.
    """
    wanted = places(source.found, layer.name, [map])
    drawn = _drawn(source, layer, map, wanted, scaling)
    nine = [_card(source, layer, place, *drawn[place.rank]) for place in wanted]
    own = _own(source, layer, map, scaling)
    alone = all(card.photo is None for card in nine)
    return [*nine, replace(own, photo=None, patch=None) if alone else own]


def _drawn(
    source: Source, layer: Layer, map: int, wanted: list[Place], scaling: Scaling
) -> dict[int, tuple[np.ndarray | None, np.ndarray]]:
    """For each rank, what the network sees of the photo (None if it is not at hand) and the projection."""
    seen = {place.rank: _photo(source, place.photo) for place in wanted}
    if any(picture is None for picture in seen.values()):
        if source.gallery is None:
            raise ImageError("Some of the photos that were searched are gone; search again.")
        tiles = as_picture(source.gallery.projections(layer.name, map), scaling)
        return {place.rank: (seen[place.rank], tiles[place.rank]) for place in wanted}
    at_hand = [Place(place.layer, place.unit, place.rank, source.place(place.photo)) for place in wanted]
    made = engine.desk().run(lambda: list(projections(source.network, source.corpus, at_hand)))
    pictures = {wanted[index].rank: as_picture(pixels, scaling) for index, pixels in made}
    return {rank: (seen[rank], picture) for rank, picture in pictures.items()}


def _photo(source: Source, photo: int) -> np.ndarray | None:
    place = source.place(photo)
    try:
        return None if place is None else source.corpus.shown(place, source.network.preprocessing)
    except ImageError:
        return None


def _card(source: Source, layer: Layer, place: Place, photo: np.ndarray | None, projection: np.ndarray) -> Card:
    value = float(source.found.layers[layer.name].values[place.unit.map, place.rank])
    id = source.found.ids.get(place.photo, "")
    return _filled(
        source.network, layer, place, photo, projection, f"{place.rank + 1} · {value:.3g}", name_of(id), value
    )


def _own(source: Source, layer: Layer, map: int, scaling: Scaling) -> Card:
    trace = engine.trace()
    unit = strongest_unit(trace, layer.name, map)
    made = engine.desk().run(crops, trace, layer.name, [unit])
    value, record = made.values[0], float(source.found.layers[layer.name].values[map, 0])
    share = f", {value / record:.0%} of the strongest" if record > 0 else ""
    photo = shown(engine.photo(), source.network.preprocessing, engine.crop())
    seen = in_window(made.pixels[0].cpu(), made.corners[0], window(source.network, layer.name, unit))
    projection = as_picture(seen, scaling)
    title, name = f"Your photo · {value:.3g}", engine.photo().name + share
    return _filled(
        source.network, layer, Place(layer.name, unit, 0, 0), photo, projection, title, name, value, own=True
    )


def _filled(
    network: Network,
    layer: Layer,
    place: Place,
    photo: np.ndarray | None,
    projection: np.ndarray,
    title: str,
    name: str,
    value: float,
    own: bool = False,
) -> Card:
    unit, field = place.unit, layer.receptive_field
    side = photo.shape[0] if photo is not None else 0
    return Card(
        title=title,
        caption=f"{name} · row {unit.row}, column {unit.column}",
        alt=f"{name}: activation {value:.3g} at row {unit.row}, column {unit.column} of map {unit.map}.",
        photo=data_url(photo, quality=80) if photo is not None else None,
        box=field.box(unit.row, unit.column, side) if photo is not None else (0, 0, 0, 0),
        patch=data_url(patch(photo, window(network, layer.name, unit))) if photo is not None else None,
        projection=data_url(projection),
        own=own,
        pixelated=field.size <= PIXELATED_PX,
    )

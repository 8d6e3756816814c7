"""What the browser draws of a wall, and of one map's nine."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ui.features.question import Question
from ui.features.words import map_in_words, what_it_shows
from zfnet_core.drawing.encoding import data_url, png
from zfnet_core.exhibits.features import Close, Wall
from zfnet_core.language import t
from zfnet_core.photos.folder_names import folder_in_words, spoken

PIXELATED_PX = 16


def wall_scene(question: Question, wall: Wall) -> dict[str, Any]:
    """The data of the component `wall`."""
    source, layer, first = question.source, question.layer.name, wall.maps[0]
    return {
        "maps": [
            {
                "map": one.map,
                "title": t("Map {n}", n=one.map),
                "note": number,
                "shows": what_it_shows(source, layer, one.map),
                "alt": map_in_words(source, layer, one.map, len(one.gone)),
                "projections": _webp_url(one.projections),
                "patches": _webp_url(one.patches) if one.patches else None,
            }
            for one, number in zip(wall.maps, question.numbers, strict=True)
        ],
        "cell": first.cell_px,
        "tile": first.tile_px,
        "chosen": question.map,
        "label": t("Feature maps of {layer}", layer=layer),
    }


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


def nine_scene(question: Question, cards: Sequence[Card]) -> dict[str, Any]:
    """The data of the component `nine`.

    Where no photo of the nine is at hand, projections come first and the place is a box in an empty frame.
    """
    places = all(card.photo is None for card in cards if not card.own)
    side = question.now.network.preprocessing.input_px
    return {"cards": [asdict(card) for card in cards], "inputPx": side, "places": places, "words": nine_words()}


def nine_words() -> dict[str, str]:
    """What the component `nine` writes itself."""
    return {
        "place": t("Where its receptive field lies in the photo, which is not shown: {alt}"),
        "projection": t("Its projection. {alt}"),
        "patch": t("Patch: what the unit sees, enlarged"),
        "none": t("no photo, no projection"),
    }


def card(question: Question, close: Close, rank: int) -> Card:
    """The card of one of the nine; `rank` 0 is the strongest."""
    name = t("{photo} cannot be read any more", photo=close.id) if close.gone else _name(close.id)
    return _filled(question, close, f"{rank + 1} · {close.value:.3g}", name, name)


def own_card(question: Question, close: Close) -> Card:
    """The card of the unit of the visitor's photo."""
    record = float(question.source.kept(question.layer.name).values[question.map, 0])
    told = close.id
    if record > 0:
        share = 100 * close.value / record
        told = t("{photo}, {share:.0f}\u202f% of the strongest", photo=close.id, share=share)
    excited = close.value > 0
    title = t("Your photo · {value:.3g}", value=close.value) if excited else t("Your photo · not excited")
    return _filled(question, close, title, told, close.id, own=True)


def _filled(question: Question, close: Close, title: str, told: str, name: str, own: bool = False) -> Card:
    unit, field = close.unit, question.layer.receptive_field
    return Card(
        title=title,
        caption=t("{told} · row\u00a0{row}, column\u00a0{column}", told=told, row=unit.row, column=unit.column),
        alt=t(
            "{name}: activation {value:.3g} at row {row}, column {column} of map {map}.",
            name=name,
            value=close.value,
            row=unit.row,
            column=unit.column,
            map=unit.map,
        ),
        photo=None if close.photo is None else data_url(close.photo, quality=80),
        box=close.box,
        patch=None if close.patch is None else data_url(close.patch, quality=95 if close.photo is None else 90),
        projection=None if close.projection is None else _drawn(close),
        own=own,
        pixelated=field is not None and field.size <= PIXELATED_PX,
    )


def _name(id: str) -> str:
    parts = id.split("/")
    return spoken(folder_in_words(parts[-2] if len(parts) > 1 else parts[-1]))


def _drawn(close: Close) -> str:
    """Shipped pictures have lost something once already."""
    assert close.projection is not None
    if not close.shipped:
        return data_url(close.projection)
    return "data:image/png;base64," + base64.b64encode(png(close.projection)).decode()


def _webp_url(picture: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(picture).decode()

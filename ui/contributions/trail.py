"""The way that was walked down, as text for the address: step.map.row.column, joined by “~”."""

from __future__ import annotations

from collections.abc import Sequence

from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.contributions import Place, existing
from zfnet_core.forward.trace import Trace
from zfnet_core.models.steps import INPUT


def written(places: Sequence[Place]) -> str:
    """The way as text; "" for a way of one place, which is the chosen unit itself."""
    if len(places) < 2:
        return ""
    return "~".join(f"{place.step}.{place.map}.{place.row}.{place.column}" for place in places)


def walked(text: str, start: Place, traced: Trace) -> tuple[Place, ...]:
    """The inverse: from `start` as far as the text names places that are there; `start` alone for another start."""
    places = []
    for item in text.split("~") if text else ():
        step, *numbers = item.rsplit(".", 3)
        if len(numbers) != 3 or not all(number.isdecimal() and len(number) < 7 for number in numbers):
            break
        place = Place(step, *map(int, numbers))
        try:
            existing(traced.network, place)
        except UnknownName:
            break
        if place.step != INPUT and place.step not in traced.outputs:
            break
        places.append(place)
    return tuple(places) if places[:1] == [start] else (start,)

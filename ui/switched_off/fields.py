"""What can be chosen on the page, and stands in its address."""

from __future__ import annotations

from ui.shell.address import choice, fields

MOST_CHANGED = 64
VIEWS = ("photo", "class")


def _maps(numbers: tuple[int, ...]) -> bool:
    return len(numbers) <= MOST_CHANGED and all(number >= 0 for number in numbers)


@fields("switched_off")
class Fields:
    """`layer` ("" for the last one of maps), its maps that are `off` and `doubled`, and the class that is followed
    (−1: the photo's own answer). `view` is what the maps are ranked for: the photo, or the class as such."""

    layer: str = choice("")
    off: tuple[int, ...] = choice((), accepts=_maps)
    doubled: tuple[int, ...] = choice((), accepts=_maps)
    view: str = choice("photo", options=VIEWS)
    class_index: int = choice(-1, accepts=lambda index: index >= -1, url="switched_off_class")

"""What can be chosen on the page, and stands in its address."""

from __future__ import annotations

from ui.shell.address import choice, fields

LONGEST_WORD = 60


@fields("maps")
class Fields:
    """`map` is the map of the chosen layer that the page is about, `word` what is looked for."""

    map: int = choice(0, accepts=lambda number: number >= 0, url="map")
    word: str = choice("", accepts=lambda text: len(text) <= LONGEST_WORD)

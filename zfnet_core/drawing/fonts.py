"""Fonts that have the letters of a text, whatever its alphabet, for figures that are saved."""

from __future__ import annotations

import functools
import unicodedata

from zfnet_core.assets import ASSETS

USUAL = "DejaVu Sans"
"""matplotlib's own font: Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian, Georgian and signs of mathematics."""

BUNDLED = ASSETS / "fonts" / "DroidSansFallbackFull.ttf"
"""Chinese and Japanese (Apache License 2.0)."""

LAST_RESORT = "Last Resort High-Efficiency"
"""matplotlib's font of boxes: each names the alphabet of a letter that no other font here has."""

WITHOUT_LETTERS = (LAST_RESORT, "cm", "STIXSize", "STIXNonUnicode")
"""Fonts that have boxes, or signs of mathematics, at the places of letters."""


def families(text: str) -> list[str]:
    """The font families to draw `text` with, in their order: the usual one, then those of the letters it lacks."""
    found = [USUAL]
    for letter in dict.fromkeys(text):
        if (family := _family(letter)) not in found:
            found.append(family)
    return sorted(found, key=LAST_RESORT.__eq__)


def shortened(text: str, wide_px: float, size_px: float) -> str:
    """`text`, cut with an ellipsis where it would be wider than `wide_px`, by the usual widths of letters."""
    room = wide_px / size_px
    if sum(map(_width, text)) <= room:
        return text
    room -= 1.0
    kept = ""
    for letter in text:
        room -= _width(letter)
        if room < 0:
            break
        kept += letter
    return kept.rstrip() + "…"


def _width(letter: str) -> float:
    """About how wide a letter of the usual font is, in units of its size; full-width ones are square."""
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    return 0.85 if letter in "MWmw@%—" else 0.7 if letter.isupper() else 0.34 if letter in " ijl.,:;'|!()-" else 0.6


@functools.lru_cache(4096)
def _family(letter: str) -> str:
    """The family of the first font that has the letter."""
    if letter.isspace() or unicodedata.category(letter).startswith("C"):
        return USUAL
    from matplotlib.font_manager import FontProperties, fontManager, get_font

    _add_bundled()
    fonts = [
        entry
        for entry in fontManager.ttflist
        if entry.style == "normal" and entry.weight == 400 and not entry.name.startswith(WITHOUT_LETTERS)
    ]
    first = {USUAL: 0, FontProperties(fname=BUNDLED).get_name(): 1}
    for entry in sorted(fonts, key=lambda entry: (first.get(entry.name, 2), "Sans" not in entry.name, entry.name)):
        try:
            has = ord(letter) in get_font(entry.fname).get_charmap()
        except (OSError, RuntimeError):  # a file that has gone since the list was made, or is damaged
            continue
        if has:
            return entry.name
    return LAST_RESORT


@functools.cache
def _add_bundled() -> None:
    from matplotlib.font_manager import fontManager

    fontManager.addfont(BUNDLED)

"""The colours of every picture, on the page and in files: uniform to the eye and safe for colour-blind eyes."""

from __future__ import annotations

import functools

import numpy as np

OKABE_ITO = {
    "blue": "#0072b2",
    "vermilion": "#d55e00",
    "green": "#009e73",
    "purple": "#cc79a7",
    "orange": "#e69f00",
    "sky": "#56b4e9",
    "yellow": "#f0e442",
    "black": "#000000",
}
"""Eight colours that colour-blind eyes tell apart (Okabe & Ito, Color Universal Design, 2008)."""

SERIES = tuple(OKABE_ITO[name] for name in ("blue", "vermilion", "green", "purple", "orange", "sky"))
"""The colours of curves, in the order in which they are given out; on light and on dark ground."""

PAIR = (OKABE_ITO["blue"], OKABE_ITO["vermilion"])
"""Two networks side by side."""

QUIET = "#8a8f98"
"""What stands beside for comparison: the paper, a control."""

SHARE = "#0d9488"
"""The bar of a share."""

ACCENT = "#ff4d6d"
"""The mark around what is chosen."""

DRAWN = "#ff2d87"
"""What the visitor has drawn."""

DEEP, NOTICE, POINTED_AT = "#0f766e", "#b45309", "#d97706"
"""A ground on which white can be read; what is under way; the frame around what a lesson speaks of."""

INK = "#16202a"
"""Words on white, and the ground of an explanation that opens over the page."""

THEMED = {
    "accent": (DEEP, "#2dd4bf"),
    "quiet": ("#4b5763", "#b6c0ca"),
    "on-accent": ("#ffffff", "#06201d"),
}
"""What the page itself is drawn with, on light and on dark ground: controls and focus; words that stand back; words on
a control. Each can be read on its ground (4.5 : 1)."""

GROUND = ("#ffffff", "#0f151b")
"""The page itself, light and dark, as the theme has it."""

SOFT_INK = "#5b6670"
"""Words on white that stand back; they can still be read."""

ZERO = "#808080"
"""Zero in a projection, and a picture that is not there yet."""

AXIS, GRID = "#888888", "#dddddd"
"""Axes and their ticks; the lines behind curves, and a cell without a value."""

HAIRLINE, TRACK = "rgb(128 128 128 / .35)", "rgb(128 128 128 / .2)"
"""Borders, and what a bar runs in, on light and on dark ground (for css)."""

_VIRIDIS = (
    "44015444025645045745055946075a46085c460a5d460b5e470d60470e61471063471164471365481467481668481769"
    "48186a481a6c481b6d481c6e481d6f481f70482071482173482374482475482576482677482878482979472a7a472c7a"
    "472d7b472e7c472f7d46307e46327e46337f463480453581453781453882443983443a83443b84433d84433e85423f85"
    "4240864241864142874144874045884046883f47883f48893e49893e4a893e4c8a3d4d8a3d4e8a3c4f8a3c508b3b518b"
    "3b528b3a538b3a548c39558c39568c38588c38598c375a8c375b8d365c8d365d8d355e8d355f8d34608d34618d33628d"
    "33638d32648e32658e31668e31678e31688e30698e306a8e2f6b8e2f6c8e2e6d8e2e6e8e2e6f8e2d708e2d718e2c718e"
    "2c728e2c738e2b748e2b758e2a768e2a778e2a788e29798e297a8e297b8e287c8e287d8e277e8e277f8e27808e26818e"
    "26828e26828e25838e25848e25858e24868e24878e23888e23898e238a8d228b8d228c8d228d8d218e8d218f8d21908d"
    "21918c20928c20928c20938c1f948c1f958b1f968b1f978b1f988b1f998a1f9a8a1e9b8a1e9c891e9d891f9e891f9f88"
    "1fa0881fa1881fa1871fa28720a38620a48621a58521a68522a78522a88423a98324aa8325ab8225ac8226ad8127ad81"
    "28ae8029af7f2ab07f2cb17e2db27d2eb37c2fb47c31b57b32b67a34b67935b77937b87838b9773aba763bbb753dbc74"
    "3fbc7340bd7242be7144bf7046c06f48c16e4ac16d4cc26c4ec36b50c46a52c56954c56856c66758c7655ac8645cc863"
    "5ec96260ca6063cb5f65cb5e67cc5c69cd5b6ccd5a6ece5870cf5773d05675d05477d1537ad1517cd2507fd34e81d34d"
    "84d44b86d54989d5488bd6468ed64590d74393d74195d84098d83e9bd93c9dd93ba0da39a2da37a5db36a8db34aadc32"
    "addc30b0dd2fb2dd2db5de2bb8de29bade28bddf26c0df25c2df23c5e021c8e020cae11fcde11dd0e11cd2e21bd5e21a"
    "d8e219dae319dde318dfe318e2e418e5e419e7e419eae51aece51befe51cf1e51df4e61ef6e620f8e621fbe723fde725"
)
"""matplotlib's viridis (CC0), 256 colours of three bytes."""


@functools.cache
def viridis() -> np.ndarray:
    """From the least to the most of a positive quantity: uint8 [256, 3], read only."""
    return np.frombuffer(bytes.fromhex(_VIRIDIS), np.uint8).reshape(256, 3)


def rgb(colour: str) -> tuple[int, int, int]:
    """(red, green, blue) of "#rrggbb"."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def for_browser() -> dict[str, object]:
    """What the components in the browser draw with."""
    greys = {"axis": AXIS, "grid": GRID, "quiet": QUIET}
    return {"viridis": _VIRIDIS, "accent": ACCENT, "drawn": DRAWN, "series": SERIES, **greys}


def css_variables() -> dict[str, str]:
    """What style sheets may use, by the name of the variable without its dashes."""
    named = {"accent": ACCENT, "share": SHARE, "quiet": QUIET, "deep": DEEP, "notice": NOTICE, "zero": ZERO}
    return {**named, "soft-ink": SOFT_INK, "hairline": HAIRLINE, "track": TRACK, **OKABE_ITO}


def page_variables() -> dict[str, str]:
    """What the page's own style sheets may use, outside all components; what changes with the theme says so."""
    themed = {name: f"light-dark({light}, {dark})" for name, (light, dark) in THEMED.items()}
    return {**css_variables(), "ink": INK, "ground": "light-dark({}, {})".format(*GROUND), **themed}

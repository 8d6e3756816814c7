"""What can be chosen on the page, and stands in its address."""

from __future__ import annotations

from ui.shell.address import choice, fields
from zfnet_core.exhibits.features.orders import ORDERS
from zfnet_core.language import later

KINDS = {
    "bundled": later("Bundled gallery"),
    "samples": later("Sample photos"),
    "yours": later("Photos of yours"),
    "folder": later("A folder here"),
}


@fields("features")
class Fields:
    """`source` is where the strongest units come from, `page` counts from 1, `map` −1 is none."""

    source: str = choice("bundled", url="features_from", options=tuple(KINDS))
    layer: str = choice("conv4")
    order: str = choice("number", options=tuple(ORDERS))
    page: int = choice(1, accepts=lambda page: page >= 1)
    map: int = choice(-1, accepts=lambda number: number >= -1)

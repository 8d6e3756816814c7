"""What can be chosen on the page, and stands in its address."""

from __future__ import annotations

from ui.shell.address import choice, fields


@fields("look_inside")
class Fields:
    """Which maps are shown, the strongest large or all, and how they are drawn."""

    maps: str = choice("strongest", options=("strongest", "all"), url="maps")
    sort: str = choice("number", options=("number", "strength"), url="sort")
    scale: str = choice("map", options=("map", "layer"), url="scale")
    zoom: bool = choice(True, url="zoom")

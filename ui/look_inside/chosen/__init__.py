"""The chosen unit, told to the atlas and to the large map: apart, so that a click does not resend the maps."""

from __future__ import annotations

from pathlib import Path

from ui.kit import register
from ui.shell.received import newest
from zfnet_core.deconvnet.projection import Unit

_mount = register(Path(__file__).parent)


def tell_chosen(layer: str, unit: Unit, maps: str, atlas: str, unit_map: str, key: str) -> None:
    """Mark `unit` of `layer` in the components with the keys `atlas` and `unit_map`. Nothing to see by itself.

    `maps` says which the atlas shows, "strongest" or "all".
    """
    heard = {"atlas": newest(atlas, "chosen"), "which": newest(atlas, "which"), "unitMap": newest(unit_map, "chosen")}
    _mount(key=key, data={"layer": layer, "unit": [unit.map, unit.row, unit.column], "maps": maps, "heard": heard})

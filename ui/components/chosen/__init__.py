"""The chosen unit, told to the atlas and to the large map: apart, so that a click does not resend the maps."""

from __future__ import annotations

from ui.components import newest, register
from zfnet_core.deconvnet import Unit

_mount = register("chosen")


def tell_chosen(layer: str, unit: Unit, atlas: str, unit_map: str, key: str) -> None:
    """Mark `unit` of `layer` in the components with the keys `atlas` and `unit_map`. Nothing to see by itself."""
    heard = {"atlas": newest(atlas, "chosen"), "unitMap": newest(unit_map, "chosen")}
    _mount(key=key, data={"layer": layer, "unit": [unit.map, unit.row, unit.column], "heard": heard})

"""A unit's receptive field on the photo, beside the pictures projected from that unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ui.components import register
from ui.pictures import data_url, enlarged, exact_url
from ui.unit_pictures import RULES, UnitPicture, alt_text, caption
from zfnet_core.deconvnet import Unit
from zfnet_core.models.network import Layer

_mount = register("projections", "colours.js")


def projections(
    photo: np.ndarray, layer: Layer, unit: Unit, pictures: Sequence[UnitPicture], *, zoomed: bool, key: str
) -> None:
    """Show `photo` (uint8 [H, W, 3], what the network sees) with the receptive field of `unit` and, beside it, the
    projections; `zoomed` enlarges the field in these and shows the patch of the photo as well."""
    side, field = photo.shape[0], layer.receptive_field
    top, left, bottom, right = field.box(unit.row, unit.column, side)
    seen = f"rows {top}–{bottom - 1}, columns {left}–{right - 1}"
    window = _square_around((top, left, bottom, right), side) if zoomed else (0, 0, side)
    shown = [
        {
            "url": exact_url(enlarged(picture.pixels, window)),
            "title": RULES[picture.rule][0],
            "caption": caption(picture),
            "alt": alt_text(picture),
        }
        for picture in pictures
    ]
    if window[2] < side:
        patch = {"url": exact_url(enlarged(photo, window)), "title": "Patch", "alt": f"The photo in {seen}."}
        shown.insert(0, {**patch, "caption": "What the unit sees, enlarged like the pictures beside it."})
    _mount(
        key=key,
        data={
            "photo": data_url(photo),
            "alt": f"The photo; the unit sees {seen} of {side} by {side} pixels, the rest is dimmed.",
            "title": "Receptive field",
            "caption": f"{bottom - top} × {right - left} px of {side} × {side}: {seen}.",
            "inputPx": side,
            "layer": layer.name,
            "field": {"jump": field.jump, "first": field.first, "last": field.last, "end": field.end or side},
            "unit": [unit.row, unit.column],
            "pictures": shown,
        },
    )


def _square_around(box: tuple[int, int, int, int], side: int) -> tuple[int, int, int]:
    """(top, left, size) of the smallest square inside the image that contains the box."""
    top, left, bottom, right = box
    size = max(bottom - top, right - left)
    return min(top, side - size), min(left, side - size), size

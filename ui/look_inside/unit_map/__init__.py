"""One feature map with its exact values, and the photo with what the chosen unit sees: click or arrow keys choose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ui.kit import packed, register
from ui.shell.received import received
from zfnet_core.language import t
from zfnet_core.models.network import Layer

_mount = register(Path(__file__).parent)


def unit_map(
    values: np.ndarray,
    layer: Layer,
    number: int,
    photo: str,
    input_px: int,
    key: str,
    on_choice: Callable[[str, int, int, int], None],
) -> None:
    """Show feature map `number` of `layer`, values float32 [rows, columns]; `tell_chosen` marks a unit in it.

    Beside it stands the `photo` (a URL) as the network sees it, `input_px` wide, dimmed outside of the unit's receptive
    field. `on_choice(layer, map, row, column)` is called when the visitor chooses a unit.
    """

    def picked() -> None:
        if choice := received(key, "chosen", layer=str, map=int, row=int, column=int):
            on_choice(choice["layer"], choice["map"], choice["row"], choice["column"])

    header = header_of(values, layer, number, photo, input_px)
    _mount(key=key, data=packed(header, np.ascontiguousarray(values, np.float32)), on_chosen_change=picked)


def header_of(values: np.ndarray, layer: Layer, number: int, photo: str, input_px: int) -> dict[str, object]:
    """What the component needs beside the values; its frame on the photo ends where no unit sees further."""
    rows, columns = values.shape
    field = layer.receptive_field
    return {
        "layer": layer.name,
        "map": number,
        "photo": photo,
        "inputPx": input_px,
        "field": {"jump": field.jump, "first": field.first, "last": field.last, "end": field.end or input_px},
        "rows": rows,
        "columns": columns,
        "top": float(values.max()),
        "words": {
            "hover": t("Under the pointer: row {row}, column {column} · activation {value}"),
            "chosen": t("Chosen: row {row}, column {column} · activation {value}"),
            "title": t("Receptive field"),
            "seen": t("{rows} × {columns} px: {place}."),
            "place": t("rows {top}–{bottom}, columns {left}–{right}"),
            "alt": t("The photo; the unit sees {place} of {n} by {n} pixels, the rest is dimmed."),
        },
        "alt": t(
            "Feature map {map} of {layer}, {rows} by {columns} units, strongest activation {value:.2f}. Arrow keys "
            "move the chosen unit, with Shift by five.",
            map=number,
            layer=layer.name,
            rows=rows,
            columns=columns,
            value=values.max(),
        ),
    }

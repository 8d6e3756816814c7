"""The network as a row of blocks, one per layer; choosing one opens it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui.components import register
from zfnet_core.models.network import Layer, Network

_mount = register("layer_strip", "colours.js")
HIGHEST_PX, WIDEST_PX, THINNEST_PX = 40, 56, 4


def layer_strip(network: Network, chosen: str, key: str, on_pick: Callable[[str], None]) -> None:
    """Show the layers of `network` with `chosen` marked. `on_pick(layer)` is called when the visitor chooses one."""
    names = {layer.name for layer in network.layers}

    def picked() -> None:
        choice = st.session_state[key].get("picked")
        if isinstance(choice, dict) and choice.get("layer") in names:
            on_pick(choice["layer"])

    most = max(layer.maps for layer in network.layers)
    data = {"layers": [_block(layer, most, network.preprocessing.input_px) for layer in network.layers]}
    _mount(key=key, data={**data, "chosen": chosen}, on_picked_change=picked)


def _block(layer: Layer, most: int, input_px: int) -> dict[str, object]:
    if layer.spatial:
        maps, rows, columns = layer.shape
        size, high = f"{rows}×{columns} · {maps}", HIGHEST_PX * (rows / input_px) ** 0.5
        alt = f"{layer.name}: {maps} feature maps of {rows} by {columns}"
    else:
        size, high, alt = f"{layer.maps} units", THINNEST_PX, f"{layer.name}: {layer.maps} units"
    wide = WIDEST_PX * (layer.maps / most) ** 0.5
    return {
        "name": layer.name,
        "size": size,
        "high": max(THINNEST_PX, round(high)),
        "wide": max(THINNEST_PX, round(wide)),
        "alt": alt,
    }

"""Which layer, map and unit are being looked at, given what the link asks for and what the network has."""

from __future__ import annotations

import itertools

import streamlit as st

from ui import engine, state
from ui.apology import apologetic
from zfnet_core.deconvnet import Unit, strongest_unit, strongest_units
from zfnet_core.images import printable
from zfnet_core.models.network import Layer, Network
from zfnet_core.trace import Trace


def chosen_layer(network: Network) -> Layer:
    """The layer in the view; where the network has no such layer, the first whose name begins most alike.

    The view then says so too, and so does a message, unless nobody asked for that layer.
    """
    asked = state.view().layer
    if layer := _layer(network, asked):
        return layer
    layer = max(network.layers, key=lambda layer: _alike(layer.name, asked))
    if not _stands_in(network):
        if asked != state.DEFAULTS.layer:
            st.toast(f"{network.title} has no layer “{printable(asked)}”; {layer.name} is shown.")
        choose_layer(layer.name)
    return layer


def chosen_unit(trace: Trace, layer: Layer) -> Unit:
    """The unit in the view; otherwise the strongest one of the layer, also where the layer has no such unit."""
    asked = state.view().unit
    limits = layer.shape if layer.spatial else (layer.maps, 1, 1)
    if len(asked) == 3 and all(0 <= value < limit for value, limit in zip(asked, limits, strict=True)):
        return Unit(*asked)
    if asked and not _stands_in(trace.network):
        st.toast(f"{layer.name} has no unit {state.encoded(asked)}; its strongest one is shown.")
        state.change(unit=())
    return strongest_units(trace, layer.name, 1)[0]


@apologetic
def choose_layer(name: str) -> None:
    """Look at another layer, at its strongest unit."""
    state.change(layer=name, unit=())


@apologetic
def choose_map(layer: str, number: int) -> None:
    """Look at the strongest unit of another map. A click that the network has no such map for changes nothing."""
    trace = engine.trace()
    part = _layer(trace.network, layer)
    if part and 0 <= number < part.maps:
        unit = strongest_unit(trace, layer, number)
        choose_unit(layer, unit.map, unit.row, unit.column)


@apologetic
def choose_unit(layer: str, number: int, row: int = 0, column: int = 0) -> None:
    """Look at one unit. A click on a layer that the network does not have changes nothing."""
    if _layer(engine.network(), layer):
        state.change(layer=layer, unit=(number, row, column))


def _stands_in(network: Network) -> bool:
    """Whether a link asks for somebody's own weights and this network is shown until they come."""
    return network.name != state.view().network


def _alike(name: str, other: str) -> int:
    """With how many equal letters two names begin."""
    return len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(name, other, strict=False))))


def _layer(network: Network, name: str) -> Layer | None:
    return next((layer for layer in network.layers if layer.name == name), None)

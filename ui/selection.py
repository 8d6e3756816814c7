"""Which layer, map and unit are being looked at, given what the link asks for and what the network has."""

from __future__ import annotations

from ui import engine, state
from zfnet_core.deconvnet import Unit, strongest_unit, strongest_units
from zfnet_core.models.network import Layer, Network
from zfnet_core.trace import Trace


def chosen_layer(network: Network) -> Layer:
    """The layer in the view, or the network's first."""
    name = state.view().layer
    return next((layer for layer in network.layers if layer.name == name), network.layers[0])


def chosen_unit(trace: Trace, layer: Layer) -> Unit:
    """The unit in the view where the layer has it, otherwise the strongest unit of the layer."""
    asked = state.view().unit
    limits = layer.shape if layer.spatial else (layer.maps, 1, 1)
    if len(asked) == 3 and all(0 <= value < limit for value, limit in zip(asked, limits, strict=True)):
        return Unit(*asked)
    return strongest_units(trace, layer.name, 1)[0]


def choose_layer(name: str) -> None:
    """Look at another layer, at its strongest unit."""
    state.change(layer=name, unit=())


def choose_map(layer: str, number: int) -> None:
    """Look at the strongest unit of another map."""
    trace = engine.trace()
    part = trace.network.layer(layer)
    if 0 <= number < part.maps:
        choose_unit(layer, *_numbers(strongest_unit(trace, layer, number)))


def choose_unit(layer: str, number: int, row: int = 0, column: int = 0) -> None:
    """Look at one unit."""
    state.change(layer=layer, unit=(number, row, column))


def _numbers(unit: Unit) -> tuple[int, int, int]:
    return unit.map, unit.row, unit.column

"""Which layer and unit is looked at: the same on every page that is about one unit of the photo."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import streamlit as st

from ui.shell import address, state
from ui.shell.apology import apologetic
from ui.shell.chosen import YOURS, Chosen, ChosenUnit
from ui.shell.current import Current
from ui.shell.session import session
from zfnet_core.deconvnet.projection import Unit, strongest_units
from zfnet_core.forward.trace import Trace
from zfnet_core.language import t
from zfnet_core.models.network import Layer, Network
from zfnet_core.photos.decoding import printable


@dataclass(frozen=True)
class Place:
    """A layer and a unit of it; `notes` say in a sentence each what was asked for and is not there."""

    layer: Layer
    unit: Unit
    notes: tuple[str, ...] = ()


@dataclass(eq=False)
class Before:
    """What the last run of a page was about: (network, photo, what the photo was), and the unit that was chosen."""

    about: tuple[str, str, str] | None = None
    unit: tuple[int, ...] = ()


def place(fields: ChosenUnit, trace: Trace) -> Place:
    """What the fields ask for, or the most alike that the network has.

    Where the network has no such layer, the first whose name begins most alike; where the layer has no such unit, its
    strongest one.
    """
    network = trace.network
    layer, notes = layer_named(network, fields.layer), []
    if layer is None:
        layer = max(network.layers, key=lambda layer: _alike(layer.name, fields.layer))
        if fields.layer != address.default(ChosenUnit, "layer"):
            values: dict[str, object] = {
                "network": network.title,
                "asked": printable(fields.layer),
                "layer": layer.name,
            }
            notes.append(t("{network} has no layer “{asked}”; {layer} is shown.", **values))
    elif fields.unit and not _is_there(layer, fields.unit):
        values = {"layer": layer.name, "unit": address.encoded(fields.unit)}
        notes.append(t("{layer} has no unit {unit}; its strongest one is shown.", **values))
    there = layer.name == fields.layer and _is_there(layer, fields.unit)
    unit = Unit(*fields.unit) if there else strongest_units(trace, layer.name, 1)[0]
    return Place(layer, unit, tuple(notes))


def layer_named(network: Network, name: str) -> Layer | None:
    """The layer of that name, if there is one."""
    return next((layer for layer in network.layers if layer.name == name), None)


def follow(now: Current) -> None:
    """Another network or photo is looked at from its strongest unit, unless the address asks for another unit."""
    before, fields = session().memory(Before), state.read(ChosenUnit)
    waiting = now.photo_name == YOURS and session().own_photo is None
    about = (state.read(Chosen).network, now.photo_name, "" if waiting else now.photo.sha)
    arrived = before.about is not None and before.about[:2] == about[:2] and before.about[2] == ""
    if before.about not in (None, about) and not arrived and fields.unit == before.unit != ():
        state.change(ChosenUnit, unit=())
    before.about = about


def settle(now: Current, layer: Layer, notes: tuple[str, ...]) -> None:
    """What a link asks for and is not there is said once; then the address says what is shown."""
    # A link to somebody's own weights waits for the file: until then another network is shown, and nothing is changed.
    if now.network.name == state.read(Chosen).network:
        for note in notes:
            st.toast(note)
        if layer.name != state.read(ChosenUnit).layer:
            choose_layer(layer.name)
        elif notes:
            state.change(ChosenUnit, unit=())
    session().memory(Before).unit = state.read(ChosenUnit).unit


@apologetic
def choose_layer(name: str) -> None:
    """Look at another layer, at its strongest unit."""
    state.change(ChosenUnit, layer=name, unit=())


@apologetic
def choose_unit(network: Network, layer: str, map: int, row: int = 0, column: int = 0) -> None:
    """Look at one unit. A click on a layer that the network does not have changes nothing."""
    if layer_named(network, layer):
        state.change(ChosenUnit, layer=layer, unit=(map, row, column))


def _is_there(layer: Layer, unit: tuple[int, ...]) -> bool:
    limits = layer.shape if layer.spatial else (layer.maps, 1, 1)
    return len(unit) == 3 and all(0 <= value < limit for value, limit in zip(unit, limits, strict=True))


def _alike(name: str, other: str) -> int:
    """With how many equal letters two names begin."""
    return len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(name, other, strict=False))))

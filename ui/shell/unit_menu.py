"""Widgets to choose a layer and one of its units: the same on every page that begins with a unit."""

from __future__ import annotations

import streamlit as st

from ui.shell import state
from ui.shell.apology import apologetic
from ui.shell.chosen import ChosenUnit
from ui.shell.placed import placed
from ui.shell.session import widget_value
from ui.shell.unit_choice import Place, choose_unit
from zfnet_core.deconvnet.projection import strongest_unit, strongest_units
from zfnet_core.forward.trace import Trace
from zfnet_core.language import t

LISTED = 8


def unit_menu(trace: Trace, place: Place) -> None:
    """Choose the layer, a map by its number, or one of the strongest; a map is looked at where it is strongest."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = [layer.name for layer in trace.network.layers]
        to_strongest = lambda name: {"unit": ()}  # noqa: E731
        state.bind(st.selectbox, ChosenUnit, "layer", t("Layer"), names, also=to_strongest, width=160)
        _number_of_map(trace, place)
    _strongest(trace, place)


def _number_of_map(trace: Trace, place: Place) -> None:
    layer, key = place.layer, f"begin-map-{place.layer.name}"

    @apologetic
    def commit() -> None:
        picked = widget_value(key)
        if isinstance(picked, int) and 0 <= picked < layer.maps:
            _choose(trace, place, picked)

    last = layer.maps - 1
    label = t("Map (0 to {last})", last=last) if layer.spatial else t("Unit (0 to {last})", last=last)
    placed(st.number_input, key, place.unit.map)(label, 0, last, step=1, on_change=commit, width=160)


def _strongest(trace: Trace, place: Place) -> None:
    layer, key = place.layer, f"begin-{place.layer.name}"
    best = [unit.map for unit in strongest_units(trace, layer.name, LISTED)]
    labels = trace.network.names if layer is trace.network.layers[-1] else ()

    @apologetic
    def commit() -> None:
        if (picked := widget_value(key)) is not None:
            _choose(trace, place, picked)

    label = t("Strongest maps here") if layer.spatial else t("Strongest units here")
    placed(st.pills, key, place.unit.map if place.unit.map in best else None)(
        label,
        best,
        format_func=lambda map: labels[map] if labels else str(map),
        on_change=commit,
        wrap=True,
    )


def _choose(trace: Trace, place: Place, map: int) -> None:
    unit = strongest_unit(trace, place.layer.name, map)
    choose_unit(trace.network, place.layer.name, unit.map, unit.row, unit.column)

"""What is chosen on the page: layer, map, unit, and how they are drawn."""

from __future__ import annotations

import streamlit as st

from ui.look_inside.fields import Fields
from ui.look_inside.question import Question, resolve
from ui.shell import current, state, unit_choice
from ui.shell.apology import apologetic
from ui.shell.chosen import ChosenUnit, Drawing
from ui.shell.part import part
from ui.shell.placed import placed
from ui.shell.session import widget_value
from ui.shell.unit_choice import choose_unit, layer_named
from zfnet_core.deconvnet.projection import strongest_unit
from zfnet_core.language import later, t

SORTS = {"number": later("by number"), "strength": later("strongest first")}
SCALES = {"map": later("the map’s maximum"), "layer": later("the layer’s maximum")}
ZEROS = {"sigmoid": later("strong contrast"), "symmetric": later("proportional")}
LISTED = 14


def asked() -> Question:
    """What is asked now. What a link asks for and is not there is said once; then the address says what is shown."""
    now = current.now()
    unit_choice.follow(now)
    question = resolve(state.read(Fields), state.read(ChosenUnit), state.read(Drawing), now, current.trace_of)
    unit_choice.settle(now, question.layer, question.notes)
    return question


@apologetic
def choose_map(question: Question, layer: str, map: int) -> None:
    """Look at the strongest unit of another map. A click that the network has no such map for changes nothing."""
    part = layer_named(question.network, layer)
    if part and 0 <= map < part.maps:
        unit = strongest_unit(question.trace, layer, map)
        choose_unit(question.network, layer, unit.map, unit.row, unit.column)


@apologetic
def show_maps(maps: str) -> None:
    """Show the "strongest" maps large, or "all" of them."""
    state.change(Fields, maps=maps)


def strongest_list(question: Question) -> None:
    """The strongest units of a fully connected layer, to choose from."""
    values, labels, chosen, layer = question.values, question.labels, question.unit.map, question.layer.name
    best = [int(place) for place in values.argsort()[::-1][:LISTED]]
    key = f"strongest-{layer}"
    listed = best if chosen in best else [chosen, *best]

    @apologetic
    def commit() -> None:
        if (picked := widget_value(key)) is not None:
            choose_unit(question.network, layer, picked)

    part(t("Strongest units"), t("click one"))
    placed(st.pills, key, chosen)(
        t("Strongest units"),
        listed,
        format_func=lambda i: f"{labels[i] if labels else t('unit {number}', number=i)} · {values[i]:.2f}",
        on_change=commit,
        label_visibility="collapsed",
        wrap=True,
    )


def drawing_menu() -> None:
    """How maps and projections are drawn."""
    with st.popover(t("How it is drawn"), icon=":material/tune:"):
        for kind, name, label, words in (
            (Fields, "sort", t("Order of all maps"), SORTS),
            (Fields, "scale", t("Colours run to"), SCALES),
            (Drawing, "zero", t("Projections"), ZEROS),
        ):
            said = {value: t(word) for value, word in words.items()}
            state.bind(st.segmented_control, kind, name, label, list(said), format_func=said.get, required=True)
        state.bind(st.toggle, Fields, "zoom", t("Enlarge the receptive field"))

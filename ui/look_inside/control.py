"""The control that every picture deserves: the same question to a network with random weights, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from ui.shell import current, state
from ui.shell.apology import apologetic
from ui.shell.chosen import Chosen, ChosenUnit
from ui.shell.session import session
from zfnet_core.language import t
from zfnet_core.models import zoo


@dataclass(eq=False)
class Left:
    """The network that was looked at before the control, and the layer and unit of it."""

    network: str = ""
    layer: str = ""
    unit: tuple[int, ...] = ()


def control_button() -> None:
    """One click to the same with random weights, one click back; the whole page has to follow (`beside_the_photo`)."""
    network, left = current.network(), session().memory(Left)
    control = zoo.control_of(network.name, network.architecture)
    away = network.name == control.name
    back = left.network if _is_here(left.network) else zoo.DEFAULT
    # One button for both ways, so that the keyboard stays where it is.
    st.button(
        t("Back to {network}", network=_title(back)) if away else t("The same with random weights"),
        icon=":material/undo:" if away else ":material/casino:",
        key="random-weights",
        help=t("What still looks meaningful there is not knowledge: nothing was learnt."),
        on_click=_back if away else _to,
        args=(back,) if away else (control.name,),
    )


@apologetic
def _to(control: str) -> None:
    fields, left = state.read(ChosenUnit), session().memory(Left)
    left.network, left.layer, left.unit = state.read(Chosen).network, fields.layer, fields.unit
    state.change(Chosen, network=control)


@apologetic
def _back(name: str) -> None:
    left, fields = session().memory(Left), state.read(ChosenUnit)
    same = left.network == name and left.layer == fields.layer
    state.change(Chosen, network=name)
    if same and not fields.unit:  # nothing else was chosen meanwhile
        state.change(ChosenUnit, unit=left.unit)


def _is_here(name: str) -> bool:
    return name in zoo.names() or name in session().own_networks


def _title(name: str) -> str:
    own = session().own_networks
    return own[name][0] if name in own else zoo.entry(name).title

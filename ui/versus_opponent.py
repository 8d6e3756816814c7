"""The network on the other side of the comparison."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ui import engine, state
from zfnet_core.models import zoo
from zfnet_core.models.network import Network

PARTNERS = {
    "zfnet-classroom": "alexnet-classroom",
    "alexnet-classroom": "zfnet-classroom",
    "zfnet": "alexnet",
    "zfnetb": "alexnet",
    "zfnet-random": "zfnet-classroom",
}
OF_IMAGENET, OF_OWN = "zfnet", "alexnet-classroom"


def opponents(network: Network) -> list[str]:
    """The networks that `network` can be compared with: first its partner, trained on the same photos."""
    partner = PARTNERS.get(network.name, OF_IMAGENET if network.name in zoo.names() else OF_OWN)
    names = [name for name in zoo.names() if name != network.name]
    return sorted(names, key=lambda name: (name != partner, names.index(name)))


def opponent(network: Network) -> Network:
    """The other network: the partner of the chosen one, until the visitor picks another."""
    return engine.desk().network(_chosen(opponents(network)))


def ask_opponent(network: Network) -> None:
    """Choose the other network."""
    names, key = opponents(network), "opponent shown"
    st.session_state[key] = _chosen(names)

    def commit() -> None:
        name = st.session_state[key]
        state.change(versus="" if name == names[0] else name)

    st.selectbox(f"{network.title} against", names, key=key, on_change=commit, format_func=_title, width=340)


def about_weights(networks: Sequence[Network]) -> str:
    """A sentence on random weights; empty if both networks are trained."""
    random = [network for network in networks if not network.trained]
    if not random:
        return ""
    text = f"Random weights in {' and '.join(one.title for one in random)}: a control, of which the paper says nothing."
    if any(one.name in zoo.names() and zoo.entry(one.name).source for one in random):
        text += " To download the trained ones, choose that network in the sidebar."
    return text


def _chosen(names: Sequence[str]) -> str:
    return state.view().versus if state.view().versus in names else names[0]


def _title(name: str) -> str:
    return zoo.entry(name).title + ("" if zoo.is_ready(name) else " (not downloaded)")

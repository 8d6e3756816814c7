"""The network on the other side of the comparison."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ui.comparison.fields import Fields
from ui.shell import state
from zfnet_core.language import t
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


def ask_opponent(network: Network, names: Sequence[str]) -> None:
    """Choose the other network; the first of `names` is the partner, which stands in no link."""
    state.bind(
        st.selectbox,
        Fields,
        "versus",
        t("{network} against", network=network.title),
        list(names),
        shown=lambda name: name if name in names else names[0],
        chosen=lambda name: "" if name == names[0] else name,
        format_func=_title,
        width=340,
    )


def about_weights(other: Network) -> str:
    """A sentence on random weights of the other network; empty if it is trained. (Every page says so of the first.)"""
    if other.trained:
        return ""
    text = t("Random weights in {network}: a control, of which the paper says nothing.", network=other.title)
    if other.name in zoo.names() and zoo.entry(other.name).source:
        text += " " + t("To download the trained ones, choose that network in the sidebar.")
    return text


def _title(name: str) -> str:
    title = zoo.entry(name).title
    return title if zoo.is_ready(name) else t("{network} (not downloaded)", network=title)

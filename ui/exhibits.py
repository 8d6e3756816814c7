"""All exhibits, in the order of the navigation. A new one is its own folders and a line here."""

from __future__ import annotations

from importlib import import_module

import streamlit as st

from ui.shell.address import url_names
from ui.shell.exhibit import Exhibit
from ui.shell.session import session

NAMES = (
    "start",
    "look_inside",
    "contributions",
    "trust",
    "occlusion",
    "switched_off",
    "invariance",
    "features",
    "maps",
    "evolution",
    "comparison",
    "correspondence",
    "transfer",
    "results",
    "architectures",
    "misconceptions",
    "games",
    "lessons",
    "classroom",
)
EXHIBITS: tuple[Exhibit, ...] = tuple(import_module(f"ui.{name}").EXHIBIT for name in NAMES)


def meant_by_link() -> Exhibit | None:
    """The exhibit that a link to the first page means, if it names what stands in another one's address only.

    Links from the time when “Look inside” was the first page, `/?layer=conv4`, still lead there. To be asked before the
    visit has begun; afterwards nothing is meant.
    """
    if session().opened:
        return None
    first, *others = EXHIBITS
    named = set(st.query_params) - {name for kind in first.fields for name in url_names(kind)}
    return next((one for one in others if any(named & set(url_names(kind)) for kind in one.fields)), None)

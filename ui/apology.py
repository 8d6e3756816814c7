"""What to say when something fails: the sentence of an error meant for people, an apology for any other."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import streamlit as st

from zfnet_core.errors import ExplorerError

log = logging.getLogger(__name__)


def sentence(error: Exception) -> str:
    """What to show for `error`; an unexpected one is logged with its traceback."""
    if isinstance(error, ExplorerError):
        return str(error)
    log.error("Something failed that should not.", exc_info=error)
    return "Something went wrong here; the details are in the server’s log. Your photo and settings are kept."


def apologetic(callback: Callable[..., None]) -> Callable[..., None]:
    """A widget's callback whose errors are kept for `owed`; else they would end the run before the page is drawn."""

    @functools.wraps(callback)
    def guarded(*arguments: Any, **named: Any) -> None:
        try:
            callback(*arguments, **named)
        except Exception as error:
            st.session_state["failed callback"] = sentence(error)

    return guarded


def owed() -> str:
    """What the last callback had to say, once; "" if all went well."""
    return st.session_state.pop("failed callback", "")

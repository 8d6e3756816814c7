"""Whether what the browser says of a widget was picked there, or is what it said before it drew what was placed.

Every message of the browser carries the values of all its widgets, whatever it was sent for: a click elsewhere, a
component that speaks by itself, a part of the page that runs by the clock. Streamlit compares them with what the server
has meanwhile, so that one sent a moment too early reads as a choice. Nothing public says what it was sent for; where
Streamlit has changed inside, every report counts, as Streamlit has it.
"""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.runtime.state import SafeSessionState

NOTHING = object()
BEGUN = "zfnet_explorer_begun"  # on what Streamlit keeps of the runs that follow one message


def begun(context: ScriptRunContext) -> str:
    """To be told in every run after the widgets' callbacks; names the page that runs."""
    setattr(context, BEGUN, True)
    return context.page_script_hash


def said(state: SafeSessionState, key: str) -> Any:
    """What the newest message says of the widget `key`, whatever was placed since; `NOTHING` where it says nothing."""
    try:
        widget = state._state.get_widget_id_from_key(key)
        return state._state._new_widget_state.get(widget or "", NOTHING)
    except AttributeError:
        return NOTHING


def heard(state: SafeSessionState) -> bool:
    """Whether a message is just being heard: the widgets' callbacks run, and the script does not yet."""
    try:
        return state._state._current_interaction_widget_states is not None
    except AttributeError:
        return False


def may_be_picked(state: SafeSessionState, key: str, page: str) -> bool:
    """Whether the message that is heard can have been sent because somebody changed the widget `key` of `page`.

    Such a message asks for the part of the page where the widget is, comes neither by the clock nor with another page,
    and tells of no other change.
    """
    context = get_script_run_ctx(suppress_warning=True)
    try:
        inner = state._state
        widget = inner.get_widget_id_from_key(key)
        metadata = inner.get_widget_metadata(widget or "")
        if context is None or metadata is None:
            return True
        pages = (page, context.pages_manager.main_script_hash)  # the first page is also asked for as the whole
        if context.is_history_navigation or context.page_script_hash not in pages:
            return False
        if parts := context.fragment_ids_this_run:
            request = context.script_requests and context.script_requests._rerun_data
            mine = request and request.widget_states is inner._current_interaction_widget_states
            if metadata.fragment_id not in parts or (mine and request and request.is_auto_rerun):
                return False
        elif metadata.fragment_id is None and hasattr(context, BEGUN) and st.get_option("runner.fastReruns"):
            return False  # a change outside of all parts begins anew; this is st.rerun() with a message that waited
        return not any(inner._widget_changed(other) for other in list(inner._new_widget_state) if other != widget)
    except AttributeError:
        return True

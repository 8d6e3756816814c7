"""What a page that was left still has to say is not heard."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

from ui.shell.session import session


def hush(page: str) -> None:
    """At the start of every run of app.py, before `page` is begun: if it is another one, the one before falls silent.

    A part of the page before, such as a component that answers by itself, may still speak after the click that leads
    away. Streamlit keeps that until the new page is drawn and then runs the part as the page it came from, whereupon
    the browser throws away all it shows. Forgotten parts are not run; what came earlier is swallowed by a new start.
    """
    context = get_script_run_ctx()
    if session().page == page or context is None or context.script_requests is None:
        return
    context.fragment_storage.clear()
    requests = context.script_requests
    waits = requests._state is ScriptRequestType.RERUN  # there is no other way to ask
    part = waits and requests._rerun_data.fragment_id_queue
    if part and requests._rerun_data.page_script_hash != context.page_script_hash:
        st.rerun()

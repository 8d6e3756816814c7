"""What a visit whose browser has gone need not hold on to until it comes back. Reaches into Streamlit's runtime."""

from __future__ import annotations

from dataclasses import replace
from typing import Any


def slim(runtime: Any) -> int:
    """Let go of what visits that have been left hold on to besides their choices and photos; returns how many did.

    That is what was to be called at a click: functions that know the question on the page, with its trace of some
    12 MB. A browser that comes back has the whole page run anew (`stay` in app.py), which makes them again.
    """
    slimmed = 0
    for info in list(runtime._session_mgr._session_storage._cache._data.values()):
        visit = info.session
        if visit._scriptrunner is not None or not visit._fragment_storage._fragments:
            continue
        visit._fragment_storage.clear()
        known = visit._session_state._new_widget_state.widget_metadata
        for name, widget in list(known.items()):
            known[name] = replace(widget, callback=None, callback_args=None, callback_kwargs=None, callbacks=None)
        slimmed += 1
    return slimmed

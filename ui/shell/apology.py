"""What to say when something fails: the sentence of an error meant for people, an apology for any other."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from ui.shell.session import LateReport, confirm_widgets, session
from zfnet_core.errors import ExplorerError
from zfnet_core.language import t

log = logging.getLogger(__name__)


def sentence(error: Exception) -> str:
    """What to show for `error`; an unexpected one is logged with its traceback."""
    if isinstance(error, ExplorerError):
        return t(error.args[0]) if error.args and isinstance(error.args[0], str) else t(str(error))
    log.error("Something failed that should not.", exc_info=error)
    return t("Something went wrong here; the details are in the server’s log. Your photo and settings are kept.")


def apologetic(callback: Callable[..., None]) -> Callable[..., None]:
    """A widget's callback whose errors are kept for `owed`; else they would end the run before the page is drawn.

    One that finds that nothing was chosen (`session.widget_value`) ends there.
    """

    @functools.wraps(callback)
    def guarded(*arguments: Any, **named: Any) -> None:
        try:
            callback(*arguments, **named)
        except LateReport:
            pass
        except Exception as error:
            session().failed_callback = sentence(error)

    return guarded


def owed() -> str:
    """What the last callback had to say, once; "" if all went well."""
    visit = session()
    problem, visit.failed_callback = visit.failed_callback, ""
    return problem


@contextmanager
def guarded() -> Iterator[None]:
    """Errors meant for people become their sentence; others are logged and excused. The page stays usable.

    Around a fragment it belongs inside, under `@st.fragment`, since a fragment also runs alone.
    """
    confirm_widgets()
    if problem := owed():
        st.error(problem)
    for notice in session().pop_notices():
        st.toast(notice)
    try:
        yield
    except Exception as error:
        st.error(sentence(error))

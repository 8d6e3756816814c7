"""The language of a visit: chosen in the sidebar or by a link, else the browser's own."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.shell import state
from ui.shell.address import choice, fields
from ui.shell.session import session
from zfnet_core import language
from zfnet_core.language import ENGLISH, LANGUAGES

AS_THE_BROWSER = ""


@fields("")
class Spoken:
    """`lang` is the language's code, or "" for the browser's own."""

    lang: str = choice(AS_THE_BROWSER, options=(AS_THE_BROWSER, *LANGUAGES), url="lang")


def of_this_visit() -> str:
    """The code of the language that this visit is shown in; English where there is no visit."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return ENGLISH
    if not session().opened and st.query_params.get("lang") in LANGUAGES:
        return st.query_params["lang"]  # a link is being opened, and its fields are not read yet
    return state.read(Spoken).lang or _of_the_browser()


def language_choice() -> None:
    """The list of languages, each in its own words."""
    state.bind(
        st.selectbox,
        Spoken,
        "lang",
        "Language · 语言",
        tuple(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        shown=lambda code: code or of_this_visit(),
        label_visibility="collapsed",  # a language's own name says what it is
    )


def _of_the_browser() -> str:
    """From what the browser says it reads: zh-Hans-CN is zh."""
    code = (st.context.locale or "").replace("_", "-").split("-")[0].lower()
    return code if code in LANGUAGES else ENGLISH


language.ask(of_this_visit)

"""The class that this visit belongs to: a pupil follows and votes, a teacher leads."""

from __future__ import annotations

import functools
import html
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from ui.shell import going, state
from ui.shell.address import choice, fields
from ui.shell.apology import apologetic, sentence
from ui.shell.language import Spoken
from ui.shell.session import session
from ui.shell.ticket import ask_for_ticket, has_answered, ticket
from zfnet_core.drawing.palette import DEEP, QUIET
from zfnet_core.language import phrase, t, tn
from zfnet_core.serving.classes import ClassError, Classes

LOOK_AGAIN_S = 2.0
SHARED_FILE = "ZFNET_EXPLORER_CLASSES"


@fields("")
class Room:
    """`code` is the class's, or "" for none."""

    code: str = choice("", accepts=lambda code: bool(re.fullmatch(r"([A-Z2-9]{5})?", code)), url="class")


@dataclass(eq=False)
class Membership:
    """What this visit remembers of its class: whether it follows, the last of the teacher's steps it took, why a vote
    did not count, and that the class is over."""

    follows: bool = True
    version: int = 0
    problem: str = ""
    ended: str = ""


@functools.cache
def classes() -> Classes:
    """The classes of this server; several server processes share the file that `serve.py --workers` names."""
    shared = os.environ.get(SHARED_FILE)
    return Classes(Path(shared) if shared else None)


def code() -> str:
    """The class that this visit is in, or ""."""
    return state.read(Room).code


def teaches() -> bool:
    """Whether this visit leads its class."""
    return bool(code()) and classes().is_teacher(code(), ticket())


def begin() -> None:
    """Begin a class, with this visit as its teacher. Raises ClassError."""
    state.change(Room, code=classes().begin(ticket()))
    _forget()
    _lead()


@apologetic
def end() -> None:
    """End the class for everybody."""
    classes().end(code(), ticket())
    state.change(Room, code="")


@apologetic
def leave() -> None:
    """Go out of the class; it goes on."""
    classes().leave(code(), ticket())
    state.change(Room, code="")
    session().memories.pop(Membership, None)


def join(text: str) -> None:
    """Join by a code as it was typed. Raises ClassError."""
    typed = re.sub(r"[^A-Z2-9]", "", text.upper()[:40])
    if not classes().exists(typed):
        raise ClassError(
            phrase("There is no class “{code}” here; a code is five letters or digits.", code=text.strip()[:12])
        )
    classes().seen(typed, ticket(), follows=True)
    session().memories.pop(Membership, None)
    state.change(Room, code=typed)


def vote(question: str, option: int) -> None:
    """Send a guess to the class, if there is one; why that failed stands in the class's line."""
    if code() and not teaches():
        try:
            classes().seen(code(), ticket(), session().memory(Membership).follows)
            classes().vote(code(), ticket(), question, option)
        except ClassError as error:
            session().memory(Membership).problem = sentence(error)


def ask(question: str, words: str, options: Sequence[str], answer: int | None) -> None:
    """What the teacher's page asks now, for the table afterwards; of anybody else it is nothing."""
    if teaches():
        classes().ask(code(), ticket(), question, words, options, answer)


def class_line(follow: Callable[[], None]) -> None:
    """One line about the class above the page, kept up to date; `follow()` is called when the teacher has moved on."""
    if not code():
        if ended := session().memory(Membership).ended:
            with st.container(horizontal=True, vertical_alignment="center", key="class-ended"):
                st.warning(ended)
                st.button(t("I have read this"), key="class-read", on_click=_forget)
        return
    ask_for_ticket()
    st.fragment(_line, run_every=LOOK_AGAIN_S)(follow)


def chart(question: str, options: Sequence[str], answer: int | None) -> None:
    """The class's votes as bars, the right one marked where it may be known. Only the teacher sees it."""
    votes = classes().votes(code(), question, len(options))
    most, all_votes = max(1, *votes), sum(votes)
    rows = []
    for number, (option, many) in enumerate(zip(options, votes, strict=True)):
        right = number == answer
        mark = f" ✓ {t('right')}" if right else ""
        rows.append(
            f'<div style="margin:.35rem 0"><div>{html.escape(option)}<b>{html.escape(mark)}</b></div>'
            f'<div style="display:flex;align-items:center;gap:.5rem"><div style="height:1.1rem;border-radius:3px;'
            f'width:{85 * many / most:.1f}%;min-width:2px;background:{DEEP if right else QUIET}"></div>'
            f'<b translate="no">{many}</b></div></div>'
        )
    told = tn("{n} vote", "{n} votes", all_votes)
    st.html(f'<section aria-label="{html.escape(told)}"><p translate="no">{told}</p>{"".join(rows)}</section>')


def _line(follow: Callable[[], None]) -> None:
    room = code()
    if not room or not has_answered():
        return
    memory = session().memory(Membership)
    try:
        if teaches():
            _lead()
            there = classes().attendance(room)
            words = t("Class **{code}** · {present} here, {following} follow you", code=room, **vars(there))
            st.markdown(words)
            return
        classes().seen(room, ticket(), memory.follows)
        version, place = classes().place(room)
    except ClassError as error:  # the page is drawn anew, as one without a class
        state.change(Room, code="")
        session().memories[Membership] = Membership(ended=sentence(error))
        st.rerun()
    if memory.follows and place and version != memory.version:
        memory.version = version
        page, _, query = place.partition("?")
        going.go(page, dict(parse_qsl(query)), keep=(Room, Spoken))
        follow()
    with st.container(horizontal=True, vertical_alignment="center", key="class-line"):
        words = t("Class **{code}** · your page follows the teacher’s.", code=room)
        st.markdown(words if memory.follows else t("Class **{code}** · you walk by yourself.", code=room))
        words = t("Let go") if memory.follows else t("Follow again")
        # A press may arrive twice, when a look by the clock is sent in its moment.
        st.button(words, key=f"class-follow-{memory.follows}", on_click=_follow, args=(not memory.follows,))
        st.button(t("Leave the class"), key="class-leave", type="tertiary", on_click=leave)
    if memory.problem:
        st.warning(memory.problem)


@apologetic
def _forget() -> None:
    session().memories.pop(Membership, None)


@apologetic
def _follow(follows: bool) -> None:
    memory = session().memory(Membership)
    memory.follows, memory.version = follows, 0


def _lead() -> None:
    visit = session()
    here = {name: value for name, value in (visit.address or {}).items() if name not in ("class", "lang")}
    classes().lead(code(), ticket(), f"{visit.page}?{urlencode(here)}")

"""Predict first: a question that can be wrong is asked before the page shows the answer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from ui.shell import classroom
from ui.shell.apology import apologetic
from ui.shell.session import session
from zfnet_core.language import t

PICTURE_PX = 150


@dataclass(eq=False)
class Predictions:
    """What was predicted in this visit, by the questions' keys; `opened` are those whose answer may be seen."""

    given: dict[str, int] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)


def is_open(key: str) -> bool:
    """Whether the answer may be seen: a guess was given, or none was wanted."""
    return key in session().memory(Predictions).opened


def given(key: str) -> int | None:
    """The option that was guessed, if any."""
    return session().memory(Predictions).given.get(key)


def ask(key: str, question: str, options: Sequence[str], pictures: Sequence[np.ndarray] = ()) -> bool:
    """Ask, one button for each option; True once the answer may be seen. In a class the guess is a vote.

    `pictures` uint8 [H, W, 3] stand above the buttons, one for each option.
    """
    if is_open(key):
        return True
    st.markdown(f"**{question}**")
    teaches = classroom.teaches()
    with st.container(key=f"guess-{key.replace('/', '-')}"):
        with st.grid(len(options), min_column_width=PICTURE_PX) if pictures else nullcontext():
            for number, option in enumerate(options):
                with st.container(gap="small") if pictures else nullcontext():
                    if pictures:
                        st.image(pictures[number], width="stretch", alt=option)
                    st.button(option, key=f"guess-{key}-{number}", width="stretch", on_click=_guess, args=(key, number))
        words = t("Show the answer") if teaches else t("Show it without a guess")
        st.button(words, key=f"open-{key}", type="tertiary", on_click=_open, args=(key,))
    if teaches:
        classroom.ask(key, question, options, None)
        classroom.chart(key, options, None)
    return False


def verdict(key: str, question: str, options: Sequence[str], right: int) -> None:
    """How good the guess was, the right answer, and the class's votes beside it on the teacher's page."""
    guess = given(key)
    answer = options[right]
    if guess is None:
        st.markdown(t("The answer: **{answer}**.", answer=answer))
    elif guess == right:
        st.success(t("Right: {answer}.", answer=answer), icon=":material/check:")
    else:
        words = t("You guessed “{guess}”; it is “{answer}”.", guess=options[guess], answer=answer)
        st.info(words, icon=":material/lightbulb:")
    if classroom.teaches():
        classroom.ask(key, question, options, right)
        classroom.chart(key, options, right)


def forget(key: str) -> None:
    """Ask again."""
    memory = session().memory(Predictions)
    memory.given.pop(key, None)
    memory.opened.discard(key)


@apologetic
def _guess(key: str, option: int) -> None:
    memory = session().memory(Predictions)
    memory.given[key] = option
    memory.opened.add(key)
    classroom.vote(key, option)


@apologetic
def _open(key: str) -> None:
    session().memory(Predictions).opened.add(key)

"""Predict first: a question that can be wrong is asked before the page shows the answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    with st.container(key=f"guess-{key.replace('/', '-')}"):
        with st.grid(len(options), min_column_width=PICTURE_PX) if pictures else nullcontext():
            for number, option in enumerate(options):
                with st.container(gap="small") if pictures else nullcontext():
                    if pictures:
                        st.image(pictures[number], width="stretch", alt=option)
                    st.button(option, key=f"guess-{key}-{number}", width="stretch", on_click=_guess, args=(key, number))
        words = t("Show the answer") if classroom.teaches() else t("Show it without a guess")
        st.button(words, key=f"open-{key}", type="tertiary", on_click=_open, args=(key,))
    votes(key, question, options, None)
    return False


def outcome(options: Sequence[str], right: Collection[int], guess: int | None) -> tuple[bool | None, str]:
    """(whether the guess was right, None without one; the right answer in a sentence, a tie as what it is)."""
    answer = t(" and ").join(options[place] for place in sorted(right))
    if len(right) > 1:
        answer = t("{answers}: a tie, each counts as right", answers=answer)
    if guess is None:
        return None, t("The answer: {answer}.", answer=answer)
    if guess in right:
        return True, t("Right: {answer}.", answer=answer)
    return False, t("You guessed “{guess}”; it is “{answer}”.", guess=options[guess], answer=answer)


def verdict(key: str, question: str, options: Sequence[str], right: int) -> None:
    """How good the guess was, the right answer, and the class's votes beside it on the teacher's page."""
    good, words = outcome(options, {right}, given(key))
    if good is None:
        st.markdown(words)
    elif good:
        st.success(words, icon=":material/check:")
    else:
        st.info(words, icon=":material/lightbulb:")
    votes(key, question, options, right)


def votes(key: str, question: str, options: Sequence[str], right: int | None) -> None:
    """The class's votes on the teacher's page, the right one marked where it may be known."""
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

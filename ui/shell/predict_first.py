"""Predict first, on every exhibit that has something to guess: off until a visitor, a link, a lesson or a class asks.

A page has one line for it, `if predict_first.hides(lambda: guess.asked(…)): return`, before whatever shows the answer.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from ui.shell import prediction, state
from ui.shell.address import choice, fields
from ui.shell.apology import apologetic
from ui.shell.asked import Asked
from ui.shell.session import session
from zfnet_core.language import t, tn


@fields("")
class Predicting:
    """Whether pages ask before they show."""

    predict: bool = choice(False)


@dataclass(eq=False)
class Score:
    """Of each question that was judged in this visit, by its key, whether the guess was right."""

    judged: dict[str, bool] = field(default_factory=dict)


def wanted() -> bool:
    """Whether pages are to ask first."""
    return state.read(Predicting).predict


def switch(asks: bool) -> None:
    """The switch in the sidebar, on pages that have a question, and wherever it is on."""
    if asks or wanted():
        told = t("The page asks you before it shows; what you guess is compared with what is computed.")
        state.bind(st.toggle, Predicting, "predict", t("Predict first"), help=told)


def hides(make: Callable[[], Asked | None]) -> bool:
    """Ask what `make()` asks, if that is wanted; True while the answer may not be seen. Later, tell how good it was."""
    if not wanted():
        return False
    asked = make()
    if asked is None:
        return False
    with st.container(border=True, key="predict-first"):
        if not prediction.is_open(asked.key):
            _ask(asked)
            return True
        if asked.right is not None:
            _tell(asked, asked.right)
    return False


def _ask(asked: Asked) -> None:
    if asked.shown is not None:
        st.image(asked.shown, width=220, alt=asked.shown_words)
        st.caption(asked.shown_words)
    prediction.ask(asked.key, asked.words, asked.choices, asked.pictures)
    st.button(t("Ask no more"), key=f"quiet-{asked.key}", type="tertiary", on_click=_quiet)


def _tell(asked: Asked, right: frozenset[int]) -> None:
    good, words = prediction.outcome(asked.choices, right, prediction.given(asked.key))
    score = session().memory(Score).judged
    if good is not None:
        score[asked.key] = good
    mark = "" if good is None else "✓ " if good else "✗ "
    lines = [f"{html.escape(asked.words)}<br>{mark}<b>{html.escape(words)}</b>"]
    lines.append(html.escape(" ".join((t("What counts:"), asked.rule, " · ".join(asked.figures)))))
    if len(score) > 1:
        counted = {"right": sum(score.values())}
        lines.append(
            html.escape(
                tn("{right} of {n} guess was right.", "{right} of {n} guesses were right.", len(score), **counted)
            )
        )
    st.html("".join(f'<p style="margin:0 0 .25rem" translate="no">{line}</p>' for line in lines))
    only = min(right) if len(right) == 1 else None  # a tie has no one answer to be marked
    prediction.votes(asked.key, asked.words, asked.choices, only)


@apologetic
def _quiet() -> None:
    state.change(Predicting, predict=False)

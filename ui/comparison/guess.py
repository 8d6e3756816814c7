"""Predict first: which of the two networks has more of each measure, and how good the guesses were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from ui.comparison.question import Question
from ui.shell.apology import apologetic
from ui.shell.session import session, widget_value
from zfnet_core.exhibits.comparison.comparison import MEASURES, Comparison, Larger, Measure
from zfnet_core.language import later, t, tn

OPTIONS: tuple[Larger, ...] = ("first", "neither", "second")
SAME = later("about the same")


@dataclass(eq=False)
class Guesses:
    """What was guessed in this visit, by the measures' keys, without those left open; the pair of networks of which the
    answers may be seen."""

    revealed: tuple[str, str] | None = None
    guesses: dict[str, Larger] = field(default_factory=dict)


def ask(question: Question) -> None:
    """Ask for the guesses."""
    first, second = question.networks
    names = {"first": first.title, "neither": t(SAME), "second": second.title}
    with st.form("guess"):
        st.markdown(t("**Predict first: which of the two has …** What you leave open counts as no guess."))
        with st.grid(2, min_column_width=340):
            for measure in MEASURES:
                st.segmented_control(
                    t("… {question}?", question=_begun_small(t(measure.question))),
                    OPTIONS,
                    format_func=names.__getitem__,
                    key=_key(measure),
                    help=measure.explained(),
                )
        st.form_submit_button(t("Measure and compare"), type="primary", on_click=_guessed, args=(question.pair,))


def _key(measure: Measure) -> str:
    return f"guess-{measure.key}"


@apologetic
def _guessed(pair: tuple[str, str]) -> None:
    memory = session().memory(Guesses)
    guesses = {measure.key: widget_value(_key(measure)) for measure in MEASURES}
    memory.revealed, memory.guesses = pair, {key: guess for key, guess in guesses.items() if guess}


@apologetic
def again() -> None:
    """Ask once more."""
    session().memory(Guesses).revealed = None


def answer(comparison: Comparison, measure: Measure, guesses: Mapping[str, Larger]) -> str:
    """The guess on one measure and whether it was right; empty without a guess."""
    guess = guesses.get(measure.key)
    if guess is None:
        return ""
    names = {"first": comparison.first.title, "neither": t(SAME), "second": comparison.second.title}
    larger = comparison.larger(measure)
    verdict = t("which cannot be judged") if larger is None else t("right") if guess == larger else t("not so")
    return t("You guessed “{guess}”: **{verdict}**.", guess=names[guess], verdict=verdict)


def total(comparison: Comparison, guesses: Mapping[str, Larger]) -> str:
    """How many guesses were right, of those that can be judged; empty where there are none."""
    truth = {measure.key: comparison.larger(measure) for measure in MEASURES}
    judged = [guess == truth[key] for key, guess in guesses.items() if truth[key] is not None]
    if not judged:
        return ""
    if len(judged) == 1:
        return t("Your guess was right.") if judged[0] else t("Your guess was not right.")
    return tn(
        "{n} of your {all} guesses was right.", "{n} of your {all} guesses were right.", sum(judged), all=len(judged)
    )


def _begun_small(text: str) -> str:
    return text[:1].lower() + text[1:]

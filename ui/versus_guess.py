"""Predict first: which of the two networks has more of each measure, and how good the guesses were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from zfnet_core.experiments.comparison import MEASURES, Comparison, Larger, Measure
from zfnet_core.models.network import Network

OPTIONS: tuple[Larger, ...] = ("first", "neither", "second")
SAME = "about the same"


def revealed(networks: Sequence[Network]) -> bool:
    """Whether the answers for this pair may be seen."""
    return st.session_state.get("revealed") == _pair(networks)


def ask(networks: Sequence[Network]) -> None:
    """Ask for the guesses."""
    names = {"first": networks[0].title, "neither": SAME, "second": networks[1].title}
    with st.form("guess"):
        st.markdown("**Predict first: which of the two has …** What you leave open counts as no guess.")
        with st.grid(2, min_column_width=340):
            chosen = {
                measure.key: st.segmented_control(
                    f"… {measure.question[0].lower()}{measure.question[1:]}?",
                    OPTIONS,
                    format_func=names.get,
                    key=f"guess-{measure.key}",
                    help=measure.definition,
                )
                for measure in MEASURES
            }
        if st.form_submit_button("Measure and compare", type="primary"):
            st.session_state["revealed"], st.session_state["guesses"] = _pair(networks), chosen
            st.rerun()


def again() -> None:
    """Ask once more."""
    st.session_state.pop("revealed", None)


def guesses() -> Mapping[str, Larger]:
    """What was guessed, by the measures' keys; without those left open."""
    return {key: guess for key, guess in st.session_state.get("guesses", {}).items() if guess}


def _pair(networks: Sequence[Network]) -> str:
    return " ".join(network.name for network in networks)


def answer(comparison: Comparison, measure: Measure) -> str:
    """The guess on one measure and whether it was right; empty without a guess."""
    guess = guesses().get(measure.key)
    if guess is None:
        return ""
    names = {"first": comparison.first.title, "neither": SAME, "second": comparison.second.title}
    larger = comparison.larger(measure)
    verdict = "which cannot be judged" if larger is None else "right" if guess == larger else "not so"
    return f"You guessed “{names[guess]}”: **{verdict}**."


def total(comparison: Comparison) -> str:
    """How many guesses were right, of those that can be judged; empty where there are none."""
    truth = {measure.key: comparison.larger(measure) for measure in MEASURES}
    judged = [guess == truth[key] for key, guess in guesses().items() if truth[key] is not None]
    if not judged:
        return ""
    if len(judged) == 1:
        return "Your guess was right." if judged[0] else "Your guess was not right."
    return f"{sum(judged)} of your {len(judged)} guesses were right."

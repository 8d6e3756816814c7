"""One claim of the paper as a card: both numbers, the verdict, the definition one click away, the plot behind it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ui.figures_versus import plot
from ui.versus_guess import answer
from zfnet_core.experiments.comparison import Comparison, Measure

BADGES = {
    "as the paper says": ":green-badge[as the paper says]",
    "against the paper": ":red-badge[against the paper]",
    "no clear difference": ":orange-badge[no clear difference]",
    "no claim": ":gray-badge[no claim in the paper]",
    "not comparable": ":gray-badge[other photos and classes: not comparable]",
    "not measured": ":gray-badge[not known]",
}


def card(measure: Measure, comparison: Comparison, photos: Sequence[str]) -> None:
    """Show the measure as far as it is known; `photos` are the names of those that are measured."""
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{measure.title}**")
            with st.popover("Definition", icon=":material/help:", type="tertiary"):
                st.markdown(definition(measure, comparison))
        waiting = "…" if comparison.done < 1 else "–"
        with st.container(horizontal=True):
            for side in (comparison.first, comparison.second):
                st.metric(side.title, shown(side.value(measure.key), waiting))
        further = [(title, comparison.values(key)) for key, title in measure.further]
        if further:
            lines = [f"{title}: {' | '.join(shown(value, waiting) for value in values)}" for title, values in further]
            st.caption("  \n".join(lines))
        if (outcome := comparison.outcome(measure)) != "not measured" or comparison.done == 1:
            st.markdown(f"{BADGES[outcome]} {answer(comparison, measure)}")
        if comparison.of_the_papers_networks:
            explained = outcome in ("against the paper", "no clear difference")
            st.caption(f"The paper: {measure.claim}. {measure.why_not if explained else ''}")
        if found := plot(measure.key, comparison, photos):
            st.plotly_chart(found.figure, key=f"plot-{measure.key}", alt=found.alt)


def definition(measure: Measure, comparison: Comparison) -> str:
    """What is measured and what counts as a difference; with the paper's claim, where there is one."""
    claim = f"The paper: {measure.claim}. " if comparison.of_the_papers_networks else ""
    rule = f"A difference counts as clear if {measure.clear_if}."
    return f"{measure.definition}\n\n{rule}\n\n{claim}How it is measured and what counts is our choice."


def shown(value: float | None, missing: str = "–") -> str:
    """A share as it stands on the page."""
    return missing if value is None else f"{value:.1%}"

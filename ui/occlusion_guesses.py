"""Predict first: what the learner drew and which label was expected, before the maps are shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from ui import state
from ui.occlusion_work import Subject, label_of, settings
from zfnet_core.experiments.occlusion import Sweep
from zfnet_core.experiments.occlusion_guess import Score, answers, score

CELL_PX = 8
NOTHING = -1


@dataclass(frozen=True)
class Guess:
    """`cells` is the drawing as text of 0 and 1, row by row; `label` the class expected to appear, or NOTHING."""

    cells: str = ""
    label: int = NOTHING
    revealed: bool = False


def cells_across(photo_px: int) -> int:
    """How many cells a drawing has along each side."""
    return photo_px // CELL_PX


def _key(subject: Subject) -> tuple[object, ...]:
    return subject.key, label_of(subject), settings(subject.image.shape[-1])


def guess(subject: Subject) -> Guess:
    """The guess for this photo, class and rectangle."""
    return st.session_state.setdefault("occlusion guesses", {}).get(_key(subject), Guess())


def change(subject: Subject, **parts: object) -> None:
    """Change a part of the guess."""
    guesses = st.session_state.setdefault("occlusion guesses", {})
    guesses[_key(subject)] = replace(guess(subject), **parts)


def hidden(subject: Subject) -> bool:
    """Whether the maps wait for the learner's guess."""
    return state.view().occlusion_predict and not guess(subject).revealed


def draw(subject: Subject, cells: object) -> None:
    """Take over a drawing from the browser, which may send anything."""
    across = cells_across(subject.image.shape[-1])
    if isinstance(cells, str) and len(cells) == across * across and set(cells) <= {"0", "1"}:
        change(subject, cells=cells)


def scored(subject: Subject, sweep: Sweep) -> Score | None:
    """The drawing's score, if there is a drawing to be shown."""
    drawing = guess(subject)
    if not state.view().occlusion_predict or not drawing.revealed or "1" not in drawing.cells:
        return None
    across = cells_across(subject.image.shape[-1])
    drawn = np.array([cell == "1" for cell in drawing.cells]).reshape(across, across)
    return score(sweep, label_of(subject), drawn, subject.image.shape[-1])


def panel(subject: Subject, sweep: Sweep | None) -> None:
    """Ask for the guess, or tell how good it was."""
    if not state.view().occlusion_predict:
        return
    labels, label = subject.network.labels, label_of(subject)
    if hidden(subject):
        _ask(subject, labels, label)
    elif sweep is not None and sweep.done == 1:
        st.markdown(sentence(subject, sweep))
        st.button(
            "Guess again", key=f"again-{subject.slot}", on_click=change, args=(subject,), kwargs={"revealed": False}
        )


def _ask(subject: Subject, labels: tuple[str, ...], label: int) -> None:
    order = [NOTHING, *(int(place) for place in np.argsort(-subject.probabilities) if place != label)]
    key, drawing = f"guess-{subject.slot}-{label}", guess(subject)
    st.session_state[key] = drawing.label if drawing.label in order else NOTHING
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(f"**Predict first.** Paint over the part that matters for *{labels[label]}*.")
        st.selectbox(
            "Which other label will appear?",
            order,
            format_func=lambda place: "none, or I do not say" if place == NOTHING else labels[place],
            key=key,
            on_change=lambda: change(subject, label=st.session_state[key]),
            width=260,
        )
        ready = "1" in drawing.cells or drawing.label != NOTHING
        st.button(
            "Show the maps",
            key=f"reveal-{subject.slot}",
            type="primary",
            on_click=change,
            args=(subject,),
            kwargs={"revealed": True},
            disabled=not ready,
        )


def sentence(subject: Subject, sweep: Sweep) -> str:
    """How good the guess was, in words made from its numbers."""
    words, drawing, labels = [], guess(subject), subject.network.labels
    if found := scored(subject, sweep):
        words.append(
            f"**{found.overlap:.0%} of your region matters most** (a blind drawing of that size: {found.chance:.0%}); "
            f"{found.share_of_drop:.0%} of what covering takes from *{labels[label_of(subject)]}* lies under it. "
            "In (d): yours in pink, the equally large region that matters most in white."
        )
    if drawing.label != NOTHING:
        share = answers(sweep).get(drawing.label, 0.0)
        words.append(
            f"*{labels[drawing.label]}* is the most probable label at {share:.0%} of the positions."
            if share
            else f"*{labels[drawing.label]}* is nowhere the most probable label."
        )
    return " ".join(words)

"""A projection put to the test: its machinery, its controls, its switches, and its rivals."""

import streamlit as st

from ui.shell import frame, predict_first, shared_task
from ui.shell.photo_panel import beside_the_photo
from ui.shell.saving import save_menu
from ui.shell.unit_menu import unit_menu
from ui.trust import found, guess
from ui.trust.choices import asked, evidence_menu, experiment_menu, rule_menu
from ui.trust.files import files
from ui.trust.question import Question
from ui.trust.show import experiment, panel, rivals
from zfnet_core.exhibits.trust import Evidence, Trust
from zfnet_core.language import t


def judged(question: Question, trust: Trust | None, complete: bool) -> None:
    """The panel, and what can be saved of it."""
    if predict_first.hides(lambda: guess.asked(question, trust)):
        return
    panel(question, trust, complete)
    if trust is not None and complete:
        look = found.class_evidence(question).result if question.class_index is not None else None
        save_menu(files(question, trust, look), key="save")


def compared(question: Question, evidence: Evidence | None, complete: bool) -> None:
    """The rivals, if somebody asks for them."""
    rivals(question, evidence, complete)


@st.fragment
@frame.guarded()
def explore() -> None:
    """The choices and all experiments; everything here answers without the rest of the page."""
    question = asked()
    unit_menu(question.trace, question.place)
    rule_menu()
    shared_task.watch(found.PANEL, question, asked, found.panel, judged)
    st.subheader(t("What do the switches do?"), anchor=False)
    experiment_menu(question)
    experiment(question)
    st.caption(
        t(
            "Own: put back where the maximum came from. Middle: in the middle of each window, as if nobody had kept "
            "the places. Another photo’s: its places, this photo’s value. Similarity is to the first of the row."
        )
    )
    st.subheader(t("Evidence for a class, and its rivals"), anchor=False)
    evidence_menu(question)
    if question.class_index is None:
        shared_task.stop(found.EVIDENCE)
    else:
        shared_task.watch(found.EVIDENCE, question, asked, found.class_evidence, compared)


frame.heading(
    t("Can I trust this picture?"),
    t("Choose a unit and a rule; five checks and two rows of controls judge its projection."),
    t("Pictures of quite other maps look almost the same: much of a projection is the photo."),
)
beside_the_photo(explore)
frame.limits(
    t(
        "The checks tell whether the picture is what its method says. The rows tell how much of it comes from the "
        "unit, and how much from the photo, the switches and the first filters."
    ),
    t(
        "A sound picture is not an explanation. Similarity is measured on one photo, with one draw of random weights "
        "and four other maps; figures differ a little for others."
    ),
)

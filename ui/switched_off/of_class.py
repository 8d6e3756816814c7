"""The page of one class: the maps that speak most for it, and what it is confused with."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui.shell import frame
from ui.shell.bars import bars
from ui.shell.saving import save_menu
from ui.switched_off import found as finding
from ui.switched_off.choices import press
from ui.switched_off.question import Question
from ui.switched_off.scene import class_words, confusion_bars, confusion_words, scene, verdict
from ui.switched_off.switches import switches
from zfnet_core.exhibits import switched_off
from zfnet_core.exhibits.switched_off import ClassMaps
from zfnet_core.language import t

LINKED = 4


def of_class(question: Question, found: ClassMaps | None, complete: bool) -> None:
    """Everything about the class, as far as it is known."""
    confusion(question)
    frame.section(t("The maps that speak most for “{label}”", label=question.label))
    if not complete:
        st.progress(0.0 if found is None else found.done, text=t("One map after the other is switched off …"))
    if found is None:
        return
    st.caption(
        class_words(question, found)
        + " "
        + t("Under each map: how the score changes without it, before the softmax. Press a map to switch it off.")
    )
    if question.settings.factors:
        st.markdown(verdict(question, finding.answered(question)))
    switches(scene(question, found, partial(finding.nine, question)), key="switches", on_press=press)
    if not complete:
        return
    with st.container(horizontal=True):
        for number in found.order[:LINKED]:
            place = {"layer": question.settings.layer, "map": str(number), "network": question.network.name}
            label = t("More about map {n}", n=number)
            st.page_link("pages/maps_page.py", label=label, icon=":material/label:", query_params=place)
    files = [
        (
            t("Every map (CSV)"),
            "class-maps.csv",
            lambda: switched_off.class_csv(question.network, found).encode(),
        )
    ]
    save_menu(files, key="save-class-maps")


def confusion(question: Question) -> None:
    """What photos of the class were taken for."""
    frame.section(t("What “{label}” is confused with", label=question.label))
    found = finding.confusion(question)
    if found is not None and found.photos:
        bars(*confusion_bars(question, found), t("What photos of “{label}” were taken for", label=question.label))
    st.caption(confusion_words(question, found))

"""Lessons to open and teach: each runs beside the live pages."""

import streamlit as st

from ui.lessons import progress, shelf, worksheet
from ui.shell import frame
from zfnet_core.language import t


def card(name: str) -> None:
    """One lesson: what it is about, how long it takes, its sheets."""
    lesson = shelf.lesson(name)
    with st.container(border=True, key=f"lesson-{name}"):
        st.subheader(lesson.title, anchor=False)
        st.markdown(lesson.about)
        st.caption(t("{minutes} minutes · {steps} steps", minutes=lesson.minutes, steps=len(lesson.steps)))
        with st.container(horizontal=True):
            start = f"start-{name}"
            st.button(t("Start"), key=start, type="primary", on_click=progress.enter, args=(lesson, 1))
            with st.popover(t("On paper"), icon=":material/print:"):
                for label, file, make in worksheet.files(lesson, st.context.url or "http://localhost:8501/"):
                    st.download_button(label, make, file, on_click="ignore", width="stretch", key=f"sheet-{file}")


frame.heading(
    t("Lessons"),
    t("Choose a lesson: it stands beside the live page, asks before it shows, and sees when you have done something."),
    t("what you guessed wrong is what you will remember."),
)
with frame.guarded(), st.grid(2, min_column_width=340):
    for name in shelf.names():
        card(name)
frame.limits(
    t("What these networks do on these photos, and, in the last step of each lesson, where the method fails."),
    t("Whether every network and every photo behaves like that: do the last step again with a photo of your own."),
)

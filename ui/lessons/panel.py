"""The lesson beside the live page: asks, says what to do, sees that it is done, says what to notice."""

from __future__ import annotations

import html
from functools import partial

import streamlit as st

from ui.lessons import progress, shelf
from ui.lessons.fields import Place
from ui.lessons.lesson import Lesson, LessonError
from ui.shell import frame, going, prediction, state
from ui.shell.apology import sentence
from ui.shell.controls import IN_SIDEBAR, lit
from zfnet_core.drawing.palette import POINTED_AT
from zfnet_core.language import t

LOOK_AGAIN_S = 1.0
WITHOUT_SIDEBAR = "@media (min-width: 769px) { [data-testid=stSidebar] { display: none; } }"
"""The page's own width is scarce beside a lesson; a step that speaks of something in the sidebar shows it."""
_ROW = '.st-key-lesson-split > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"]'
BESIDE = f"""
@media (min-width: 769px) {{
  {_ROW} {{ align-items: flex-start; }}
  {_ROW} > [data-testid="stColumn"]:first-child {{
    position: sticky; top: 3.5rem; flex: 0 0 min(17.5rem, 26vw); max-height: 92vh; overflow-y: auto;
  }}
  {_ROW} > [data-testid="stColumn"]:last-child {{ flex: 1 1 0; min-width: 0; }}
  {_ROW} {{ flex-wrap: nowrap; }}
  .stApp:has(.st-key-present-off) {_ROW} > [data-testid="stColumn"]:first-child {{ top: .6rem; max-height: 97vh; }}
}}
@media (max-width: 768px) {{ .stMainBlockContainer:has(.st-key-lesson-panel) {{ padding-top: 4.4rem; }} }}
.st-key-lesson-panel h2 {{ font-size: 1.25rem; margin: 0; padding: 0; }}
.st-key-lesson-panel {{ --zf-shown: block; border-left: 4px solid {POINTED_AT}; padding-left: .9rem; }}
"""


def opened() -> Lesson | None:
    """The lesson that is open, with its step set up; a sentence and None where the link names none that is there."""
    name = state.read(Place).lesson
    if not name:
        return None
    try:
        lesson = shelf.lesson(name)
    except LessonError as error:
        state.change(Place, lesson="", step=1)
        st.warning(sentence(error))
        return None
    progress.opened(lesson)
    return lesson


def panel(lesson: Lesson) -> None:
    """The panel of the step where the learner is."""
    number, step = progress.step_of(lesson)
    st.html(f"<style>{BESIDE}</style>")
    with st.container(key="lesson-panel"):
        again = not progress.look(lesson)
        st.fragment(_step, run_every=LOOK_AGAIN_S if again else None)(lesson, number, again)
    if not IN_SIDEBAR & set(step.lights):
        st.html(f"<style>{WITHOUT_SIDEBAR}</style>")
    if style := lit(step.lights):
        st.html(f"<style>{style}</style>")


def _step(lesson: Lesson, number: int, again: bool) -> None:
    """`again` is whether the page has this looked at by the clock: once the step is done, it is drawn anew, to stop."""
    with frame.guarded():
        at = progress.step_of(lesson)[0]
        if at != number or state.read(Place).lesson != lesson.name or going.is_going():
            st.rerun()
        step = lesson.steps[number - 1]
        done = progress.look(lesson)
        if going.is_going() or progress.is_stale() or (done and again):
            st.rerun()
        st.caption(f"{lesson.title} · {t('step {n} of {all}', n=number, all=len(lesson.steps))}")
        st.progress((number - (not done)) / len(lesson.steps))
        st.html(f"<h2>{html.escape(step.title)}</h2>")
        key = progress.question_key(lesson, number)
        if step.question and not prediction.ask(key, step.question, step.options):
            _ways(lesson, number, done)
            return
        st.markdown(step.task)
        if done:
            if step.question and step.right is not None:
                prediction.verdict(key, step.question, step.options, step.right)
            st.markdown(f"**{t('Notice')}** {step.notice}")
        _ways(lesson, number, done)


def _ways(lesson: Lesson, number: int, done: bool) -> None:
    # A press may arrive twice, when a look by the clock is sent in its moment: the buttons of each step have their own
    # keys, so that the second one leads to the same step.
    with st.container(horizontal=True, key="lesson-ways"):
        if number > 1:
            st.button(t("Back"), key=f"lesson-back-{number}", on_click=progress.enter, args=(lesson, number - 1))
        if number < len(lesson.steps):
            words = t("Next") if done else t("Skip")
            go_on = partial(progress.enter, lesson, number + 1)
            st.button(words, key=f"lesson-next-{number}", type="primary" if done else "secondary", on_click=go_on)
        elif done:
            st.button(t("Finish"), key="lesson-end", type="primary", on_click=progress.close)
        st.button(t("Close the lesson"), key="lesson-close", type="tertiary", on_click=progress.close)

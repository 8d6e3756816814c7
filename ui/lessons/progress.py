"""Where a learner is in a lesson: entering a step, doing it, going on."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from ui.lessons.condition import hold
from ui.lessons.fields import Place
from ui.lessons.lesson import Lesson, Step
from ui.shell import deeds, going, prediction, state
from ui.shell.apology import apologetic
from ui.shell.session import session


@dataclass(eq=False)
class Progress:
    """`entered` is the step that was set up last, `before` what was chosen then; `done` are the steps that were done,
    `begun` those whose guess was followed by its view, `stale` that the page does not show that view yet."""

    entered: tuple[str, int] | None = None
    before: dict[str, str] = field(default_factory=dict)
    done: set[tuple[str, int]] = field(default_factory=set)
    begun: set[tuple[str, int]] = field(default_factory=set)
    stale: bool = False


def step_of(lesson: Lesson) -> tuple[int, Step]:
    """(number from 1, the step) where the learner is; a number that the lesson has not is the nearest it has."""
    number = min(max(state.read(Place).step, 1), len(lesson.steps))
    return number, lesson.steps[number - 1]


def question_key(lesson: Lesson, number: int) -> str:
    """What the step's guess is called among all guesses."""
    return f"{lesson.name}-{number}"


@apologetic
def enter(lesson: Lesson, number: int) -> None:
    """Go to a step: its page, its view; what is chosen now is what `changes` is measured against."""
    step = lesson.steps[number - 1]
    state.change(Place, lesson=lesson.name, step=number)
    going.go(step.page, dict(step.view))
    _note(lesson, number, step)
    st.rerun()  # the whole page: what a component says in that moment would have only its own part drawn


def opened(lesson: Lesson) -> None:
    """A link led here: set the step up, but what the link itself says about the page stands."""
    memory = session().memory(Progress)
    number, step = step_of(lesson)
    if memory.entered == (lesson.name, number):
        return
    asked = {name: value for name, value in st.query_params.to_dict().items() if name not in ("lesson", "step")}
    usual = dict(step.view)
    if session().page == step.page:
        usual = {name: value for name, value in usual.items() if name not in asked}
        going.go(step.page, usual)
    else:
        going.go(step.page, usual)
    _note(lesson, number, step)


@apologetic
def close() -> None:
    """Put the lesson away."""
    state.change(Place, lesson="", step=1)
    session().memory(Progress).entered = None
    st.rerun()


def look(lesson: Lesson) -> bool:
    """Whether the step has been done, now or before; a step with a guess can be done after the guess only."""
    memory = session().memory(Progress)
    number, step = step_of(lesson)
    place = (lesson.name, number)
    if step.question and not prediction.is_open(question_key(lesson, number)):
        return False
    if place not in memory.begun:
        memory.begun.add(place)
        if step.then:
            going.go(step.page, dict(step.then))
            memory.before = facts()
            memory.stale = True
    if hold(step.done, memory.before, facts()):
        memory.done.add(place)
    return place in memory.done


def is_stale() -> bool:
    """Whether the page is still drawn as it was before the guess: it is to be drawn anew. True only once."""
    memory = session().memory(Progress)
    stale, memory.stale = memory.stale, False
    return stale


def facts() -> dict[str, str]:
    """Everything that is chosen by its name in the address, the page, and how often each deed was done."""
    return {**state.settings(), **deeds.counts(), "page": session().page}


def _note(lesson: Lesson, number: int, step: Step) -> None:
    memory = session().memory(Progress)
    place = (lesson.name, number)
    memory.entered = place
    memory.done.discard(place)
    memory.begun.discard(place)
    memory.before = {**facts(), **dict(step.view), "page": step.page}

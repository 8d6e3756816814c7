"""What is chosen on the page: where the walk begins, and every step of it down and up."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui.contributions.fields import Fields
from ui.contributions.question import Question, resolve
from ui.contributions.trail import written
from ui.shell import current, state, unit_choice
from ui.shell.apology import apologetic
from ui.shell.chosen import ChosenUnit
from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.contributions import Place, down, existing, explain, strongest_path
from zfnet_core.language import t


def asked() -> Question:
    """What is asked now. What a link asks for and is not there is said once; then the address says what is shown."""
    now = current.now()
    unit_choice.follow(now)
    question = resolve(state.read(Fields), state.read(ChosenUnit), now, current.trace_of)
    unit_choice.settle(now, question.layer, question.notes)
    if state.read(Fields).trail != (text := written(question.trail)):
        state.change(Fields, trail=text)
    return question


def _walk(places: tuple[Place, ...]) -> None:
    state.change(Fields, trail=written(places))


@apologetic
def step_down(question: Question, part: int, index: int, down_by: int, right_by: int) -> None:
    """Go to the number under a cell of a window. A cell that is not there, or lies outside the map, changes nothing."""
    number = explain(question.trace, question.place).number
    if number is None or not (0 <= part < len(number.parts) and 0 <= index < len(number.parts[part].maps)):
        return
    source = number.parts[part]
    high, wide = source.windows.shape[1:]
    if 0 <= down_by < high and 0 <= right_by < wide and (place := source.place(index, down_by, right_by)):
        _walk((*question.trail, place))


@apologetic
def step_up(question: Question, level: int) -> None:
    """Go back to a level of the walk."""
    if 0 <= level < len(question.trail):
        _walk(question.trail[: level + 1])


@apologetic
def step_aside(question: Question, row: int, column: int) -> None:
    """Look at another unit of the same map: the kernel moves over the map below."""
    _, end = down(question.trace, question.place)
    place = Place(end.step, end.map, row, column)
    try:
        existing(question.network, place)
    except UnknownName:
        return
    first = question.trail[0]
    if len(question.trail) > 1:
        _walk((*question.trail[:-1], place))
    elif place.step == first.step:
        unit_choice.choose_unit(question.network, question.layer.name, place.map, row, column)
    else:  # the layer lays branches side by side: the unit of the layer that is the same number
        unit_choice.choose_unit(question.network, question.layer.name, first.map, row, column)


def walk_button(question: Question) -> None:
    """One click down the strongest path, all the way to a pixel."""
    st.button(
        t("Walk the strongest path to a pixel"),
        icon=":material/south:",
        key="strongest-path",
        on_click=partial(_walk_down, question),
    )


@apologetic
def _walk_down(question: Question) -> None:
    path = current.scheduler().run(lambda: [level.start for level in strongest_path(question.trace, question.place)])
    _walk((*question.trail, *path[1:]))


def shown_menu() -> None:
    """How many terms stand by themselves."""
    state.bind(st.segmented_control, Fields, "shown", t("Terms shown"), [10, 30, 100], required=True, width="content")

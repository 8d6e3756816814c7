"""A class without accounts: a code, its guesses as charts, pages that follow, and what is visible."""

import streamlit as st

from ui.classroom import board, visible
from ui.classroom.fields import Visible
from ui.exhibits import EXHIBITS
from ui.shell import classroom, frame, state
from ui.shell.apology import apologetic, sentence
from ui.shell.controls import CONTROLS
from ui.shell.session import session, widget_value
from ui.shell.ticket import ask_for_ticket
from zfnet_core.errors import ExplorerError
from zfnet_core.language import t


@apologetic
def begin() -> None:
    """Begin a class."""
    session().problems.pop("class", None)
    try:
        classroom.begin()
    except ExplorerError as error:
        session().problems["class"] = sentence(error)


@apologetic
def join() -> None:
    """Join the class of the code that was typed."""
    session().problems.pop("class", None)
    typed = str(widget_value("class code") or "")
    try:
        if typed.strip():
            classroom.join(typed)
    except ExplorerError as error:
        session().problems["class"] = sentence(error)


@apologetic
def hide() -> None:
    """Put away what is not ticked any more."""
    names = [*CONTROLS, *(f"{visible.PAGE}{exhibit.path}" for exhibit in EXHIBITS)]
    visible.hide([name for name in names if not widget_value(f"show {name}", True)])


def outside() -> None:
    """Before there is a class: begin one, or join one."""
    ask_for_ticket()
    lead, follow = st.columns(2, gap="large")
    with lead:
        st.subheader(t("I teach"), anchor=False)
        st.button(t("Begin a class"), type="primary", icon=":material/groups:", on_click=begin)
        st.caption(
            t("You get a code. Nobody needs an account or gives a name; everything is gone when the class ends.")
        )
    with follow:
        st.subheader(t("I learn"), anchor=False)
        st.text_input(t("The code of the class"), key="class code", on_change=join, max_chars=12)
        st.button(t("Join"), on_click=join)
    if problem := session().problems.get("class"):
        st.error(problem)


def inside() -> None:
    """The teacher's board: the code on the wall, the charts, the end."""
    board.board(classroom.code(), st.context.url or "http://localhost/")
    st.fragment(board.past_questions, run_every=classroom.LOOK_AGAIN_S)()
    asked = classroom.classes().asked(classroom.code())
    with st.container(horizontal=True):
        if asked:
            table = board.votes_csv(asked)
            st.download_button(t("All votes (CSV)"), table, f"class-{classroom.code()}.csv", on_click="ignore")
        st.button(t("End the class"), icon=":material/logout:", on_click=classroom.end)


def what_is_visible() -> None:
    """Tick away controls and pages; the address reproduces exactly that."""
    away = visible.hidden()
    st.markdown(t("What is not ticked is put away. The address in your browser, and the class, show exactly that."))
    controls, pages = st.columns(2, gap="large")
    with controls:
        for name, (words, _) in CONTROLS.items():
            st.checkbox(t(words), name not in away, key=f"show {name}", on_change=hide)
    with pages:
        for exhibit in EXHIBITS:
            if exhibit.path not in visible.ALWAYS:
                name = f"{visible.PAGE}{exhibit.path}"
                st.checkbox(t(exhibit.title), name not in away, key=f"show {name}", on_change=hide)
    state.bind(st.number_input, Visible, "kiosk", t("Begin anew when nobody has touched it for … seconds (0: never)"))


frame.heading(
    t("Your class"),
    t("Begin a class and put its code on the wall: guesses become one chart, and the pupils’ pages follow yours."),
    t("nobody’s name is asked, and nothing is kept once the class has ended."),
)
with frame.guarded():
    if classroom.teaches():
        inside()
    elif classroom.code():
        st.markdown(t("You are in class **{code}**. Your teacher’s page shows the way.", code=classroom.code()))
    else:
        outside()
with st.expander(t("What is visible"), icon=":material/visibility_off:"):
    what_is_visible()
frame.limits(
    t("How a class guessed, without anybody’s name: one vote for each open page."),
    t("Who guessed what. And whoever opens the page twice in two windows has two votes: it is a lesson, no election."),
)

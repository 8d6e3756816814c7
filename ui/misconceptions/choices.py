"""Reading or being asked; answering; another game."""

from __future__ import annotations

import streamlit as st

from ui.misconceptions.fields import QUIZ, READ, Fields
from ui.misconceptions.question import Games, Question, resolve
from ui.misconceptions.scene import after, score, told
from ui.shell import state
from ui.shell.apology import apologetic
from ui.shell.session import session
from zfnet_core.exhibits.misconceptions import CLAIMS, Claim, answered, claim
from zfnet_core.language import t


def asked() -> Question:
    """What the page is about now."""
    return resolve(state.read(Fields), session().memory(Games))


def choose() -> None:
    """Quiz or list."""
    state.bind(
        st.segmented_control,
        Fields,
        "mode",
        t("How"),
        [QUIZ, READ],
        format_func=lambda mode: t("As a quiz") if mode == QUIZ else t("To read"),
        required=True,
    )


def play(question: Question) -> None:
    """The last answer, the next claim, the score."""
    if found := claim(question.last):
        said = question.game.answers[found.key]
        with st.container(border=True, key="answer"):
            st.markdown(f"> {t(found.claim)}")
            show = st.success if said == found.true else st.error
            show(after(found, said), icon=":material/check:" if said == found.true else ":material/close:")
            where(found)
    following = question.game.next
    if following is not None:
        with st.container(border=True, key="question"):
            st.caption(t(following.about))
            st.markdown(f"### {t(following.claim)}")
            with st.container(horizontal=True):
                st.button(t("True"), key=f"yes-{following.key}", on_click=_answer, args=(following.key, True))
                st.button(t("Not true"), key=f"no-{following.key}", on_click=_answer, args=(following.key, False))
    st.progress(len(question.game.answers) / len(question.game.order), text=score(question.game))
    if question.game.answers:
        st.button(t("Another game"), on_click=_again, args=(question.number,))


def read() -> None:
    """All claims with their answers, by what they are about."""
    for about in dict.fromkeys(one.about for one in CLAIMS):
        st.subheader(t(about))
        for one in CLAIMS:
            if one.about == about:
                with st.container(border=True):
                    st.markdown(f"> {t(one.claim)}\n\n{told(one)}")
                    where(one)


def where(found: Claim) -> None:
    """The way to see it live, and the source."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            f"pages/{found.live.exhibit}_page.py",
            label=t("See it"),
            icon=":material/visibility:",
            query_params=dict(found.live.query),
        )
        st.caption(t("Source: {source}", source=found.source))


@apologetic
def _answer(key: str, said: bool) -> None:
    """Keep the first answer to a claim."""
    games, question = session().memory(Games), asked()
    games.played[question.number] = answered(question.game, key, said)
    games.last = key


@apologetic
def _again(number: int) -> None:
    """Another order, nothing answered."""
    following = number % 999 + 1
    session().memory(Games).played.pop(following, None)
    state.change(Fields, game=following)

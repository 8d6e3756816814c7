"""Which maps an answer rests on: switch feature maps off or double them, and see the exact answer at once."""

from functools import partial

import streamlit as st

from ui.shell import frame, predict_first, shared_task
from ui.shell.bars import bars
from ui.shell.photo_panel import beside_the_photo
from ui.shell.saving import save_menu
from ui.switched_off import found, guess
from ui.switched_off.choices import asked, choose, press
from ui.switched_off.of_class import of_class
from ui.switched_off.question import CLASS_SLOT, SLOT, Question
from ui.switched_off.scene import compared, ranking_words, scene, verdict
from ui.switched_off.switches import switches
from zfnet_core.exhibits import switched_off
from zfnet_core.exhibits.switched_off import Ranking
from zfnet_core.language import t


def answers(question: Question) -> None:
    """The most probable classes before, and now."""
    answer = found.answered(question)
    st.markdown(verdict(question, answer))
    classes = compared(answer)
    labels = [question.network.names[index] for index in classes]
    with st.grid(2, min_column_width=260):
        for title, shares in ((t("Before"), answer.before), (t("Now"), answer.after)):
            with st.container():
                st.caption(title)
                bars(labels, [float(shares[index]) for index in classes], title)


def ranked(question: Question, ranking: Ranking | None, complete: bool) -> None:
    """The answer as it is now, and the maps that the class needs most."""
    if predict_first.hides(lambda: guess.asked(question, ranking, complete, found.gallery(question))):
        return
    answers(question)
    if not complete:
        done = 0.0 if ranking is None else ranking.done
        st.progress(done, text=t("One map after the other is switched off …"))
    if ranking is None:
        return
    frame.section(t("The maps that “{label}” needs most", label=question.label))
    st.caption(
        t("Under each map: how its class’s probability changes without it, in percentage points.")
        + (" " + ranking_words(question, ranking) if complete else "")
    )
    switches(scene(question, ranking, partial(found.nine, question)), key="switches", on_press=press)
    if complete:
        one = question.settings
        files = [
            (t("Every map (CSV)"), "switched-off.csv", lambda: switched_off.csv(question.network, ranking).encode()),
            (
                t("A script that repeats it"),
                "switched_off.py",
                lambda: switched_off.script(question.network, question.photo, one, question.class_index).encode(),
            ),
        ]
        save_menu(files, key="save-switched-off")


def show() -> None:
    """Everything here answers without running the rest of the page."""
    with frame.guarded():
        choose(asked())
        question = asked()
        if question.view == "class":
            shared_task.watch(CLASS_SLOT, question, asked, found.of_class, of_class)
        else:
            shared_task.watch(SLOT, question, asked, found.ranked, ranked)


frame.heading(
    t("Switch a map off"),
    t("Press a feature map to switch it off, press again to double it; the answer follows at once."),
    t("Does the answer hang on one map, or on many?"),
)
beside_the_photo(st.fragment(show))
frame.limits(
    t("It shows what the network answers without a map, exactly: everything above the map is computed again."),
    t(
        "It cannot show what a map is for: where two maps say the same, switching off one of them changes little. And "
        "a network was never trained with a map missing."
    ),
)

"""Tables 1–7 and Figs. 5–9: what the paper prints, what ours gives, and what the visitor's own run gave."""

from pathlib import Path

import streamlit as st

import ui.results
from ui.exhibits import EXHIBITS
from ui.results.fields import Fields
from ui.results.files import files
from ui.results.own_results import open_file, own_results
from ui.results.question import Question, resolve
from ui.results.scene import scene
from ui.shell import frame, state
from ui.shell.saving import save_menu
from zfnet_core.exhibits.results import NAMES, table_of
from zfnet_core.exhibits.results.table import Table
from zfnet_core.language import t

STYLE = Path(ui.results.__file__).with_name("results.css")


def short(name: str) -> str:
    """table-2 → Table 2."""
    kind, number = name.split("-")
    return t("Table {n}", n=number) if kind == "table" else t("Fig. {n}", n=number)


def show(question: Question, table: Table) -> None:
    """The table, why ours differs, what the paper says of it, and where it can be tried."""
    if not table.rows:
        st.markdown(f"**{table.title}**")
    st.markdown(table.about)
    if table.rows:
        st.html(scene(question, table))
    for text in question.notes:
        st.info(text)
    if table.verdict:
        st.markdown(f"**{t('Does ours bear it out?')}** {table.verdict}")
    st.markdown(f"**{t('Why ours differs:') if table.rows else t('Why there are no numbers:')}** {table.why}")
    if table.missing:
        st.markdown(f"**{t('What is missing:')}** {table.missing}")
    for claim in table.claims:
        st.markdown(f"**{t('The paper says:')}** {t(str(claim))}")
    if table.note:
        once = t("read in one transcription of the paper only") if table.confidence == "B" else ""
        st.caption(f"{t('On the paper’s numbers:')} {table.note} {f'({once}.)' if once else ''}")
    live = [exhibit for exhibit in EXHIBITS if exhibit.name in table.live]
    if live:
        with st.container(horizontal=True):
            for exhibit in live:
                st.page_link(
                    exhibit.page, label=t("Measure it yourself: {page}", page=t(exhibit.title)), icon=exhibit.icon
                )


frame.stylesheet(STYLE)
frame.heading(
    t("Paper, ours, yours"),
    t("Choose a table or a figure; open the result of your own run below it."),
    t("every number has a letter that tells how it was made; two numbers made differently are not a contest."),
)
with frame.guarded():
    state.bind(
        st.segmented_control, Fields, "show", t("Table or figure"), list(NAMES), format_func=short, required=True
    )
    question = resolve(state.read(Fields), own_results())
    table = table_of(question.settings)
    show(question, table)
    if table.rows:
        save_menu(files(table, question.settings.evaluation), key="save")
    open_file()
frame.limits(
    t("This shows what was measured, by whom, on what, side by side."),
    t(
        "It does not repeat the paper: none of our networks was taught for twelve days on 1.3 million photos, and the "
        "letters tell how much smaller ours are."
    ),
)

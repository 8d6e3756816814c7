"""The dashboard's pages and what they share. Run with `make app`, or `streamlit run app.py`."""

from itertools import groupby
from pathlib import Path

import streamlit as st

from ui.classroom import visible
from ui.classroom.fields import Visible
from ui.classroom.idle import begin_anew_when_idle
from ui.exhibits import EXHIBITS, meant_by_link
from ui.lessons import panel
from ui.lessons.fields import Place
from ui.shell import classroom, current, frame, going, left_page, predict_first, state
from ui.shell.chosen import Presenting
from ui.shell.language import Spoken
from zfnet_core.language import t

HERE = Path(__file__).parent
NAME = "ZFNet Explorer"

# A file, because the icon of a symbol or emoji would be fetched from the internet.
st.set_page_config(
    layout="wide",
    page_icon=str(HERE / "assets" / "logo.png"),
    initial_sidebar_state="auto",
)
frame.logo()
away = visible.hidden_pages()
pages = {
    exhibit.path: st.Page(
        HERE / exhibit.page,
        title=t(exhibit.title),
        icon=exhibit.icon,
        url_path=exhibit.path,
        default=exhibit is EXHIBITS[0],
        visibility="hidden" if exhibit.path in away else "visible",
    )
    for exhibit in EXHIBITS
}
moved = {old: exhibit.path for exhibit in EXHIBITS for old in exhibit.old_addresses}


@st.fragment(run_every=3600)
def stay() -> None:
    """Nothing; but a page with a part that runs by itself is run anew when a new session takes over after a pause."""


chosen = st.navigation(
    {
        t(section): [pages[exhibit.path] for exhibit in exhibits]
        for section, exhibits in groupby(EXHIBITS, lambda exhibit: exhibit.section)
    }
    | {"": [st.Page(lambda: None, url_path=old, visibility="hidden") for old in moved]},
    expanded=True,  # no page hides behind “View more”
)
if chosen.url_path in moved:
    st.switch_page(pages[moved[chosen.url_path]], query_params=st.query_params.to_dict())
exhibit = next(exhibit for exhibit in EXHIBITS if exhibit.path == (chosen.url_path or EXHIBITS[0].path))
if exhibit is EXHIBITS[0] and (meant := meant_by_link()):
    st.switch_page(pages[meant.path], query_params=st.query_params.to_dict())
st.set_page_config(page_title=f"{t(exhibit.title)} · {NAME}")
left_page.hush(exhibit.path)
state.begin(
    exhibit.path, (*exhibit.fields, Spoken, Presenting, Place, classroom.Room, Visible, predict_first.Predicting)
)
lesson = panel.opened()
if (to := going.arrive()) in pages and to != exhibit.path:
    st.switch_page(pages[to])
current.leave_other_pages(exhibit.name)
stay()
# Each part guards itself: one that fails says so in its place and takes no other part away.
with frame.guarded():
    frame.sidebar()
with st.sidebar, frame.guarded():
    predict_first.switch(exhibit.asks)
with frame.guarded():
    classroom.class_line(st.rerun)
with frame.guarded():
    begin_anew_when_idle()
    visible.put_away()
if lesson is None:
    with frame.guarded():
        chosen.run()
else:
    with st.container(key="lesson-split"):
        beside, main = st.columns([1, 3], gap="medium")
        with main, frame.guarded():
            chosen.run()
        with beside, frame.guarded():
            panel.panel(lesson)

"""The dashboard's pages and what they share. Run with `make app`, or `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from ui import engine, frame, state

# A page's url_path must differ from its file's stem; otherwise Streamlit would run a deep link without this file.
PAGES = {
    "One photo": [
        ("look_inside_page", "look-inside", "Look inside", ":material/visibility:"),
        ("occlusion_page", "occlusion", "Drag the grey square", ":material/select:"),
        ("invariance_page", "invariance", "Shift, scale, turn", ":material/360:"),
    ],
    "One network": [
        ("features_page", "features", "What each map looks for", ":material/grid_view:"),
        ("evolution_page", "evolution", "How features grew", ":material/timeline:"),
        ("alexnet_vs_zfnet_page", "alexnet-vs-zfnet", "AlexNet against ZFNet", ":material/compare:"),
        ("correspondence_page", "correspondence", "The same part, hidden", ":material/face:"),
    ],
}
HERE = Path(__file__).parent / "pages"

LOGO = Path(__file__).parent / "assets" / "logo.png"

# A file, because the icon of a symbol or emoji would be fetched from the internet.
st.set_page_config(layout="wide", page_icon=str(LOGO), initial_sidebar_state="auto")
page = st.navigation(
    {
        section: [
            st.Page(HERE / f"{file}.py", title=title, icon=icon, url_path=path, default=path == "look-inside")
            for file, path, title, icon in pages
        ]
        for section, pages in PAGES.items()
    }
)
place = page.url_path or "look-inside"
state.begin(place)
engine.leave_other_pages(place)
with frame.guarded():
    frame.sidebar()
    page.run()

"""Fig. 6: two networks side by side, in pictures and in numbers, after the visitor has guessed."""

import streamlit as st

from ui import engine, frame, state, versus_guess, versus_pictures, versus_work
from ui.figure_6_panels import figure_6_panels
from ui.photo_panel import photo_panel
from ui.saving import png_file, save_menu
from ui.versus_card import card
from ui.versus_files import comparison_csv, script
from ui.versus_opponent import about_weights, ask_opponent, opponent
from ui.versus_table import table
from zfnet_core.experiments.comparison import MEASURES

VIEWS = {False: "projections", True: "what lies there in the photo"}


def measured(networks, polling) -> None:
    """The measures, filled in while they are computed."""
    with versus_work.attempt():
        comparison, job = versus_work.current(*networks)
        if (job is not None) != polling:
            st.rerun()
        if job is not None:
            done = comparison.done if comparison else 0.0
            st.progress(done, text=f"{done:.0%} measured on {len(versus_work.photos())} photos")
        if comparison is not None:
            results(networks, comparison)
    if polling and versus_work.failed():
        st.rerun()


def results(networks, comparison) -> None:
    """A card for each claim; when all is measured, the guesses' score, the table and the files."""
    complete = comparison.done == 1
    if complete:
        with st.container(horizontal=True, vertical_alignment="center"):
            if score := versus_guess.total(comparison):
                st.markdown(f"**{score}**")
            if st.button("Guess again", type="tertiary", icon=":material/replay:", on_click=versus_guess.again):
                st.rerun()
    with st.grid(2, min_column_width=420):
        for measure in MEASURES:
            card(measure, comparison, [one.name for one in versus_work.photos()])
    if complete:
        table(networks, comparison)
        pictures = [(f"{label} (PNG)", file, png_file(draw)) for label, file, draw in versus_pictures.files(networks)]
        name = "-against-".join(network.name for network in networks)
        numbers = ("Measures (CSV)", f"{name}.csv", comparison_csv(comparison))
        save_menu([*pictures, numbers, ("Script (Python)", f"{name}.py", script(comparison))], key="save")


frame.heading(
    "AlexNet against ZFNet", "The paper changed the first two layers. What did that do? Predict, then measure."
)
network = engine.network()
with st.container(horizontal=True, vertical_alignment="bottom"):
    ask_opponent(network)
    with st.popover(f"Photo: {versus_pictures.photo_name()}", icon=":material/photo:"):
        photo_panel()
networks = (network, opponent(network))
if warning := about_weights(networks):
    st.warning(warning)
found = None, None
if revealed := versus_guess.revealed(networks):
    with versus_work.attempt():
        found = versus_work.current(*networks)
with frame.guarded():
    st.subheader("Layer 1: the filters, at true relative size", anchor=False)
    versus_pictures.filters(networks, found[0])
    if not revealed:
        versus_guess.ask(networks)
    else:
        if not versus_work.failed():
            st.subheader("What the paper claims, measured", anchor=False)
            polling = found[1] is not None
            st.fragment(measured, run_every=0.5 if polling else None)(networks, polling=polling)
        st.subheader(f"Layer 2 in “{versus_pictures.photo_name()}”", anchor=False)
        state.bind(st.segmented_control, "versus_patches", "Show", list(VIEWS), format_func=VIEWS.get, required=True)
        versus_pictures.projections(networks, state.view().versus_patches)
        versus_pictures.gallery(networks)
        figure_6_panels()

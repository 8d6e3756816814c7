"""Table 1 and Fig. 8: hide the same part of several faces; do a layer's features change in the same way?"""

from functools import partial

import streamlit as st

from ui import engine, faces_work, figures_correspondence, frame, photo_set, state
from ui.components.markers import markers
from ui.faces_files import files
from ui.growing import watch
from ui.saving import save_menu
from zfnet_core.experiments.correspondence import PARTS, RANDOM, feature_choices, sentence

ROWS = (*PARTS, RANDOM)


def choose(network) -> None:
    """Which faces, what is hidden, and where it is measured."""
    low, high = faces_work.layers(network)
    if (low, high) != (state.view().faces_low, state.view().faces_high):
        state.change(faces_low=low, faces_high=high)
    names = list(feature_choices(network))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        faces_work.choose_faces()
        state.bind(st.selectbox, "faces_side", "Hidden square (px)", faces_work.SIDES, width=150)
        state.bind(st.selectbox, "faces_low", "First layer", names, width=150)
        state.bind(st.selectbox, "faces_high", "Second layer", names, width=150)
        state.bind(st.selectbox, "faces_repeats", "Random repeats", faces_work.REPEATS, width=150)
    if state.view().faces == faces_work.CHOSEN:
        photo_set.choose("faces_photos", faces_points=())


def look(network):
    """What is known of the measurement that is asked for now."""
    found = faces_work.faces(network)
    return faces_work.current(network, found, faces_work.settings(network, found))


def show(network, result, complete) -> None:
    """The marks, Table 1 with the visitor's own values, and which pairs agree most; growing while it is measured."""
    found = faces_work.faces(network)
    asked = faces_work.settings(network, found)
    parts = list(zip(PARTS, figures_correspondence.PART_COLOURS, strict=True))
    pictures = faces_work.pictures(network, found)
    sizes = (asked.side_px, network.preprocessing.input_px)
    markers(pictures, parts, found.points, *sizes, key="markers", on_move=faces_work.choose_points)
    st.caption(found.note)
    if not complete:
        done = result.done if result else 0.0
        st.progress(done, text=f"{done:.0%} of the hidden photos looked at")
    if result is None:
        return
    with st.grid(2, min_column_width=400):
        for layer in asked.layers:
            with st.container():
                st.markdown(f"**{layer}** · lower: the five changes agree more")
                series = faces_work.series(network, layer, result)
                alt = figures_correspondence.bars_alt(series, ROWS, layer)
                st.plotly_chart(figures_correspondence.bars(series, ROWS), key=f"bars-{layer}", alt=alt)
                st.caption(sentence(result, layer) if complete else "…")
    if complete:
        faces_work.table(network, result)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = state.bind(st.segmented_control, "faces_part", "Which pairs agree most?", list(ROWS), required=True)
        if complete:
            save_menu(files(network, found, result), key="save")
            st.caption("The camera on each chart saves it as PNG.")
    with st.grid(2, min_column_width=400):
        for layer in asked.layers:
            with st.container():
                matrix, closest = result.matrix(part, layer), result.closest_pair(part, layer)
                alt = figures_correspondence.pairs_alt(matrix, closest, part, layer)
                figure = figures_correspondence.pairs(matrix, [title for title, _ in pictures])
                st.plotly_chart(figure, key=f"pairs-{layer}", alt=alt)
                st.caption(alt)


frame.heading("The same part, hidden", "Hide the same part of five faces. Do the features change in the same way?")
network = engine.network()
choose(network)
if len(faces_work.faces(network).photos) < 2:
    st.info("Choose at least two photos: the changes of one are compared with those of another.")
else:
    watch(faces_work.SLOT, partial(look, network), partial(show, network))
with st.expander("What is measured, and what the paper does not say"):
    st.markdown(
        "For each photo ε is a layer’s feature vector minus that of the photo with one part hidden. Δ is the Hamming "
        "distance between the **signs** (−, 0, +) of two photos’ ε, as a share of the features, averaged over all "
        "pairs; the bars’ whiskers are its standard deviation over pairs. The paper’s formula is a sum, its values can "
        "only be means. **Our choices**, because the paper states neither: the square’s size and colour (mean colour), "
        "layer 5 after its pool (9216 numbers), the number of random placements, features below rounding (10⁻⁵ of the "
        "largest) counted as unchanged, each photo’s central square.\n\n"
        "Mind the size of the effect: a small Δ can also mean that little changed at all, since unchanged features "
        "agree. Compare parts with random squares of the **same** size only, and look at how many of the random "
        "placements a part beats."
    )

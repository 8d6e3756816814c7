"""Fig. 5: shift, enlarge or turn photos, and watch which layers notice and whether the answer stays."""

from functools import partial

import streamlit as st

from ui import engine, frame, invariance_work, photo_set, state
from ui.components.moved_photos import MovedPhoto, moved_photos
from ui.growing import watch
from ui.invariance_files import files
from ui.invariance_table import invariance_table
from ui.saving import save_menu
from zfnet_core.experiments.invariance import DEFINITIONS
from zfnet_core.experiments.invariance_figure import panels, words
from zfnet_core.experiments.invariance_findings import finding, sentence, stability_sentence
from zfnet_core.experiments.transforms import BORDERS, TRANSFORMATIONS

KINDS = {name: kind.title for name, kind in TRANSFORMATIONS.items()}
DISTANCES = {"relative": "relative", "raw": "raw L2", "cosine": "cosine"}


def choose(network) -> None:
    """What is done to the photos, and what is measured."""
    asked, names = invariance_work.asked(network), [layer.name for layer in network.layers]
    if (asked.low, asked.high) != (state.view().invariance_low, state.view().invariance_high):
        state.change(invariance_low=asked.low, invariance_high=asked.high)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state.bind(st.segmented_control, "invariance_kind", "Change", list(KINDS), format_func=KINDS.get, required=True)
        state.bind(st.selectbox, "invariance_low", "First layer", names, width=120)
        state.bind(st.selectbox, "invariance_high", "Second layer", names, width=120)
        definitions = list(DISTANCES)
        state.bind(st.selectbox, "invariance_distance", "Distance", definitions, format_func=DISTANCES.get, width=120)
        state.bind(st.selectbox, "invariance_border", "Border filled with", list(BORDERS), width=140)
        state.bind(st.toggle, "invariance_fine", "Very small steps")


def choose_classes(network, photos, curves) -> None:
    """Whose probability is followed."""
    with st.popover("Classes", icon=":material/label:"):
        st.caption("The class whose probability is followed.")
        chosen = invariance_work.chosen_classes(network)
        for (name, photo), own in zip(photos.items(), curves.reference_answers, strict=True):
            key = f"class-{network.name}-{name}"
            st.session_state[key] = chosen.get(name)

            def commit(name=name, key=key) -> None:
                invariance_work.choose_class(network, name, st.session_state[key])

            words = {None: f"most probable ({network.labels[own]})"} | dict(enumerate(network.labels))
            st.selectbox(photo.name or "Your photo", list(words), format_func=words.get, key=key, on_change=commit)


def show(network, photos, curves, complete) -> None:
    """The photos under the handle and the three columns of the figure, growing while they are computed."""
    asked, labels = invariance_work.asked(network), network.labels
    if curves is None:
        st.progress(0.0, text="The first curve comes in a moment …")
        return
    classes, titles = invariance_work.classes(network, list(photos), curves), photo_set.titles(photos)
    found = finding(curves, asked.low, asked.high, classes, asked.distance)
    if not complete:
        st.progress(curves.done, text=f"{curves.done:.0%} of {curves.answers.size} changed photos looked at")
    elif found:
        st.markdown(f"**{sentence(found)}** {stability_sentence(curves)}")

    columns = panels(curves, asked.low, asked.high, asked.distance, classes)
    styles = photo_set.styles("invariance_photos")

    def label(number):
        return labels[number] if number >= 0 else None

    moved = [
        MovedPhoto(
            title,
            photo_set.picture_url(photos[name], network.preprocessing),
            styles[name],
            [label(number) for number in answers],
            label(untouched),
            label(followed),
        )
        for name, title, answers, untouched, followed in zip(
            photos, titles, curves.answers, curves.reference_answers, classes, strict=True
        )
    ]
    fill = tuple(round(255 * value) for value in network.preprocessing.mean)
    said = [words(panel, curves, titles) for panel in columns]
    moved_photos(moved, columns, said, asked, fill, key="moved", on_move=lambda step: state.change(invariance_at=step))
    if complete:
        with st.container(horizontal=True, vertical_alignment="center"):
            choose_classes(network, photos, curves)
            save_menu(files(network, photos, curves, classes, asked), key="save")
            st.caption("Point at a curve to move the photos there. Hollow points: another class is most probable.")
        if found:
            invariance_table(network, asked, curves, found)
    st.caption(
        f"Distance: {DEFINITIONS[asked.distance]}. Features as the layer hands them on: after its ReLU (the last layer "
        f"has none), before any pool. Each photo’s central square, bilinear sampling, border: {asked.settings.border}. "
        "The paper states none of these: our choice."
    )


frame.heading(
    "Shift, scale, turn", "Drag the handle, the photos follow. Which layer notices, and does the answer stay?"
)
network = engine.network()
photo_set.choose("invariance_photos")
choose(network)
photos = photo_set.chosen("invariance_photos")
watch(
    invariance_work.SLOT,
    lambda: invariance_work.current(network, list(photos.values()), invariance_work.asked(network).settings),
    partial(show, network, photos),
)
with st.expander("How to read these curves"):
    st.markdown(
        "The paper (§4.1, Fig. 5) finds layer 1 changing dramatically for small transformations, layer 7 much less and "
        "“quasi-linearly” for shift and scale, and an output that is stable to both, but not to rotation unless the "
        "object looks the same when turned. Its five photos are not published; yours may say something else.\n\n"
        "**A finer look came later.** Switch on *very small steps*: single pixels. Where the photo moves by one pixel "
        "and the answer changes, the stride is one likely cause: sampling every second or fourth place without "
        "smoothing first breaks the sampling theorem (Zhang 2019). What comes in at the border, and training photos "
        "that show their object mostly in one place and size, play their part (Azulay & Weiss 2019). A curve that "
        "looks stable in steps of 5 px can hide that.\n\n"
        "**Mind the border.** What enters the photo from outside is an object of its own for the network; try the "
        "three fills. Distances of different layers have different scales, so compare how *soon* they rise."
    )

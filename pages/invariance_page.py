"""Fig. 5: shift, enlarge or turn photos, and watch which layers notice and whether the answer stays."""

import streamlit as st

from ui import engine, frame, invariance_work, photo_set, state
from ui.components.moved_photos import MovedPhoto, Row, moved_photos
from ui.figures_invariance import panel, panel_alt
from ui.invariance_files import curves_csv, script
from ui.invariance_table import invariance_table
from ui.saving import save_menu
from zfnet_core.experiments.invariance import DEFINITIONS
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


def choose_classes(labels, names, classes) -> None:
    """Whose probability is followed."""
    with st.popover("Classes", icon=":material/label:"):
        st.caption("The class whose probability is followed; at first each photo’s most probable one.")
        for index, name in enumerate(names):
            key = f"class-{index}"
            st.session_state[key] = classes[index]

            def commit(index=index, key=key) -> None:
                chosen = [value + 1 for value in classes]
                chosen[index] = st.session_state[key] + 1
                state.change(invariance_classes=tuple(chosen))

            st.selectbox(name, range(len(labels)), format_func=lambda i: labels[i], key=key, on_change=commit)


def show(network, photos, polling) -> None:
    """The photos under the handle and the three columns of the figure, growing while they are computed."""
    asked, labels = invariance_work.asked(network), network.labels
    curves, job = invariance_work.current(network, list(photos.values()), asked.settings)
    if (job is not None) != polling:
        st.rerun()
    if curves is None:
        st.progress(0.0, text="The first curve comes in a moment …")
        return
    names, amounts = [photo.name for photo in photos.values()], asked.settings.amounts
    classes = invariance_work.classes(curves)
    found = finding(curves, asked.low, asked.high, classes, asked.distance)
    if job is not None:
        st.progress(curves.done, text=f"{curves.done:.0%} of {curves.answers.size} changed photos looked at")
    elif found:
        st.markdown(f"**{sentence(found)}** {stability_sentence(curves)}")

    rows = [Row(layer, curves.distance(layer, asked.distance)) for layer in (asked.low, asked.high)]
    rows.append(Row("probability", curves.probability(classes), share=True))
    moved = [
        MovedPhoto(
            name,
            photo_set.picture_url(photo, network.preprocessing),
            colour,
            [labels[value] if value >= 0 else None for value in answers],
            labels[reference],
        )
        for name, photo, colour, answers, reference in zip(
            names, photos.values(), photo_set.COLOURS, curves.answers, curves.reference_answers, strict=False
        )
    ]
    fill = tuple(round(255 * value) for value in network.preprocessing.mean)
    moved_photos(moved, rows, asked, fill, key="moved", on_move=lambda step: state.change(invariance_at=step))
    with st.grid(3, min_column_width=280):
        for row in rows:
            title = f"{row.title} of the class" if row.share else f"{row.title}, {DISTANCES[asked.distance]} distance"
            drawn = (asked.transformation, amounts, row.values, names, title)
            figure = panel(*drawn, amounts[asked.step], share=row.share, changed=curves.changed)
            st.plotly_chart(figure, key=f"panel-{row.title}", alt=panel_alt(*drawn, row.share))
    if job is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            choose_classes(labels, names, classes)
            file = f"{network.name}-{asked.settings.kind}"
            numbers = curves_csv(curves, names, labels, classes, asked.distance)
            repeat = script(network, list(photos), curves, classes, asked.high, asked.distance)
            files = [("All numbers (CSV)", f"{file}.csv", numbers), ("Script (Python)", f"{file}.py", repeat)]
            save_menu(files, key="save")
            st.caption("The camera on each chart saves it as PNG. Hollow points: another class is most probable.")
        if found:
            invariance_table(network, asked, curves, found)
    st.caption(
        f"Distance: {DEFINITIONS[asked.distance]}. Features after the ReLU, before any pool; bilinear sampling; "
        f"border: {asked.settings.border}. The paper states none of these: our choice."
    )


frame.heading(
    "Shift, scale, turn", "Drag the handle, the photos follow. Which layer notices, and does the answer stay?"
)
network = engine.network()
photo_set.choose("invariance_photos")
choose(network)
photos = photo_set.chosen("invariance_photos")
_, job = invariance_work.current(network, list(photos.values()), invariance_work.asked(network).settings)
with frame.guarded():
    st.fragment(show, run_every=0.4 if job else None)(network, photos, polling=job is not None)
with st.expander("How to read these curves"):
    st.markdown(
        "The paper (§4.1, Fig. 5) finds layer 1 changing dramatically for small transformations, layer 7 much less and "
        "“quasi-linearly” for shift and scale, and an output that is stable to both, but not to rotation unless the "
        "object looks the same when turned. Its five photos are not published; yours may say something else.\n\n"
        "**A finer look came later.** Switch on *very small steps*: single pixels. Where the photo moves by one pixel "
        "and the answer changes, the stride is to blame: sampling every second or fourth place without smoothing first "
        "breaks the sampling theorem (Zhang 2019; Azulay & Weiss 2019). A curve that looks stable in steps of 5 px can "
        "hide that.\n\n"
        "**Mind the border.** What enters the photo from outside is an object of its own for the network; try the "
        "three fills. Distances of different layers have different scales, so compare how *soon* they rise."
    )

"""Table 1 and Fig. 8: hide the same part of several faces; do a layer's features change in the same way?"""

import streamlit as st

from ui.correspondence import guess, plots
from ui.correspondence.choices import choose, choose_points
from ui.correspondence.fields import ROWS, Fields
from ui.correspondence.files import files
from ui.correspondence.markers import markers
from ui.correspondence.question import SLOT, Question, measurement_of, resolve
from ui.correspondence.scene import as_multiples, note, rows, scene, series, waiting
from ui.shell import current, frame, photo_set, predict_first, state
from ui.shell.saving import save_menu
from ui.shell.shared_task import watch
from ui.shell.three_values import three_values
from zfnet_core.exhibits import our_results
from zfnet_core.exhibits.correspondence.measure import Correspondence, sentence, verdict
from zfnet_core.exhibits.correspondence.measure import shown as shown_layer
from zfnet_core.language import t


def asked() -> Question:
    """What the page is about now."""
    return resolve(state.read(Fields), current.now(), photo_set.available())


def show(question: Question, result: Correspondence | None, complete: bool) -> None:
    """The marks, the verdict, Table 1 with the visitor's own values, and which pairs agree most."""
    if predict_first.hides(lambda: guess.asked(question, result, complete)):
        markers(scene(question), key="markers", on_move=choose_points)
        return
    if missing := waiting(question):
        st.info(missing)
    elif complete:
        st.markdown(f"**{verdict(result)}**")
    markers(scene(question), key="markers", on_move=choose_points)
    st.caption(question.about)
    if not complete:
        st.progress(result.done if result else 0.0, text=t("Hiding one part after the other …"))
    if result is None:
        return
    bundled = our_results.of(question.network, "table-1")
    with st.grid(2, min_column_width=400):
        for layer in question.settings.layers:
            with st.container():
                words = t(
                    "**{layer}** · below 1: the five changes agree more than with random places",
                    layer=shown_layer(layer),
                )
                st.markdown(words)
                shown = as_multiples(series(layer, result, bundled))
                alt = plots.bars_alt(shown, ROWS, layer)
                st.plotly_chart(plots.bars(shown, ROWS), key=f"bars-{layer}", alt=alt)
                st.caption(sentence(result, layer) if complete else "…")
    if not complete:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        save_menu(files(question, result), key="save")
        st.caption(t("The camera on each chart saves it as PNG."))
    with st.expander(t("All numbers: the paper’s, ours, yours")):
        three_values(rows(result, bundled), note(our_results.how(question.network, "table-1")))
    with st.expander(t("Which pairs agree most?")):
        state.bind(st.segmented_control, Fields, "part", t("Hidden"), list(ROWS), format_func=t, required=True)
        with st.grid(2, min_column_width=400):
            for layer in question.settings.layers:
                with st.container():
                    matrix, closest = result.matrix(question.part, layer), result.closest_pair(question.part, layer)
                    alt = plots.pairs_alt(matrix, closest, question.part, layer)
                    st.plotly_chart(plots.pairs(matrix, question.titles), key=f"pairs-{layer}", alt=alt)
                    st.caption(alt)


frame.heading(
    t("The same part, hidden"),
    t("Hide the same part in five pictures. Do the network’s features change in the same way?"),
    t("a value below 1 means: the changes agree more than when random places are hidden."),
)
with frame.guarded():
    question = asked()
    choose(question)
    for text in question.notes:
        st.info(text)
    watch(SLOT, question, asked, measurement_of, show)
frame.limits(
    t("This shows whether hiding, say, the left eye means the same to the network in each of these five pictures."),
    t("It does not show that the network knows what an eye is, and five pictures are few."),
)
with st.expander(t("What is measured, and what the paper does not say")):
    st.markdown(
        t(
            "For each photo ε is a layer’s feature vector minus that of the photo with one part hidden. Δ is the "
            "Hamming distance between the **signs** (−, 0, +) of two photos’ ε, as a share of the features, averaged "
            "over all pairs; the bars’ whiskers are its standard deviation over pairs. The bars divide Δ by what "
            "random places of the same network and photos give, so that the paper’s network and ours can be compared. "
            "A part “agrees more than chance” if at most one placement in twenty, its own counted, is as consistent. "
            "The paper’s formula is a sum, its values can only be means. **Our choices**, because the paper states "
            "neither: the square’s size and colour (mean colour), layer 5 after its pool (9216 numbers), the number of "
            "random placements, features below rounding (10⁻⁵ of the largest) counted as unchanged, each photo’s "
            "central square.\n\nMind the size of the effect: a small Δ can also mean that little changed at all, since "
            "unchanged features agree. Compare parts with random squares of the **same** size only."
        )
    )

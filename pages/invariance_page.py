"""Fig. 5: shift, enlarge or turn photos, and watch which layers notice and whether the answer stays."""

import streamlit as st

from ui.invariance import choices, guess
from ui.invariance.fields import Fields
from ui.invariance.files import files
from ui.invariance.moved_photos import moved_photos
from ui.invariance.question import SLOT, Question, curves_of, resolve
from ui.invariance.scene import scene
from ui.invariance.table import note, rows
from ui.shell import current, frame, photo_set, predict_first, state
from ui.shell.photo_panel import photo_panel
from ui.shell.saving import save_menu
from ui.shell.session import session
from ui.shell.shared_task import watch
from ui.shell.three_values import three_values
from zfnet_core.exhibits import our_results
from zfnet_core.exhibits.invariance.curves import DEFINITIONS, InvarianceCurves, nothing_yet
from zfnet_core.exhibits.invariance.findings import finding, headline, stability_sentence
from zfnet_core.language import t


def asked() -> Question:
    """What the page is about now."""
    return resolve(state.read(Fields), current.now(), photo_set.available())


def show(question: Question, curves: InvarianceCurves | None, complete: bool) -> None:
    """The photos under the handle and the three columns of the figure, growing while they are computed."""
    if predict_first.hides(lambda: guess.now(question)):
        return
    curves = curves or nothing_yet(question.network, len(question.photos), question.settings)
    styles = session().memory(photo_set.Styles).of(Fields, list(question.photos))
    view = question.view(curves, styles)
    result = finding(curves, view.low, view.high, view.classes, view.definition)
    moved_photos(scene(question, curves, styles), key="moved", on_move=choices.move_to)
    with st.container(key="said"):  # as high as the sentences, so that nothing jumps when they come
        if not complete:
            words = t("{done:.0f} % of {all} changed photos looked at", done=100 * curves.done, all=curves.answers.size)
            st.progress(curves.done, text=words)
        elif result:
            st.markdown(f"**{headline(result)}** {stability_sentence(curves)}")
    if complete:
        with st.container(horizontal=True, vertical_alignment="center"):
            choices.choose_classes(question, curves)
            save_menu(files(question, curves, styles), key="save")
            st.caption(t("Point at a curve to move the photos there. Hollow points: another class is most probable."))
        if result:
            ours = our_results.of(question.network, "figure-5")
            three_values(rows(question, curves, result, ours), note(our_results.how(question.network, "figure-5")))
    st.caption(
        t(
            "Distance: {definition}. Features as the layer hands them on: after its ReLU (the last layer has none), "
            "before any pool. Each photo’s square crop, bilinear sampling, border: {border}. The paper states none of "
            "these: our choice.",
            definition=t(DEFINITIONS[question.distance]),
            border=t(question.settings.border),
        )
    )


frame.heading(
    t("Shift, scale, turn"),
    t("Drag the handle: the photos move, grow or turn with it."),
    t("the first layer changes at once, a late layer slowly. Which change costs the answer soonest?"),
)
with frame.guarded():
    question = asked()
    photo_set.choose(Fields)
    with st.container(horizontal=True, vertical_alignment="center"):
        choices.choose_change()
        choices.choose_measure(question)
        with st.popover(t("Another photo")):
            photo_panel()
    for sentence in question.notes:
        st.info(sentence)
    watch(SLOT, question, asked, curves_of, show)
frame.limits(
    t(
        "This shows how far each layer’s numbers move when the photo does, and whether the answer stays, on these "
        "few photos."
    ),
    t("It does not say the same of every photo or network, and what comes in at the border is a change of its own."),
)
with st.expander(t("How to read these curves")):
    st.markdown(
        t(
            "The paper (§4.1, Fig. 5) finds layer 1 changing dramatically for small transformations, layer 7 much less "
            "and “quasi-linearly” for shift and scale, and an output that is stable to both, but not to rotation "
            "unless the object looks the same when turned. Its five photos are not published; yours may say something "
            "else.\n\n**A finer look came later.** Switch on *very small steps*: single pixels. Where the photo moves "
            "by one pixel and the answer changes, the stride is one likely cause: sampling every second or fourth "
            "place without smoothing first breaks the sampling theorem (Zhang 2019). What comes in at the border, and "
            "training photos that show their object mostly in one place and size, play their part (Azulay & Weiss "
            "2019). A curve that looks stable in steps of 5 px can hide that.\n\n**Mind the border.** What enters the "
            "photo from outside is an object of its own for the network; try the three fills. Distances of different "
            "layers have different scales, so compare how *soon* they rise. Which layer “notices first” is said only "
            "where every photo agrees, and by more than twice the standard error over them."
        )
    )

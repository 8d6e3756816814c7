"""Fig. 7 as one living picture: cover a part of the photo, and watch the network change its mind."""

import streamlit as st

from ui.occlusion import found
from ui.occlusion.choices import asked, choose, draw, guess_panel, move
from ui.occlusion.files import files
from ui.occlusion.occluder import heard, occluder
from ui.occlusion.question import SECOND, Question
from ui.occlusion.scene import scene
from ui.shell import frame, shared_task
from ui.shell.photo_panel import beside_the_photo
from ui.shell.saving import save_menu
from zfnet_core.language import t

SAVE_PX = 56


def living_picture(question: Question) -> None:
    """One photo with its occluder, readout and panels."""
    look = found.sweep(question)
    look.raise_failure()
    sweep = look.result if look.result is not None and look.result.done else None
    guess_panel(question, sweep)
    projected = None if question.hidden else found.map_picture(question)
    exact = None if question.hidden else found.exact(question)
    key = question.slot.replace(":", "-")
    occluder(
        scene(question, sweep, exact, projected, heard(key)),
        key=key,
        on_move=move,
        on_draw=lambda cells: draw(question, cells),
    )
    with st.container(height=SAVE_PX, border=False):  # reserved, so that nothing jumps when the menu comes
        if sweep is not None and sweep.done == 1 and projected is not None:
            save_menu(files(question, sweep, projected.elsewhere), key=f"save-{question.slot}")


def show() -> None:
    """The choices and the pictures; everything here answers without running the rest of the page."""
    with frame.guarded():
        questions = asked()
        if len(questions) == 1:
            shared_task.stop(SECOND)
        for column, question in zip(st.columns(len(questions), gap="large"), questions, strict=True):
            with column, shared_task.attempt(question.slot):
                living_picture(question)
        choose(questions[0])


frame.heading(
    t("Drag the grey square"),
    t("Drag the square over the photo, or let it sweep: cover a part and read what the network still sees."),
    t("where the probability of the answer drops, the network needed what you covered."),
)
beside_the_photo(st.fragment(show))
frame.limits(
    t("This shows which parts of this photo this network needs for its answer."),
    t(
        "It does not show why it needs them, and the square itself is something the network has never seen: compare "
        "the fills. Two parts that say the same can stand in for each other."
    ),
)
with st.expander(t("How to read these maps")):
    st.markdown(
        t(
            "The paper (§4.2, Fig. 7) covers parts of a photo with a grey square and watches (b) the activity of the "
            "layer-5 map that is strongest in the untouched photo, summed over its places, (d) the probability of the "
            "right class and (e) the label that wins. Where the object is covered, both drop: the network looks at the "
            "object and not only at its surroundings. Values at grid points are the network’s own; **between grid "
            "points** they are interpolated while you drag, and the **exact** ones follow when you let go.\n\n"
            "**A square is a thing, too.** A grey square on a photo is nothing the network was trained on; its edges "
            "make activity of their own, so compare the fills. And a part can matter without any single position "
            "showing it: when two wheels say the same, covering one changes little."
        )
    )

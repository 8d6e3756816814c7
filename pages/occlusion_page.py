"""Fig. 7 as one living picture: cover a part of the photo, and watch the network change its mind."""

import streamlit as st

from ui import frame, occlusion_guesses, occlusion_work
from ui.components.occluder import occluder
from ui.occlusion_choices import choose
from ui.occlusion_figure import Chosen, figure
from ui.occlusion_scene import scene
from ui.photo_panel import photo_panel
from ui.saving import png_file, save_menu
from zfnet_core.experiments.occlusion_files import grid_csv, script
from zfnet_core.sample_photos import names as sample_names


def living_picture(subject) -> None:
    """One photo with its square, readout and panels."""
    sweep, job = occlusion_work.sweep(subject)
    occlusion_guesses.panel(subject, sweep)
    if sweep is None:
        st.progress(0.0, text="The first coarse map comes in a moment …")
    elif job is not None:
        left = f" · about {sweep.seconds_left:.0f} s left" if sweep.seconds_left >= 1 else ""
        st.progress(sweep.done, text=f"{sweep.done:.0%} of {sweep.known.size} positions{left}")
    hidden = occlusion_guesses.hidden(subject)
    occluder(
        scene(subject, sweep, None if hidden else occlusion_work.exact(subject)),
        key=occlusion_work.component_key(subject),
        on_move=occlusion_work.move,
        on_draw=lambda cells: occlusion_guesses.draw(subject, cells),
    )
    if sweep is not None and job is None and not hidden:
        save(subject, sweep)


def save(subject, sweep) -> None:
    """The figure, the numbers, and a program that repeats them."""
    network, label, number = subject.network, occlusion_work.label_of(subject), occlusion_work.map_of(subject)
    drawn = Chosen.now(subject, sweep)
    sample = subject.name if subject.name in sample_names() else None
    crop = (subject.crop.left, subject.crop.top)
    name = f"{network.name}-{subject.name}-occlusion"
    files = [
        ("The figure (PNG)", f"{name}.png", png_file(lambda: figure(subject, sweep, drawn))),
        ("The grid (CSV)", f"{name}.csv", lambda: grid_csv(sweep, network.labels, label, number).encode()),
        (
            "Script that repeats it (Python)",
            f"{name}.py",
            lambda: script(network, sample, crop, sweep.settings, label, number).encode(),
        ),
    ]
    save_menu(files, key=f"save-{subject.slot}")


def show() -> None:
    """The choices and the pictures; everything here answers without running the rest of the page."""
    with frame.guarded():
        shown = occlusion_work.subjects()
        choose(shown[0])
        for column, subject in zip(st.columns(len(shown), gap="large"), shown, strict=True):
            with column:
                with frame.guarded():
                    living_picture(subject)
                if occlusion_work.failed(subject.slot):
                    st.button(
                        "Try again", key=f"retry-{subject.slot}", on_click=occlusion_work.stop, args=(subject.slot,)
                    )


frame.heading(
    "Drag the grey square",
    "Cover a part of the photo. What does the network still see, and which part did it need?",
)
with st.container(key="split"):
    photo_column, main_column = st.columns([1, 4], gap="large")
    with photo_column, frame.guarded():
        photo_panel()
    with main_column, frame.guarded():
        st.fragment(show)()
with st.expander("How to read these maps"):
    st.markdown(
        "The paper (§4.2, Fig. 7) covers parts of a photo with a grey square and watches (b) the activity of the "
        "layer-5 map that is strongest in the untouched photo, summed over its places, (d) the probability of the "
        "right class and (e) the label that wins. Where the object is covered, both drop: the network looks at the "
        "object and not only at its surroundings. Values at grid points are the network’s own; **between grid "
        "points** they are interpolated while you drag, and the **exact** ones follow when you let go.\n\n"
        "**A square is a thing, too.** A grey square on a photo is nothing the network was trained on; its edges make "
        "activity of their own, so compare the fills. And a part can matter without any single position showing it: "
        "when two wheels say the same, covering one changes little."
    )

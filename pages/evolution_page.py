"""Fig. 4: how the features of every layer grew while the network was trained, as a film."""

import streamlit as st

from ui.evolution import guess, runs
from ui.evolution.choices import ask_for_run, ask_which, may_search
from ui.evolution.fields import Fields
from ui.evolution.files import film_files
from ui.evolution.film import film
from ui.evolution.question import layer_names, resolve
from ui.evolution.scene import scene
from ui.evolution.words import about, diverged_sentence, finished_sentence, settled_sentence, validation_sentence
from ui.shell import current, frame, predict_first, shared_task, state
from ui.shell.chosen import Chosen
from ui.shell.saving import save_menu
from zfnet_core.language import t

LIVE_S = 3.0


def show_film(evolution, name: str, finished=None) -> None:
    """The film of one run: choose a layer, play, read the curves."""
    if predict_first.hides(lambda: guess.asked(evolution)):
        return
    question = resolve(state.read(Fields), name, evolution, finished)
    state.bind(st.segmented_control, Fields, "layer", t("Layer"), layer_names(evolution), required=True)
    for note in question.notes:
        st.caption(note)
    film(scene(question), key="film", on_rest=lambda column: state.change(Fields, epoch=evolution.epochs[column]))
    if diverged := diverged_sentence(evolution):
        st.warning(diverged)
    save_menu(film_files(question), key=f"save-{name}-{question.layer}")
    drawn = t(
        "Each picture is the projection of the unit that is strongest over all of these photos at that epoch, scaled "
        "by itself, with zero as mid-grey."
    )
    st.caption(
        f"{about(evolution)} {drawn} "
        f"{settled_sentence(evolution)} {validation_sentence(evolution)} {finished_sentence(question)}"
    )


@st.fragment
@frame.guarded()
def bundled(name: str) -> None:
    """A film that comes with the project, beside the network that came of it where that is chosen."""
    network = current.network() if state.read(Chosen).network == name else None
    show_film(runs.bundled(name), name, network)


@st.fragment(run_every=LIVE_S)
def follow(path) -> None:
    """The film of a run directory; it grows while the run goes on."""
    with shared_task.attempt(runs.SLOT):
        run = runs.opened(path)
        look = runs.growing_film(run, may_search(run))
        look.raise_failure()
        if look.live:
            st.caption(t("Looking at the snapshots of {run} …", run=run.path.name))
        if look.result is not None:
            show_film(look.result, str(run.path))


frame.heading(
    t("How features grew"),
    t("Press play: each picture is what one feature map answers to most, epoch after epoch."),
    t("early layers are ready after a few epochs, late ones change for long."),
)
there = runs.runs()
if not there:
    st.info(t("No film comes with this network yet; it is made from a training run’s snapshots."))
else:
    run = ask_which(there, state.read(Chosen).network)
    if run != runs.OWN:
        bundled(run)
    elif path := ask_for_run():
        follow(path)
    else:
        st.info(t("Name the folder of a training run, also of one that is still going: it is followed."))
frame.limits(
    t("This shows one training of this network, at the epochs that were kept."),
    t(
        "Another training, begun with other random weights, would grow other features; and the first column, before "
        "any training, looks like something, too."
    ),
)
with st.expander(t("What to look for")):
    st.markdown(
        t(
            "The paper (§4, Fig. 4) reads two things off this table. The **lower layers converge within a few "
            "epochs**; the upper ones need far longer (there, 40–50 epochs). And a picture sometimes **jumps**: the "
            "photo that excites the map most has become another one. A red corner marks each such change.\n\n"
            "Epoch 0, where a film begins with it, is the control: random filters already give pictures that look like "
            "something, because a projection inherits edges from the photo through the switches. What training adds is "
            "the difference to that column."
        )
    )

"""Fig. 4: how the features of every layer grew while the network was trained, as a film."""

import streamlit as st

from ui import evolution_source, frame, state
from ui.components.film import film
from ui.film_files import film_files
from ui.saving import save_menu

LIVE_S = 3.0


def show_film(evolution, name: str) -> None:
    """The film of one run: choose a layer, play, read the curves."""
    layers = evolution_source.layer_names(evolution)
    layer = state.bind(st.segmented_control, "evolution_layer", "Layer", layers, required=True)
    data = evolution_source.film_data(evolution, name, layer, state.view().evolution_epoch)
    film(data, key="film", on_rest=lambda column: state.change(evolution_epoch=evolution.epochs[column]))
    if diverged := evolution_source.diverged_sentence(evolution):
        st.warning(diverged)
    save_menu(film_files(evolution, layer), key=f"save-{name}-{layer}")
    st.caption(
        f"{evolution.about.rstrip('.')}. Each picture is the projection of the unit that is strongest over all of "
        "these photos at that epoch, scaled by itself, with zero as mid-grey. "
        f"{evolution_source.settled_sentence(evolution)} {evolution_source.validation_sentence(evolution)}"
    )


@st.fragment
@frame.guarded()
def bundled(name: str) -> None:
    """A film that comes with the project."""
    show_film(evolution_source.bundled(name), name)


@st.fragment(run_every=LIVE_S)
@frame.guarded()
def follow(path) -> None:
    """The film of a run directory; it grows while the run goes on."""
    evolution, job = evolution_source.growing_film(path)
    if job is not None:
        st.caption(f"Looking at the snapshots of {path.name} …")
    if evolution is not None:
        show_film(evolution, str(path))


frame.heading(
    "How features grew",
    "Press play: every picture is what a feature map responds to most, projected to pixels, epoch after epoch.",
)
runs = evolution_source.runs()
if not runs:
    st.info("No film comes with this network yet; it is made from a training run’s snapshots.")
else:
    run = evolution_source.ask_which(runs)
    if run != evolution_source.OWN:
        bundled(run)
    elif path := evolution_source.ask_for_run():
        follow(path)
    else:
        st.info("Name the folder of a training run, also of one that is still going: it is followed.")
with st.expander("What to look for"):
    st.markdown(
        "The paper (§4, Fig. 4) reads two things off this table. The **lower layers converge within a few epochs**; "
        "the upper ones need far longer (there, 40–50 epochs). And a picture sometimes **jumps**: the photo that "
        "excites the map most has become another one. A red corner marks each such change.\n\n"
        "Epoch 0 is the control: random filters already give pictures that look like something, because a projection "
        "inherits edges from the photo through the switches. What training adds is the difference to that column."
    )

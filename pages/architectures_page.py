"""The networks of the story at true relative sizes: look into a layer, compare two, play with the stem, try ideas."""

import streamlit as st

from ui.architectures import guess, ideas
from ui.architectures.blueprints import blueprints
from ui.architectures.changes import show_changes
from ui.architectures.choices import asked, choose, choose_idea, choose_part, choose_stem
from ui.architectures.digit import read_a_digit
from ui.architectures.fields import Fields
from ui.architectures.files import files
from ui.architectures.scene import scene, table
from ui.architectures.stem import show_stem, why_55, why_stride_2
from ui.architectures.way_in import way_in
from ui.shell import frame, predict_first, state
from ui.shell.saving import save_menu
from zfnet_core.language import t


@st.fragment
def drawing() -> None:
    """The networks, the chosen part, and what changed between them."""
    with frame.guarded():
        choose()
        with st.spinner(t("Reading the networks …")):
            question = asked()
        for note in question.notes:
            st.info(note)
        blueprints(scene(question), key="blueprints", on_pick=choose_part)
        for network in question.networks:
            st.caption(f"**{network.plan.title}** · {t(network.plan.aside)} ({network.plan.source})")
            way_in(network.plan)
        show_changes(question.networks)
        with st.expander(t("All parts in a table")):
            st.dataframe(table(question.first), hide_index=True, height="content")
        save_menu(files(question.first), key="save-architecture")


@st.fragment
def stem() -> None:
    """Sliders and what they lead to."""
    with frame.guarded():
        with st.container(key="stem"):
            choose_stem()
        show_stem(asked())
        st.markdown(why_55())
        st.markdown(why_stride_2())


@st.fragment
def family_ideas() -> None:
    """The idea of each family, one at a time."""
    with frame.guarded():
        choose_idea()
        ideas.SHOW[state.read(Fields).idea](asked())


@st.fragment
def digit() -> None:
    """Draw a digit and see it read."""
    with frame.guarded():
        read_a_digit()


frame.heading(
    t("Architectures"),
    t("Choose a part of a network: what does one of its units see of your photo, and what does it cost?"),
    t("almost all weights sit in the fully connected layers, almost all work in the convolutions."),
)
with frame.guarded():
    if not predict_first.hides(guess.asked):
        drawing()
        frame.section(t("Play with the stem"))
        st.markdown(
            t("Layers 1 and 2 are where AlexNet and ZFNet differ. Change their windows; everything after them follows.")
        )
        stem()
        frame.section(t("The idea of each family"))
        family_ideas()
        frame.section(t("LeNet-5 reads your digit"))
        digit()
frame.limits(
    t(
        "This shows how networks are built and what they cost: sizes, weights, work and memory, counted on real "
        "modules."
    ),
    t("It does not show how good they are. That depends on photos, training and luck as well; see the paper’s tables."),
)
with st.expander(t("How this is counted")):
    st.markdown(
        t(
            "Parameters are trained numbers, batch norm’s scale and shift among them, its running means not. "
            "Multiply–adds are those of convolutions and fully connected layers for one photo; norms, pools and "
            "additions are left out. Memory is 4 bytes for each value that a convolution, pool or fully connected "
            "layer puts out; a ReLU or norm is taken to overwrite what it reads. The receptive field is geometry "
            "alone: what a unit *can* see; what it uses is often less. Sizes, parameters and multiply–adds are held "
            "against PyTorch’s own count and torchvision’s published figures by the tests, receptive fields against "
            "a single bright pixel. The paper’s text says that AlexNet’s layers 3, 4 and 5 were split; in AlexNet’s "
            "own paper it is 2, 4 and 5."
        )
    )

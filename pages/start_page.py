"""The front door: a photo's way through the network in three pictures, and a card for everything one can find out."""

import streamlit as st

from ui.exhibits import EXHIBITS
from ui.shell import current, frame
from ui.shell.photo_panel import another_photo
from ui.start.cards import cards
from ui.start.question import found, resolve
from ui.start.scene import STYLE, citation, three_pictures
from zfnet_core.language import t

frame.stylesheet(STYLE)
frame.heading(
    t("What does a neural network see?"),
    t(
        "Drop in a photo, or choose one: follow it through a convolutional network that was taught to name things, "
        "layer by layer, and back to the pixels it used."
    ),
    t("the network never sees “a cat”. It sees edges, then textures, then parts, and then it guesses."),
)
with frame.guarded():
    question = resolve(current.now(), current.trace_of)
    st.html(three_pictures(question, found(question, current.scheduler())))
    another_photo()
with frame.guarded():
    frame.section(t("What you can find out here"))
    cards([exhibit for exhibit in EXHIBITS if exhibit.name != "start"], current.now())
frame.limits(
    t(
        "These pictures show which parts of a photo a trained network answers to, and which pixels one of its numbers "
        "came from."
    ),
    t(
        "They do not show what the network “thinks”, and not why a pattern matters for its answer: the other "
        "pages test that."
    ),
)
st.html(citation())

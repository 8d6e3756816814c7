"""How dark is too dark? Choose how finely to look, watch the curve grow."""

from functools import partial

import streamlit as st
from ui.dimming.fields import Fields
from ui.dimming.question import resolve
from ui.dimming.scene import scene, sentence
from zfnet_core.exhibits.dimming import compute, table_csv

from ui.shell import current, frame, shared_task, state
from ui.shell.photo_panel import photo_panel
from ui.shell.saving import save_menu
from zfnet_core.photos.images import prepare

SLOT = "dimming:curve"


def asked():
    """What the page is about now."""
    return resolve(state.read(Fields), current.now())


def curve_of(question):
    """The curve as far as it is known."""
    image = partial(prepare, question.photo, question.network.preprocessing, question.crop)
    return shared_task.look(SLOT, question.key, lambda: compute(question.network, image(), question.settings))


def show(question, result, complete) -> None:
    """The curve as far as it is known."""
    if result is None:
        st.progress(0.0, text="The first value comes in a moment …")
        return
    st.line_chart(scene(question, result), x="brightness", y="probability")
    st.markdown(sentence(question, result))
    if complete:
        save_menu([("The numbers (CSV)", "dimming.csv", lambda: table_csv(result).encode())], key="save")


frame.heading("How dark is too dark", "The photo is made darker step by step. When does the network change its mind?")
state.bind(st.segmented_control, Fields, "steps", "Steps", [3, 6, 11], required=True)
shared_task.watch(SLOT, asked(), asked, curve_of, show)
photo_panel()

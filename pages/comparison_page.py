"""Fig. 6: two networks side by side, after the visitor has guessed: the verdict, then one picture for each claim."""

import streamlit as st

from ui.comparison import guess
from ui.comparison.card import draw
from ui.comparison.fields import Fields
from ui.comparison.figure_6_panels import figure_6_panels
from ui.comparison.files import files
from ui.comparison.opponent import about_weights, ask_opponent
from ui.comparison.pictures import filters, gallery
from ui.comparison.question import SLOT, Question, comparison_of, resolve
from ui.comparison.scene import scene
from ui.comparison.table import note, rows
from ui.shell import current, frame, state
from ui.shell.photo_panel import photo_panel
from ui.shell.saving import save_menu
from ui.shell.session import session
from ui.shell.shared_task import watch
from ui.shell.three_values import three_values
from zfnet_core.exhibits import our_results
from zfnet_core.exhibits.comparison.comparison import Comparison
from zfnet_core.language import t


def asked() -> Question:
    """What the page is about now."""
    return resolve(state.read(Fields), current.now(), current.scheduler().network)


def show(question: Question, comparison: Comparison | None, complete: bool) -> None:
    """The verdict, a card for each claim, and what can be saved; filled in while it is measured."""
    if not complete:
        done = comparison.done if comparison else 0.0
        words = t("{done:.0f} % measured on {photos} photos", done=100 * done, photos=len(question.photos))
        st.progress(done, text=words)
    if comparison is None:
        return
    told = scene(comparison, session().memory(guess.Guesses).guesses)
    if complete:
        st.markdown(f"### {told.verdict}")
        with st.container(horizontal=True, vertical_alignment="center"):
            if told.score:
                st.markdown(f"**{told.score}**")
            if st.button(t("Guess again"), type="tertiary", icon=":material/replay:", on_click=guess.again):
                st.rerun()
    with st.grid(2, min_column_width=420):
        for card in told.cards:
            draw(card, question, comparison)
    if complete:
        save_menu(files(question, comparison), key="save")
        with st.expander(t("All numbers: the paper’s, ours, yours")):
            ours = [our_results.of(network, "figure-6") for network in question.networks]
            how = our_results.how(question.networks[0], "figure-6")
            three_values(rows(comparison, ours), note(question, how, any(ours)))


frame.heading(
    t("AlexNet against ZFNet"),
    t("The paper changed the first two layers of AlexNet. Guess what that did, then see it measured."),
    t("not every claim of the paper holds for these two small networks, and the page says which."),
)
with frame.guarded():
    question = asked()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ask_opponent(question.networks[0], question.names)
        with st.popover(t("Photo: {photo}", photo=question.photos[0].title), icon=":material/photo:"):
            photo_panel()
    for sentence in (*question.notes, about_weights(question.networks[1])):
        if sentence:
            st.warning(sentence)
    if revealed := session().memory(guess.Guesses).revealed == question.pair:
        watch(SLOT, question, asked, comparison_of, show)
    else:
        picture, words = filters(question.networks, None)
        st.image(picture, alt=words)
        st.caption(words)
        guess.ask(question)
    if revealed:
        with st.expander(t("More pictures: the gallery, and layer 1 trained in the paper’s manner (Fig. 6 a–c)")):
            if drawn := gallery(question.networks):
                st.image(drawn[0], alt=drawn[1])
                st.caption(drawn[1])
            figure_6_panels()
frame.limits(
    t("This compares two networks that were taught in the same way, on the same photos."),
    t("It is one training of each: a small difference may be chance, and larger networks may differ in other ways."),
)

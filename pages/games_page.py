"""Two games: the answer stays on the server until the guess is given."""

import streamlit as st

from ui.games import pictures, play
from ui.games.fields import MAP, PHOTO, Fields
from ui.shell import current, frame, prediction, state
from zfnet_core.exhibits.games import LEVELS
from zfnet_core.language import t, tn
from zfnet_core.photos import samples

GAMES = {PHOTO: t("Which photo made these maps?"), MAP: t("Which photo will excite this map?")}
EASY = {"conv1": t("easy"), "conv5": t("hard")}


def table() -> None:
    """The round on the table: pictures, four photos, the verdict."""
    with frame.guarded():
        network = current.network()
        key, dealt = play.now(network)
        if state.read(Fields).game == MAP:
            picture, question = pictures.nine_picture(network, dealt), t("Which of the four excites this map most?")
            told = t("The nine places in the gallery’s photos where map {n} of {layer} is strongest.", n=dealt.maps[0],
                     layer=dealt.layer)  # fmt: skip
        else:
            picture, question = pictures.maps_picture(network, dealt), t("Which of the four photos made these maps?")
            told = t("The {n} strongest maps of {layer}, each from 0 (dark) to its own maximum (bright).",
                     n=len(dealt.maps), layer=dealt.layer)  # fmt: skip
        if picture is None:
            st.info(t("There is no gallery of patches for this network; choose the ZFNet or AlexNet of the classroom."))
            return
        left, right = st.columns(2, gap="large")
        with left, st.container(width=440 if state.read(Fields).game == MAP else "stretch"):
            st.image(picture, width="stretch", alt=told)
            st.caption(told)
        with right:
            titles = [t(samples.sample(name).title) for name in dealt.photos]
            with st.container(width=300), st.grid(2, min_column_width=110):
                for name, title in zip(dealt.photos, titles, strict=True):
                    st.image(samples.load(name).pixels, caption=title, width="stretch", alt=title)
            if prediction.ask(key, question, titles):
                prediction.verdict(key, question, titles, dealt.right)
                if dealt.activations:
                    rows = zip(titles, dealt.activations, strict=True)
                    st.caption(" · ".join(f"{title}: {value:.2f}" for title, value in rows))
                right_ones, played = play.score(key, dealt)
                if played:
                    st.markdown(tn("{right} of {n} guess was right.", "{right} of {n} guesses were right.", played,
                                   right=right_ones))  # fmt: skip
                st.button(t("Another round"), type="primary", on_click=play.again, args=(network,), key="again")


frame.heading(
    t("Guess it"),
    t("Look at the pictures, decide, then click: nothing shows the answer before."),
    t("conv1 is easy: its maps still look like the photo. In conv5 you have to think like the network."),
)
with frame.guarded():
    state.bind(st.segmented_control, Fields, "game", t("Game"), tuple(GAMES), format_func=GAMES.get, required=True)
    state.bind(
        st.segmented_control,
        Fields,
        "layer",
        t("Layer"),
        LEVELS,
        format_func=lambda layer: f"{layer} ({EASY[layer]})" if layer in EASY else layer,
        required=True,
    )
    st.fragment(table)()
frame.limits(
    t("What a map keeps of a photo, layer by layer, and how well you can tell."),
    t("Right is the photo with the largest activation in the map, or the one the maps were made from; a map can like a "
      "photo for a reason that none of its nine patches shows."),
)  # fmt: skip

"""Choosing a photo: drop one in, take one, or pick a sample; and the crop that the network sees."""

from __future__ import annotations

import functools

import streamlit as st

from ui import engine, frame, state
from ui.apology import apologetic, sentence
from ui.bars import top_classes
from ui.components.crop_frame import crop_frame
from ui.components.photo_strip import photo_strip, tile
from zfnet_core import sample_photos
from zfnet_core.images import MAX_BYTES, Photo, open_image


def photo_panel() -> None:
    """The photo with its crop, the ways to another photo, and the five most probable classes."""
    with st.container(key="photo-panel"):
        with st.container(key="photo-choice"):
            _photo()
        with st.container(key="photo-answer"):
            _answer()


def _photo() -> None:
    network, photo = engine.network(), engine.photo()
    crop_frame(photo, network.preprocessing, engine.crop(), key="crop", on_move=_move_crop)
    parts = [f"**{photo.name or 'Your photo'}**", _credit(photo), *photo.notes]
    st.caption(" · ".join(part for part in parts if part))
    photo_strip(_strip(), state.view().photo, key="samples", on_pick=choose_sample)
    if state.view().photo == engine.YOURS and "own photo" not in st.session_state:
        st.info(
            "This link was made with somebody’s own photo (photos are forgotten on reload). "
            "Drop yours in below; until then a sample is shown."
        )


def _answer() -> None:
    network = engine.network()
    with frame.guarded():
        top_classes(engine.trace().probabilities[0].cpu().numpy(), network.labels)
    if not network.trained:
        st.warning(f"{network.title} has random weights here, so its answers mean nothing; they are a control.")
    _upload()


@apologetic
def choose_sample(name: str) -> None:
    """Show a sample photo, or the visitor's own again."""
    state.change(photo=name, crop=state.DEFAULTS.crop)


@apologetic
def _move_crop(left: float, top: float) -> None:
    state.change(crop=(round(left, 3), round(top, 3)))


def _credit(photo: Photo) -> str:
    """Whose photo it is, if it is a sample; somebody's upload may have the same name."""
    credits = (sample_photos.sample(n).credit for n in sample_photos.names() if sample_photos.load(n).sha == photo.sha)
    return next(credits, "")


def _upload() -> None:
    if problem := st.session_state.get("photo problem"):
        st.error(f"{problem} The photo before it is still shown.", icon=":material/broken_image:")
    st.file_uploader(
        "Drop in a photo of yours; it stays in this session",
        key="upload",
        on_change=_uploaded,
        max_upload_size=MAX_BYTES >> 20,
    )
    with st.popover("Use the camera", icon=":material/photo_camera:", width="stretch"):
        if st.toggle("Switch the camera on", key="camera on"):
            st.camera_input("Take a photo", key="camera", on_change=_taken)


def _uploaded() -> None:
    _adopt(st.session_state.get("upload"))


def _taken() -> None:
    _adopt(st.session_state.get("camera"))


def _adopt(file: object) -> None:
    """Take over an uploaded photo; one that cannot be read changes nothing but the message."""
    st.session_state.pop("photo problem", None)
    if file is None:
        return
    try:
        st.session_state["own photo"] = open_image(file.getvalue(), file.name)
    except Exception as error:
        st.session_state["photo problem"] = sentence(error)
    else:
        st.session_state.pop("own tile", None)
        choose_sample(engine.YOURS)


def _strip() -> list[tuple[str, str, str]]:
    strip = list(_sample_tiles())
    if own := st.session_state.get("own photo"):
        st.session_state.setdefault("own tile", tile(own.pixels))
        strip.insert(0, (engine.YOURS, f"Your photo {own.name}", st.session_state["own tile"]))
    return strip


@functools.cache
def _sample_tiles() -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (name, sample_photos.sample(name).title, tile(sample_photos.load(name).pixels))
        for name in sample_photos.names()
    )

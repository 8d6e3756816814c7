"""Choosing a photo: drop one in, take one, or pick a sample; and the crop that the network sees."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from ui.shell import current, frame, state
from ui.shell.apology import apologetic, sentence
from ui.shell.bars import top_classes
from ui.shell.chosen import YOURS, Chosen
from ui.shell.crop_frame import crop_frame
from ui.shell.photo_strip import photo_strip, tile
from ui.shell.session import session, widget_value
from zfnet_core.language import t
from zfnet_core.photos import samples
from zfnet_core.photos.apart import open_image
from zfnet_core.photos.decoding import MAX_BYTES, UPLOADED, Photo

STYLE = f"<style>{(Path(__file__).parent / 'photo_panel.css').read_text(encoding='utf-8')}</style>"


@dataclass(eq=False)
class Problems:
    """How many files could not be read in this visit: the number of the last one's problem."""

    count: int = 0


def beside_the_photo(main: Callable[[], None], wide: int = 4) -> None:
    """The photo in a column of its own, and beside it, `wide` times as wide, what `main` draws.

    Another photo or crop runs this again and nothing else of the page; another network the whole page.
    """
    _split(main, wide, current.network().name)


@st.fragment
@frame.guarded()
def _split(main: Callable[[], None], wide: int, network: str) -> None:
    """`network` is the one that the rest of the page was drawn with."""
    if current.network().name != network:
        st.rerun()
    with st.container(key="split"):
        photo_column, main_column = st.columns([1, wide], gap="medium")
        with photo_column, frame.guarded():
            photo_panel()
        with main_column, frame.guarded():
            main()


def photo_panel() -> None:
    """The photo with its crop, the ways to another photo, and the five most probable classes."""
    with st.container(key="photo-panel"):
        with st.container(key="photo-choice"), frame.guarded():
            _photo()
        with st.container(key="photo-answer"), frame.guarded():
            _answer()


def another_photo() -> None:
    """The ways to another photo, without the photo itself."""
    photo_strip(_strip(), state.read(Chosen).photo, key="samples", on_pick=choose_sample)
    _problem()
    _upload()


def _photo() -> None:
    network, photo = current.network(), current.photo()
    crop_frame(
        photo,
        network.preprocessing,
        current.crop(),
        key="crop",
        on_move=_move_crop,
        upload="upload",
        problem=session().memory(Problems).count if "photo" in session().problems else 0,
        on_retry=_forget_problem,
    )
    _problem()
    parts = [f"**{photo.title}**", _credit(photo), *map(t, photo.notes)]
    st.caption(" · ".join(part for part in parts if part))
    if state.read(Chosen).photo == YOURS and session().own_photo is None:
        st.info(
            t(
                "This link was made with somebody’s own photo (photos are forgotten on reload). Drop yours in; until "
                "then a sample is shown."
            )
        )
    photo_strip(_strip(), state.read(Chosen).photo, key="samples", on_pick=choose_sample)


def _answer() -> None:
    # Drawn first, although it stands below: another photo need not wait for what this one is computed to be.
    answer = st.container()
    with frame.guarded():
        _upload()
    with answer, frame.guarded():
        top_classes(current.trace().probabilities[0].cpu().numpy(), current.network())


@apologetic
def choose_sample(name: str) -> None:
    """Show a sample photo, or the visitor's own again."""
    session().problems.pop("photo", None)
    usual = Chosen()
    state.change(Chosen, photo=name, crop=usual.crop, crop_zoom=usual.crop_zoom)


@apologetic
def _move_crop(left: float, top: float, zoom: float) -> None:
    state.change(Chosen, crop=(round(left, 3), round(top, 3)), crop_zoom=round(zoom, 3))


@apologetic
def _forget_problem(number: int) -> None:
    """The browser tells late, and may mean one in whose place another stands by now: that one has to be read yet."""
    visit = session()
    if number == visit.memory(Problems).count:
        visit.problems.pop("photo", None)


def _credit(photo: Photo) -> str:
    """Whose photo it is, if it is a sample; somebody's upload may have the same name."""
    credits = (samples.sample(n).credit for n in samples.names() if samples.load(n).sha == photo.sha)
    return next(credits, "")


def _problem() -> None:
    """What was wrong with the last file, until another one comes."""
    if problem := session().problems.get("photo"):
        still = t("The photo before it is still shown.")
        st.error(f"{problem} {still}", icon=":material/broken_image:")


def _upload() -> None:
    st.html(STYLE)
    st.file_uploader(
        t("A photo of yours; it stays in this session"),
        key="upload",
        on_change=_uploaded,
        max_upload_size=MAX_BYTES >> 20,
        type=UPLOADED,
    )
    # Filled only while open: nobody's camera is asked for before somebody wants it.
    camera = st.popover(
        t("Use the camera"), icon=":material/photo_camera:", width="stretch", on_change="rerun", key="camera-menu"
    )
    if camera.open:
        with camera:
            st.camera_input(t("Take a photo"), key="camera", on_change=_taken)


@apologetic
def _uploaded() -> None:
    _adopt(widget_value("upload"))


@apologetic
def _taken() -> None:
    _adopt(widget_value("camera"))


def _adopt(file: Any) -> None:
    """Take over an uploaded photo; one that cannot be read changes nothing but the message."""
    visit = session()
    visit.problems.pop("photo", None)
    if file is None:
        return
    try:
        visit.own_photo = open_image(file.getvalue(), file.name)
    except Exception as error:
        visit.problems["photo"] = sentence(error)
        visit.memory(Problems).count += 1
    else:
        visit.own_tile = ""
        choose_sample(YOURS)


def _strip() -> list[tuple[str, str, str]]:
    strip = [(name, t(title), picture) for name, title, picture in sample_tiles()]
    visit = session()
    if own := visit.own_photo:
        visit.own_tile = visit.own_tile or tile(own.pixels)
        strip.insert(0, (YOURS, t("Your photo {name}", name=own.name), visit.own_tile))
    return strip


@functools.cache
def sample_tiles() -> tuple[tuple[str, str, str], ...]:
    """(name, English title, small picture as a data URL) of every sample photo."""
    return tuple((name, samples.sample(name).title, tile(samples.load(name).pixels)) for name in samples.names())

"""LeNet-5 reads a digit that the visitor draws or picks, and takes it along to the other pages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import streamlit as st

from ui.architectures.digit_board import digit_board
from ui.shell import current, deeds, going, state
from ui.shell.apology import apologetic, sentence
from ui.shell.bars import top_classes
from ui.shell.chosen import YOURS, Chosen, ChosenUnit
from ui.shell.photo_strip import photo_strip, tile
from ui.shell.session import session
from zfnet_core.language import t
from zfnet_core.models import zoo
from zfnet_core.photos import digits
from zfnet_core.photos.decoding import Photo, photo_of
from zfnet_core.photos.images import CENTRE

SHOWN_PX = 160
FIRST_LOOK = "C3"


@dataclass
class Board:
    """What a visit remembers: the digit that is read, the sample it is (“” for a drawing), and what went wrong."""

    photo: Photo | None = None
    sample: str = ""
    problem: str = ""


def read_a_digit() -> None:
    """The board, the samples, what the network says, and the ways on."""
    board = session().memory(Board)
    left, right = st.columns(2, gap="large")
    with left:
        digit_board("digit-board", _drew)
        st.caption(t("Or take one of ten digits that it has never seen ({credit}):", credit=digits.CREDIT))
        photo_strip(list(sample_tiles()), board.sample, key="digit-samples", on_pick=_pick)
    with right:
        if board.problem:
            st.error(board.problem)
        photo = board.photo or sample_digit("7")
        network = current.scheduler().network(zoo.DIGITS)
        trace = current.trace_of(network, photo, CENTRE)
        seen = t("What LeNet-5 sees: 32 × 32 px")
        st.image(enlarged(photo.pixels), caption=seen, alt=seen, width=SHOWN_PX)
        top_classes(trace.probabilities[0].cpu().numpy(), network)
        with st.container(horizontal=True):
            for page, label, icon in (
                ("look-inside", t("Look inside"), ":material/visibility:"),
                ("occlusion", t("Drag the grey square"), ":material/select:"),
            ):
                st.button(label, icon=icon, key=f"digit-{page}", on_click=_take_along, args=(photo, page))
        measured = network.card.get("accuracy", {}).get("val", {})
        if measured:
            st.caption(
                t(
                    "Of {n} digits that were held out it reads {share} % right. What is no digit becomes one, too.",
                    n=measured["photos"],
                    share=f"{100 * measured['top1']:.1f}",
                )
            )


@cache
def sample_digit(label: str) -> Photo:
    """A held-out digit with that label, as a photo."""
    ink, truth = digits.digits()
    first = len(ink) - digits.HELD_OUT
    place = first + int(np.flatnonzero(truth[first:] == int(label))[0])
    return photo_of(digits.on_paper(digits.in_its_field(ink[place])), label)


@cache
def sample_tiles() -> tuple[tuple[str, str, str], ...]:
    """(name, title, small picture) of a held-out digit of each kind."""
    return tuple((label, label, tile(enlarged(sample_digit(label).pixels))) for label in "0123456789")


def enlarged(pixels: np.ndarray) -> np.ndarray:
    """The same picture, every pixel a square of five."""
    return pixels.repeat(5, axis=0).repeat(5, axis=1)


@apologetic
def _drew(ink: np.ndarray) -> None:
    """Read what was drawn; an empty board changes nothing but the message."""
    board = session().memory(Board)
    board.problem = ""
    try:
        board.photo = photo_of(digits.on_paper(digits.drawn(ink)), t("Your digit"))
    except Exception as error:
        board.problem = sentence(error)
    else:
        board.sample = ""
        deeds.note("digit_drawn")


@apologetic
def _pick(name: str) -> None:
    """Read a sample."""
    board = session().memory(Board)
    if name in "0123456789" and len(name) == 1:
        board.photo, board.sample, board.problem = sample_digit(name), name, ""


@apologetic
def _take_along(photo: Photo, page: str) -> None:
    """The digit becomes the visitor's own photo, on every page, and `page` (its address) is gone to."""
    visit = session()
    visit.own_photo, visit.own_tile = photo, ""
    state.change(Chosen, network=zoo.DIGITS, photo=YOURS, crop=Chosen().crop)
    state.change(ChosenUnit, layer=FIRST_LOOK, unit=())
    going.go(page, {})
    st.rerun()  # the whole page, at once: what speaks in that moment would have only its own part drawn

"""What the teacher puts on the wall: the code, large, as a QR code, and the address."""

from __future__ import annotations

import html

import segno
import streamlit as st

from ui.classroom.reached import address_for, is_only_here
from ui.shell import classroom
from zfnet_core.language import t
from zfnet_core.serving.classes import Asked
from zfnet_core.tables import csv_text


def qr_picture(text: str) -> str:
    """A QR code with its quiet zone as a data URL, black on white."""
    return segno.make(text, error="m", micro=False).png_data_uri(scale=7, border=4)


def board(code: str, seen: str) -> None:
    """Code, address and QR code; `seen` is the address in the teacher's browser."""
    address = address_for(seen, {"class": code})
    st.html(
        '<div class="zf-board" style="display:flex;flex-wrap:wrap;gap:2rem;align-items:center">'
        f'<img src="{qr_picture(address)}" alt="{html.escape(t("QR code of the address"))}">'
        f"<div><div>{html.escape(t('Code of the class'))}</div>"
        f'<div translate="no" style="font-size:4.5rem;font-weight:700;letter-spacing:.12em">{code}</div>'
        f'<div translate="no" style="font-size:1.5rem;word-break:break-all">{html.escape(address)}</div></div></div>'
    )
    if is_only_here(seen):
        st.info(
            t(
                "You opened the dashboard on the machine it runs on. Other devices reach it only if it was started "
                "with `make app ADDRESS=0.0.0.0` and the network lets them."
            )
        )


def votes_csv(asked: tuple[Asked, ...]) -> str:
    """Every question of the class with its options and votes."""
    rows = [
        (number, one.words, option, many, "" if one.answer is None else int(index == one.answer))
        for number, one in enumerate(asked, 1)
        for index, (option, many) in enumerate(zip(one.options, one.votes, strict=False))
    ]
    return csv_text(("question", "words", "option", "votes", "right"), rows)


def past_questions() -> None:
    """The chart of every question so far."""
    for one in classroom.classes().asked(classroom.code()):
        with st.expander(one.words):
            classroom.chart(one.question, one.options, one.answer)

"""Shares as horizontal bars: light HTML, because the most used page should not load a chart library."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st

from zfnet_core.drawing.palette import SHARE, TRACK
from zfnet_core.language import t
from zfnet_core.models.card import is_sure, sure_from
from zfnet_core.models.network import Network

# Where a name and its bar are too wide for one line the bar goes under the name.
LINE = "display:flex;flex-wrap:wrap;gap:0 .5rem;align-items:center"
BAR = "display:flex;flex:1 1 4.6rem;gap:.5rem;align-items:center"
ROW = (
    f'<div role="listitem" style="{LINE};font-size:.875rem;line-height:1.3;padding:.12rem 0">'
    '<span style="flex:1 1 3.6rem;min-width:min-content;max-width:100%;overflow-wrap:break-word">{label}</span>'
    f'<span style="{BAR}"><span style="flex:1 1 .7rem;height:.7rem;border-radius:3px;background:{TRACK}">'
    f'<span style="display:block;height:100%;border-radius:3px;background:{SHARE};width:{{width:.1f}}%"></span></span>'
    '<span style="flex:none;width:3.4rem;text-align:right;font-variant-numeric:tabular-nums">{text}</span></span></div>'
)


def bars(labels: Sequence[str], shares: Sequence[float], title: str) -> None:
    """Draw one bar for each share (0–1), labelled in per cent. `title` is read to people who cannot see them."""
    rows = (
        ROW.format(label=escape(label, quote=True), width=100 * share, text=f"{100 * share:.1f} %")
        for label, share in zip(labels, shares, strict=True)
    )
    st.html(f'<div role="list" aria-label="{escape(title, quote=True)}">{"".join(rows)}</div>')


def answer_in_words(probabilities: np.ndarray, network: Network) -> str:
    """What the network says of a photo with probabilities [classes], and whether that deserves to be believed."""
    best = int(probabilities.argmax())
    label, share = network.names[best], float(probabilities[best])
    if not network.trained:
        return t("Random weights: these words mean nothing.")
    if not share >= 0:
        return t("Its scores are not numbers.")
    return f"**{label}**" if is_sure(network, share) else t("Not sure; best guess: **{label}**", label=label)


def top_classes(probabilities: np.ndarray, network: Network, count: int = 5) -> None:
    """Draw the `count` most probable classes of probabilities [classes] under the answer in words."""
    best = np.argsort(-probabilities, kind="stable")[:count]
    st.markdown(
        answer_in_words(probabilities, network),
        help=t(
            "An answer is given as sure from {share:.0f} % on: of such answers to photos of all kinds of things half "
            "or more were right.",
            share=100 * sure_from(network),
        )
        if network.trained
        else None,
    )
    names = [network.names[index] for index in best]
    bars(names, [float(probabilities[index]) for index in best], t("Most probable classes"))

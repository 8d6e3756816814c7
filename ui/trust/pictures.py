"""Pictures in a row with their captions and descriptions, as plain HTML; every text in it is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st

from zfnet_core.deconvnet.scaling import Scaling
from zfnet_core.drawing.encoding import enlarged, exact_url
from zfnet_core.exhibits.trust import cut_to_field, heat_picture, projection_picture
from zfnet_core.language import t

ROW = "display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.8rem"
IMAGE = "width:100%;aspect-ratio:1;border-radius:.5rem;background:#808080;display:block;image-rendering:auto"


@dataclass(frozen=True)
class Tile:
    """One picture: `url` of its pixels, title, caption (numbers) and description."""

    url: str
    title: str
    caption: str
    alt: str


def row(tiles: Sequence[Tile], label: str) -> None:
    """Show them side by side, as many as fit."""
    figures = "".join(
        f'<figure role="listitem" style="margin:0"><img src="{tile.url}" alt="{escape(tile.alt)}" style="{IMAGE}">'
        f'<figcaption style="font-size:.875rem;line-height:1.3;margin-top:.3rem"><b>{escape(tile.title)}</b><br>'
        f'<span style="opacity:.8" translate="no">{escape(tile.caption)}</span></figcaption></figure>'
        for tile in tiles
    )
    st.html(f'<div role="list" aria-label="{escape(label)}" style="{ROW}">{figures}</div>')


def projection_tile(
    pixels: np.ndarray, box: tuple[int, int, int, int], scaling: Scaling, title: str, caption: str
) -> Tile:
    """A projection [3, H, W], cut to the square around the receptive field `box`; grey is zero."""
    cut, picture = cut_to_field(pixels, box), projection_picture(pixels, box, scaling)
    lit = float((cut != 0).any(axis=0).mean())
    alt = t(
        "{title}: {caption}; {share} of the field is not zero.",
        title=title,
        caption=caption,
        share=f"{100 * lit:.0f} %",
    )
    return Tile(exact_url(enlarged(picture, (0, 0, picture.shape[0]))), title, caption, alt)


def heat_tile(values: np.ndarray, title: str, caption: str) -> Tile:
    """A map of evidence [H, W]: the least dark, the most bright."""
    down, right = np.unravel_index(int(values.argmax()), values.shape)
    alt = t(
        "{title}: largest at row {row}, column {column}. {caption}",
        title=title,
        row=int(down),
        column=int(right),
        caption=caption,
    )
    return Tile(exact_url(heat_picture(values)), title, caption, alt)

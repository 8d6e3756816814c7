"""The three pictures and the cards as HTML: everything that is not ours is escaped."""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np

from ui.shell.exhibit import Exhibit
from ui.shell.glossary import explained
from ui.start.question import Question
from zfnet_core.drawing.encoding import data_url, enlarged, exact_url
from zfnet_core.drawing.map_pictures import framed_picture
from zfnet_core.drawing.palette import viridis
from zfnet_core.exhibits.start import ThreePictures
from zfnet_core.language import t, tn
from zfnet_core.models.card import is_sure

STYLE = Path(__file__).parent / "start.css"
ACROSS, GAP_PX, LEAST_PX = 3, 3, 110


def three_pictures(question: Question, found: ThreePictures) -> str:
    """Photo → maps → pixels, with a sentence under each."""
    photo = question.photo
    top, left, bottom, right = found.box
    side = max(bottom - top, right - left)
    numbers = ", ".join(str(number) for number, _ in found.maps)
    steps = (
        (
            data_url(framed_picture(photo, found.box)),
            t(
                "The photo as the network sees it; a frame from row {top} to {bottom} and column {left} to {right}.",
                top=top,
                bottom=bottom - 1,
                left=left,
                right=right - 1,
            ),
            t("1 · The photo"),
            t("The network looks at this square. {answer}", answer=answer(question)),
        ),
        (
            exact_url(sheet([picture for _, picture in found.maps])),
            t(
                "The strongest feature maps of layer {layer}: numbers {numbers}.",
                layer=found.maps_layer,
                numbers=numbers,
            ),
            t("2 · What its filters found"),
            tn(
                "The strongest feature map of layer {layer}; yellow is where its filter found its pattern.",
                "The {n} strongest feature maps of layer {layer}; yellow is where a filter found its pattern.",
                len(found.maps),
                layer=found.maps_layer,
            ),
        ),
        (
            exact_url(enlarged(found.pixels, (0, 0, side))),
            t(
                "Projection of map {map} of layer {layer}: the pixels behind its strongest unit, on grey.",
                map=found.unit.map,
                layer=found.unit_layer,
            ),
            t("3 · Back to pixels"),
            t(
                "Deeper, in layer {layer}, map {map} answered most. These pixels in the frame are why: its projection.",
                layer=found.unit_layer,
                map=found.unit.map,
            ),
        ),
    )
    known: set[str] = set()
    figures = []
    for number, (url, alt, title, words) in enumerate(steps):
        figures.append(
            f'<figure><img src="{url}" alt="{escape(alt, quote=True)}"><figcaption><b>{escape(title)}</b>'
            f"<span>{explained(words, known, block=f'step{number}')}</span></figcaption></figure>"
        )
    arrow = '<span class="zf-arrow" aria-hidden="true">→</span>'
    return f'<div class="zf-steps">{arrow.join(figures)}</div>'


def answer(question: Question) -> str:
    """What the network says of the photo, in one sentence without markup."""
    network = question.trace.network
    shares = question.trace.probabilities[0].cpu().numpy()
    best = int(shares.argmax())
    if not network.trained or not shares[best] >= 0:
        return t("Its weights are random: it has no answer.")
    if is_sure(network, float(shares[best])):
        return t("Its answer: {label}.", label=network.names[best])
    return t("It is not sure; its best guess: {label}.", label=network.names[best])


def sheet(maps: list[np.ndarray]) -> np.ndarray:
    """Maps uint8 [rows, columns] as one square of `ACROSS` by `ACROSS` in viridis, pixels enlarged: uint8 [H, W, 3]."""
    rows, columns = maps[0].shape
    times = -(-LEAST_PX // max(rows, columns))
    high, wide = rows * times + GAP_PX, columns * times + GAP_PX
    whole = np.full((ACROSS * high - GAP_PX, ACROSS * wide - GAP_PX, 3), 128, np.uint8)
    for place, levels in enumerate(maps[: ACROSS * ACROSS]):
        top, left = place // ACROSS * high, place % ACROSS * wide
        picture = viridis()[levels].repeat(times, axis=0).repeat(times, axis=1)
        whole[top : top + rows * times, left : left + columns * times] = picture
    return whole


def card(exhibit: Exhibit, url: str) -> str:
    """The picture of an exhibit's card (`url`, "" without one), and where in the paper, how long, what for."""
    picture = f'<img src="{url}" alt="">' if url else ""
    about = [exhibit.figure] if exhibit.figure.strip("– ") else []
    about.append(tn("{n} minute", "{n} minutes", exhibit.minutes))
    return (
        f'<div class="zf-card">{picture}<p class="zf-about">{escape(" · ".join(about))}</p>'
        f"<p>{escape(t(exhibit.lead))}</p></div>"
    )


def citation() -> str:
    """The paper, with its DOI."""
    words = t("Everything here follows one paper:")
    return (
        f'<p class="zf-cite">{escape(words)} Matthew D. Zeiler and Rob Fergus, '
        "<cite>Visualizing and Understanding Convolutional Networks</cite>, ECCV 2014, LNCS 8689, 818–833. "
        '<a href="https://doi.org/10.1007/978-3-319-10590-1_53" target="_blank" rel="noopener noreferrer">'
        'doi:10.1007/978-3-319-10590-1_53</a> · <a href="https://arxiv.org/abs/1311.2901" target="_blank" '
        'rel="noopener noreferrer">arXiv:1311.2901</a></p>'
    )

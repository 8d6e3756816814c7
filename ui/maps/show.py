"""Everything that is known about one map: its name, nine, kernel, readers, and the classes it speaks for."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
import torch

from ui.maps.question import Question
from zfnet_core.deconvnet.projection import strongest_unit
from zfnet_core.deconvnet.scaling import as_picture
from zfnet_core.drawing.encoding import enlarged, exact_url
from zfnet_core.drawing.signed import signed_colours
from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.maps import Speaks, name_of
from zfnet_core.language import t
from zfnet_core.models.network import Network
from zfnet_core.models.steps import INPUT
from zfnet_core.models.wiring import Wiring, readers, wiring
from zfnet_core.photos.folder_names import spoken
from zfnet_core.top_activations.film import bundled_film

ROW = "display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:1rem;max-width:60rem"
IMAGE = "width:100%;border-radius:.5rem;display:block;image-rendering:auto;background:#808080"
READERS, CLASSES, KERNELS, EPOCHS = 8, 5, 9, 9


def title(question: Question) -> str:
    """The map with its working name."""
    values = {"layer": question.layer.name, "map": question.map}
    place = t("{layer}, map {map}", **values) if question.layer.spatial else t("{layer}, unit {map}", **values)
    name = question.name
    if name is None:
        return place
    if not name.word:
        return t("{place}: no name (its nine show different things)", place=place)
    return t(
        "{place}: “{word}”, {count} of {of} (a guess)",
        place=place,
        word=spoken(name.word),
        count=name.count,
        of=name.of,
    )


def dossier(question: Question, speaks: Speaks) -> None:
    """The parts one after the other."""
    st.html(f'<h2 class="zf-section">{escape(title(question))}</h2>')
    nine(question)
    grew(question)
    left, right = st.columns(2, gap="large")
    with left:
        classes(question, speaks)
        read_by(question)
    with right:
        kernels(question)


def elsewhere(question: Question) -> list[tuple[str, str, str, dict[str, str]]]:
    """(page, label, icon, address) of the other pages about this map."""
    network, layer, map = question.network.name, question.layer.name, str(question.map)
    unit = strongest_unit(question.trace, layer, question.map)
    place = {"network": network, "layer": layer, "unit": f"{unit.map}-{unit.row}-{unit.column}"}
    found = [
        ("contributions", t("How one number of it is made"), ":material/calculate:", place),
        ("look_inside", t("Look inside, where it is strongest"), ":material/visibility:", place),
    ]
    if question.name is not None:
        nine_of = {"network": network, "features_layer": layer, "features_map": map}
        grown = {"network": network, "evolution_layer": layer}
        found += [
            ("features", t("Its nine, large"), ":material/grid_view:", nine_of),
            ("evolution", t("How its layer grew"), ":material/timeline:", grown),
        ]
    return [(f"pages/{name}_page.py", label, icon, asked) for name, label, icon, asked in found]


def nine(question: Question) -> None:
    """The nine strongest patches with their projections."""
    gallery, layer, map = question.gallery, question.layer.name, question.map
    if gallery is None or question.name is None:
        return
    what = ", ".join(f"{spoken(word)} {count}" for word, count in question.name.shows) or t(
        "nothing: the map is silent"
    )
    pictures = [(gallery.sprite(layer, map), t("Nine projections"))]
    if (patches := gallery.patches_sprite(layer, map)) is not None:
        pictures.insert(0, (patches, t("Nine patches")))
    figures = "".join(
        f'<figure style="margin:0"><img src="data:image/webp;base64,{base64.b64encode(picture).decode()}" '
        f'alt="{escape(f"{words}: {what}")}" style="{IMAGE}"><figcaption style="font-size:.875rem">{escape(words)}'
        "</figcaption></figure>"
        for picture, words in pictures
    )
    st.html(f'<div style="{ROW}">{figures}</div>')
    st.caption(
        t("The photos show: {what}.", what=_plain(what)) + (f" {_plain(gallery.credit)}" if gallery.credit else "")
    )


def grew(question: Question) -> None:
    """Its strongest unit's projection after some epochs of training, where the film of the network holds the map."""
    film = bundled_film(question.network.name) if question.gallery is not None else None
    names = () if film is None else tuple(one.layer for one in film.layers)
    if film is None or question.layer.name not in names:
        return
    table = film.layer(question.layer.name)
    st.html(f'<h3 class="zf-section">{escape(t("How it grew"))}</h3>')
    if question.map not in table.maps:
        listed = ", ".join(map(str, table.maps))
        st.caption(t("The film of the training keeps {n} maps of this layer: {maps}.", n=len(table.maps), maps=listed))
        return
    at, last = table.maps.index(question.map), len(film.epochs) - 1
    chosen = sorted({round(step * last / (EPOCHS - 1)) for step in range(EPOCHS)})
    figures = "".join(
        f'<figure style="margin:0"><img src="{exact_url(table.pictures[at, column])}" '
        f'alt="{escape(_spoken(film.epochs[column], float(table.values[at, column])))}" '
        f'style="{IMAGE};image-rendering:pixelated"><figcaption style="font-size:.875rem" translate="no">'
        f"{escape(t('epoch {epoch}', epoch=film.epochs[column]))}</figcaption></figure>"
        for column in chosen
    )
    st.html(f'<div style="{ROW.replace("10rem", "5rem")}">{figures}</div>')
    st.caption(
        t("The projection of its strongest unit among {n} training photos, after so many epochs.", n=film.photos)
    )


def _spoken(epoch: int, value: float) -> str:
    return t("Epoch {epoch}: its strongest unit says {value}.", epoch=epoch, value=f"{value:.2f}")


def classes(question: Question, speaks: Speaks) -> None:
    """Which classes it speaks for and against on this photo."""
    labels = question.network.names
    st.html(f'<h3 class="zf-section">{escape(t("Which classes it speaks for, on this photo"))}</h3>')
    groups = ((t("for"), speaks.most(CLASSES)), (t("against"), speaks.least(CLASSES)))
    if not any(found for _, found in groups):
        st.caption(t("For none: the map is silent here."))
        return
    lines = [
        f'<li>{escape(word)} <b>{escape(labels[index])}</b> <span translate="no">{value:+.3f}</span></li>'.replace(
            "+-", "−"
        ).replace(">-", ">−")
        for word, found in groups
        for index, value in found
    ]
    st.html(f"<ul style='margin:0'>{''.join(lines)}</ul>")
    st.caption(t("By how much the score falls when the map is set to zero: exact, before the softmax."))


def read_by(question: Question) -> None:
    """The maps above that are most strongly connected to it."""
    found = readers(question.network, question.layer.step, question.map, READERS)
    if not found:
        return
    st.html(f'<h3 class="zf-section">{escape(t("Who reads it most strongly"))}</h3>')
    lines = [
        f"<li>{escape(t('{step}, map {map}', step=step, map=map) + _called(question, step, map))} "
        f'<span translate="no">{value:.3f}</span></li>'
        for step, map, value in found
    ]
    st.html(f"<ul style='margin:0'>{''.join(lines)}</ul>")
    st.caption(t("The root of the sum of squares of the kernel between the two (our choice). Names are guesses."))


def _called(question: Question, step: str, map: int) -> str:
    """The working name of a reader, in quotation marks; "" where it has none."""
    gallery = question.gallery
    if gallery is None or step not in gallery.found.layers:
        return ""
    word = name_of(gallery, step, map).word
    return f" “{spoken(word)}”" if word else ""


def kernels(question: Question) -> None:
    """What it is made of: its filter in colour, or its strongest kernels."""
    try:
        wired = wiring(question.network, question.layer.step, question.map)
    except UnknownName:
        return
    st.html(f'<h3 class="zf-section">{escape(t("Its filter"))}</h3>')
    figures = "".join(
        f'<figure style="margin:0"><img src="{exact_url(pixels)}" alt="{escape(words)}" '
        f'style="{IMAGE};image-rendering:pixelated">'
        f'<figcaption style="font-size:.875rem" translate="no">{escape(words)}</figcaption></figure>'
        for pixels, words in kernel_pictures(question.network, wired)
    )
    st.html(f'<div style="{ROW.replace("10rem", "5rem")}">{figures}</div>')


def kernel_pictures(network: Network, wired: Wiring) -> Sequence[tuple[np.ndarray, str]]:
    """The filter of the first layer in colour, or the strongest kernels on one scale: (uint8 [h, w, 3], its words)."""
    side = wired.kernels.shape[-1]
    if wired.reads == INPUT:
        picture = as_picture(torch.from_numpy(np.ascontiguousarray(wired.kernels)), "symmetric")
        return [(enlarged(picture, (0, 0, side)), t("{n} × {n} × 3, grey is zero", n=side))]
    reads = {layer.step: layer.name for layer in network.layers}.get(wired.reads, wired.reads)
    top, found = float(np.abs(wired.kernels).max(initial=0.0)), []
    for at in wired.strongest(KERNELS):
        picture = signed_colours(wired.kernels[at], top)
        words = t("map {map} of {step}", map=int(wired.maps[at]), step=reads)
        found.append((picture.repeat(16, 0).repeat(16, 1), words))
    return found


def _plain(words: str) -> str:
    """Names from folders, never markup."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+!|<>~$" else letter for letter in words)

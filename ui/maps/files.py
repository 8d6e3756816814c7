"""The files that the page offers to save: what is known about the map as a figure, tables, and a script."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from ui.maps.question import Question
from ui.maps.show import CLASSES, READERS, kernel_pictures, title
from ui.shell.saving import File, figure_files
from zfnet_core.drawing.captioned import Panel
from zfnet_core.drawing.page import WhitePage
from zfnet_core.errors import UnknownName
from zfnet_core.exhibits import maps
from zfnet_core.exhibits.maps import Speaks
from zfnet_core.language import t
from zfnet_core.models.wiring import Wiring, readers, wiring
from zfnet_core.photos import samples


def files(question: Question, speaks: Speaks) -> list[File]:
    """(label, file name, function that makes its bytes) of each file."""
    network, name = question.network, f"{question.network.name}-{question.layer.name}-map-{question.map}"
    sample = question.current.photo_name if question.current.photo_name in samples.names() else None
    script = maps.script(network, sample, question.current.crop, question.settings)
    above = readers(network, question.layer.step, question.map, READERS)
    return [
        *figure_files(t("The figure"), name, lambda: figure(question, speaks)),
        (t("All classes (CSV)"), f"{name}-classes.csv", lambda: maps.classes_csv(speaks, network.labels).encode()),
        (t("Connections (CSV)"), f"{name}-connections.csv", lambda: maps.wiring_csv(wired(question), above).encode()),
        (t("Script that repeats it (Python)"), f"{name}.py", script.encode),
    ]


def wired(question: Question) -> Wiring | None:
    """What the map reads; None where no layer with weights makes it."""
    try:
        return wiring(question.network, question.layer.step, question.map)
    except UnknownName:
        return None


def figure(question: Question, speaks: Speaks) -> WhitePage:
    """Its nine, its kernels, the classes that it speaks for, and who reads it."""
    gallery, layer, map = question.gallery, question.layer.name, question.map
    nine: list[Panel] = []
    if gallery is not None and question.name is not None:
        if (patches := gallery.patches_sprite(layer, map)) is not None:
            nine.append(Panel(_pixels(patches), t("Nine patches")))
        nine.append(Panel(_pixels(gallery.sprite(layer, map)), t("Nine projections")))
    own = wired(question)
    kernels = [] if own is None else [Panel(pixels, words) for pixels, words in kernel_pictures(question.network, own)]
    return maps.figure(
        f"{question.network.title} · {title(question)}", nine, (t("Its filter"), kernels), _sentences(question, speaks)
    )


def _sentences(question: Question, speaks: Speaks) -> list[str]:
    labels, found = question.network.labels, []
    for words, classes in ((t("for"), speaks.most(CLASSES)), (t("against"), speaks.least(CLASSES))):
        listed = ", ".join(labels[index] + f" {value:+.3f}".replace("-", "−") for index, value in classes)
        if listed:
            found.append(f"{t('Which classes it speaks for, on this photo')} – {words}: {listed}.")
    above = readers(question.network, question.layer.step, question.map, READERS)
    if above:
        listed = ", ".join(f"{step} {map} ({value:.3f})" for step, map, value in above)
        found.append(f"{t('Who reads it most strongly')}: {listed}.")
    if question.gallery is not None and question.gallery.credit:
        found.append(question.gallery.credit)
    return found


def _pixels(picture: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))

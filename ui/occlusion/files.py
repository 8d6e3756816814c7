"""What can be saved of one living picture: the figure, the numbers, and a program that repeats them."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from ui.occlusion.question import Question
from ui.shell.saving import File, figure_files
from zfnet_core.drawing.page import WhitePage
from zfnet_core.exhibits import occlusion
from zfnet_core.exhibits.occlusion import Sweep
from zfnet_core.language import t
from zfnet_core.photos import samples


def files(question: Question, sweep: Sweep, elsewhere: bytes | None) -> list[File]:
    """(label, file name, function that makes its bytes) of each; `elsewhere` as in `MapPicture`."""
    name = f"{question.network.name}-{question.photo_name}-occlusion"
    return [
        *figure_files(t("The figure"), name, lambda: figure(question, sweep, elsewhere)),
        (t("The grid (CSV)"), f"{name}.csv", lambda: csv(question, sweep).encode()),
        (t("Script that repeats it (Python)"), f"{name}.py", lambda: script(question).encode()),
    ]


def figure(question: Question, sweep: Sweep, elsewhere: bytes | None = None) -> WhitePage:
    """Fig. 7 with its panels in a row."""
    nine = None if elsewhere is None else np.asarray(Image.open(io.BytesIO(elsewhere)).convert("RGB"))
    return occlusion.figure(
        question.trace,
        sweep,
        question.occluder,
        question.class_index,
        question.map,
        photo_name=question.title,
        elsewhere=nine,
    )


def csv(question: Question, sweep: Sweep) -> str:
    """The grid, one line for each position."""
    return occlusion.csv(sweep, question.network.labels, question.class_index, question.map)


def script(question: Question) -> str:
    """A program that prints the same grid."""
    sample = question.photo_name if question.photo_name in samples.names() else None
    return occlusion.script(
        question.network, sample, question.crop, question.settings, question.class_index, question.map
    )

"""What a classifier and its curves say, as files: tables as CSV, Fig. 9 as a figure, and a script that repeats it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zfnet_core.drawing.page import WhitePage
from zfnet_core.drawing.palette import OKABE_ITO, QUIET
from zfnet_core.exhibits.transfer.classifier import Training
from zfnet_core.exhibits.transfer.few_photos import Curve, LayerTable
from zfnet_core.exhibits.transfer.validation import Validation
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.tables import csv_text

SCRIPT = '''"""Teaches new classes as on the page: run it in the project's folder with `python transfer.py`.

Put your photos in the folder `my-photos`, one folder inside it for each class.
"""

from pathlib import Path

import numpy as np
import torch

from zfnet_core.exhibits.transfer import Training, features_of, fit, validate
from zfnet_core.models import checkpoints, zoo
from zfnet_core.photos.corpus import open_corpus
from zfnet_core.photos.decoding import open_image

torch.set_num_threads(1)
network, layer, training = {network}, {layer!r}, {training!r}
corpus = open_corpus([Path("my-photos")])
names, labels = np.unique(corpus.labels, return_inverse=True)
rows = [
    features_of(network, corpus.prepare(index, network.preprocessing)[None], [layer])[layer][0]
    for index in range(len(corpus))
]
features = np.stack(rows)
classifier, validation = fit(features, labels, training), validate(features, labels, training)
print(f"{{len(corpus)}} photos of {{', '.join(names)}}")
if validation.accuracy is not None:
    print(f"right on {{validation.right}} of {{len(labels)}} photos that it was not taught with")
    print(validation.confusion)
'''


def classes_csv(photos: Sequence[str], names: Sequence[str], validation: Validation) -> str:
    """One line for each photo: its name, its class, and what it was taken for by a classifier that had not seen it."""
    rows = [
        (photo, names[truth], names[answer] if answer >= 0 else None)
        for photo, truth, answer in zip(photos, validation.truth, validation.answers, strict=True)
    ]
    return csv_text(["photo", "class", "taken for"], rows)


def curve_csv(curve: Curve) -> str:
    """One line for each number of photos a class: the mean, the spread, and every random choice, in per cent."""
    repeats = [f"choice {number + 1}" for number in range(curve.settings.repeats)]
    rows = [
        (count, *map(_known, (mean, spread, *values)))
        for count, mean, spread, values in zip(curve.counts, curve.means, curve.spreads, curve.accuracy, strict=True)
    ]
    return csv_text(["photos a class", "mean", "standard deviation", *repeats], rows)


def layers_csv(table: LayerTable) -> str:
    """One line for each layer and classifier, in per cent."""
    rows = []
    for layer in table.layers:
        for kind in table.kinds:
            found = table.value(layer, kind)
            rows.append((layer, kind, *(found or (None, None))))
    return csv_text(["layer", "classifier", "mean", "standard deviation"], rows)


def figure(curve: Curve, title: str, paper: Sequence[tuple[int, float]] = ()) -> WhitePage:
    """Fig. 9 for these classes: accuracy against photos a class, with the spread; `paper` are its printed values."""
    page = WhitePage(760, 460)
    page.text(70, 14, title, large=True, within=660)
    axes = page.panel(70, 56, 660, 340, xlabel="photos a class", ylabel="right, % (mean over classes)", ylim=(0, 102))
    means, spreads = curve.means, np.nan_to_num(curve.spreads)
    axes.errorbar(curve.counts, means, spreads, color=OKABE_ITO["blue"], marker="o", capsize=3, label="these classes")
    if paper:
        axes.plot(*zip(*paper, strict=True), color=QUIET, marker="s", ls="--", label="the paper, Caltech-256")
    axes.legend(frameon=False, loc="lower right")
    return page


def script(network: Network, layer: str, training: Training) -> str:
    """A program that teaches the same classifier on photos in folders."""
    return SCRIPT.format(network=zoo.as_code(network.name, network.architecture), layer=layer, training=training)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

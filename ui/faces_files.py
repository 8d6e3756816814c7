"""The correspondence analysis as files: every pair as CSV, and a script that repeats it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import numpy as np

from ui.faces_work import CHOSEN
from zfnet_core.experiments.correspondence import Correspondence

SCRIPT = '''"""Repeats the correspondence analysis of Table 1: run it in the project's folder with `python {file}`."""

import torch

from zfnet_core import marked_faces, sample_photos
from zfnet_core.experiments.correspondence import CorrespondenceSettings, correspondence
from zfnet_core.images import prepare
from zfnet_core.models import zoo

torch.set_num_threads(1)
network = zoo.load({network!r})
photos = {photos}
images = torch.cat([prepare(photo, network.preprocessing) for photo in photos])
settings = {settings!r}
for found in correspondence(network, images, settings):
    print(f"\\r{{found.done:.0%}}", end="", flush=True)
print()
for layer in settings.layers:
    for part in found.signs_differ:
        print(f"{{layer:14}} {{part:10}} {{found.mean(part, layer):.4f}} ± {{found.spread(part, layer):.4f}}")
'''


def pairs_csv(found: Correspondence) -> Callable[[], bytes]:
    """A function that makes the CSV: one line for each hidden part, repeat and pair of photos."""

    def make() -> bytes:
        stream = io.StringIO()
        lines = csv.writer(stream)
        lines.writerow(["hidden", "repeat", "first photo", "second photo", *found.settings.layers])
        for part, values in found.signs_differ.items():
            for repeat, pairs in enumerate(values):
                for (i, j), row in zip(found.pairs, pairs, strict=True):
                    if not np.isnan(row).any():
                        lines.writerow([part, repeat + 1, i + 1, j + 1, *(f"{value:.6g}" for value in row)])
        return stream.getvalue().encode()

    return make


def script(found: Correspondence, faces: str, photos: str) -> Callable[[], bytes]:
    """A function that makes the script for a set of marked `faces`, or for the chosen sample `photos`."""
    load = f"[one.photo for one in marked_faces.load({faces!r})]"
    if faces == CHOSEN:
        load = f"[sample_photos.load(name) for name in {photos.split()!r}]  # open_image(…) for your own files"
    text = SCRIPT.format(file="correspondence.py", network=found.network, photos=load, settings=found.settings)
    return lambda: text.encode()

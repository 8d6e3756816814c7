"""The correspondence analysis as text: every pair as CSV, and a script that repeats numbers and figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zfnet_core.exhibits.correspondence.measure import Correspondence, CorrespondenceSettings
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos.framed import FramedPhoto, list_as_code
from zfnet_core.tables import csv_text

SCRIPT = '''"""Repeats Table 1 and Fig. 8 as the page shows them: draws correspondence.png and prints the means.

Run it in the project's folder with `python correspondence.py`.
"""

from pathlib import Path

import torch

from zfnet_core.exhibits.correspondence.figure import figure
from zfnet_core.exhibits.correspondence.measure import CorrespondenceSettings, correspondence, verdict
from zfnet_core.models import checkpoints, zoo
from zfnet_core.photos import marked_faces, samples
from zfnet_core.photos.framed import FramedPhoto, inputs
from zfnet_core.photos.decoding import open_image
from zfnet_core.photos.images import Crop

torch.set_num_threads(1)
network = {network}
photos = {photos}
images = inputs(photos, network.preprocessing)
settings = {settings!r}
for found in correspondence(network, images, settings):
    print(f"\\r{{100 * found.done:.0f}} %", end="", flush=True)
print()
page = figure(network, images, found, [one.title for one in photos])
Path("correspondence.png").write_bytes(page.file("png"))
print(verdict(found))
for layer in settings.layers:
    for part in found.signs_differ:
        print(f"{{layer:14}} {{part:10}} {{found.mean(part, layer):.4f}} ± {{found.spread(part, layer):.4f}}")
'''


def csv(found: Correspondence) -> str:
    """One line for each hidden part, repeat and pair of photos; photos and repeats are counted from 1."""
    rows = [
        (part, repeat + 1, i + 1, j + 1, *map(float, row))
        for part, values in found.signs_differ.items()
        for repeat, pairs in enumerate(values)
        for (i, j), row in zip(found.pairs, pairs, strict=True)
        if not np.isnan(row).any()
    ]
    return csv_text(["hidden", "repeat", "first photo", "second photo", *found.settings.layers], rows)


def script(network: Network, photos: Sequence[FramedPhoto], settings: CorrespondenceSettings, marked: str = "") -> str:
    """A program that repeats the measurement; `marked` names the bundled set that the photos are of, if they are."""
    bundled = f"[FramedPhoto(one.photo) for one in marked_faces.load({marked!r})]"
    return SCRIPT.format(
        network=zoo.as_code(network.name, network.architecture),
        photos=bundled if marked else list_as_code(photos),
        settings=settings,
    )

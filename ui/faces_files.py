"""The correspondence analysis as files: the hidden photos as PNG, every pair as CSV, and a script that repeats both."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import numpy as np

from ui import faces_work
from ui.saving import png_file
from ui.script_lines import network_line, photo_line
from zfnet_core.experiments.correspondence import Correspondence
from zfnet_core.experiments.correspondence_figure import figure
from zfnet_core.models.network import Network

SCRIPT = '''"""Repeats Table 1 and Fig. 8 as the page shows them: draws correspondence.png and prints the means.

Run it in the project's folder with `python correspondence.py`.
"""

from pathlib import Path

import torch
from PIL import Image

from zfnet_core import marked_faces, sample_photos
from zfnet_core.experiments.correspondence import CorrespondenceSettings, correspondence
from zfnet_core.experiments.correspondence_figure import figure
from zfnet_core.images import open_image, prepare
from zfnet_core.models import checkpoints, zoo

torch.set_num_threads(1)
network = {network}
photos = {photos}
images = torch.cat([prepare(photo, network.preprocessing) for photo in photos])
settings = {settings!r}
for found in correspondence(network, images, settings):
    print(f"\\r{{found.done:.0%}}", end="", flush=True)
print()
Image.fromarray(figure(network, images, found, [photo.name for photo in photos])).save("correspondence.png")
for layer in settings.layers:
    for part in found.signs_differ:
        print(f"{{layer:14}} {{part:10}} {{found.mean(part, layer):.4f}} ± {{found.spread(part, layer):.4f}}")
'''


def files(
    network: Network, faces: faces_work.Faces, found: Correspondence
) -> list[tuple[str, str, Callable[[], bytes]]]:
    """What can be saved: (label, file name, function that makes its bytes)."""
    name = f"{network.name}-correspondence"
    titles = [photo.name or "Your photo" for photo in faces.photos]
    return [
        (
            "The hidden photos (PNG)",
            f"{name}.png",
            png_file(lambda: figure(network, faces_work.inputs(network, faces), found, titles)),
        ),
        ("Every pair (CSV)", f"{name}.csv", pairs_csv(found)),
        ("Script (Python)", f"{name}.py", script(network, faces, found)),
    ]


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


def script(network: Network, faces: faces_work.Faces, found: Correspondence) -> Callable[[], bytes]:
    """A function that makes the script for the marked faces, or for the photos that are shown."""
    photos = f"[one.photo for one in marked_faces.load({faces.marked!r})]"
    if not faces.marked:
        photos = "[\n" + "\n".join(photo_line(photo) for photo in faces.photos) + "\n]"
    text = SCRIPT.format(network=network_line(network), photos=photos, settings=found.settings)
    return lambda: text.encode()

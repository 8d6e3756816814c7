"""A sweep as files: its grid as CSV, and a script that repeats it."""

from __future__ import annotations

from collections.abc import Sequence

from zfnet_core.exhibits.occlusion.occluder import OcclusionSettings
from zfnet_core.exhibits.occlusion.sweep import Sweep
from zfnet_core.models.network import Network
from zfnet_core.models.saved_script import filled
from zfnet_core.photos.images import Crop
from zfnet_core.tables import csv_text

SCRIPT = '''"""Repeats an occlusion sweep (Fig. 7): run it in the project's folder with `python occlusion.py`."""

from pathlib import Path

import torch

from zfnet_core.exhibits.occlusion import OcclusionSettings, whole_sweep
from zfnet_core.models import checkpoints, zoo
from zfnet_core.photos import samples
from zfnet_core.photos.decoding import open_image
from zfnet_core.photos.images import Crop, prepare

torch.set_num_threads(1)
network = {network}
photo = {photo}
image = prepare(photo, network.preprocessing, {crop!r})
settings = {settings!r}
class_index, feature_map = {class_index!r}, {map!r}

sweep = whole_sweep(network, image, settings, follow=[class_index])
print(f"{{network.title}}, {{photo.name}}: {{sweep.known.size}} positions in {{sweep.seconds:.1f}} s")
print(f"untouched: {{network.labels[class_index]}} {{sweep.clean_probabilities[class_index]:.5f}},", end=" ")
print(f"{{sweep.layer}} map {{feature_map}} total {{sweep.clean_map_totals[feature_map]:.3f}}")
print("top left probability total label")
for row, top in enumerate(sweep.tops_px):
    for column, left in enumerate(sweep.lefts_px):
        probability = sweep.probability_of(class_index)[row, column]
        total = sweep.total_of(feature_map)[row, column]
        print(top, left, f"{{probability:.5f}}", f"{{total:.3f}}", network.labels[sweep.class_indices[row, column]])
'''


def csv(sweep: Sweep, labels: Sequence[str], class_index: int, map: int) -> str:
    """One line for each position: place, probability of a class, total of a map, and the most probable class."""
    columns = (
        *("top_px", "left_px", "height_px", "width_px"),
        *(f"probability of {labels[class_index]}", f"total of {sweep.layer} map {map}"),
        *("most probable class", "its probability"),
    )
    size, answers = (sweep.settings.height_px, sweep.settings.width_px), sweep.class_indices
    shares, totals = sweep.probability_of(class_index), sweep.total_of(map)
    rows = []
    for row, top in enumerate(sweep.tops_px):
        for column, left in enumerate(sweep.lefts_px):
            followed = (shares[row, column], totals[row, column])
            answer = labels[answers[row, column]], sweep.class_probabilities[row, column]
            rows.append((top, left, *size, *followed, *answer))
    return csv_text(columns, rows, digits=7)


def script(
    network: Network, sample: str | None, crop: Crop, settings: OcclusionSettings, class_index: int, map: int
) -> str:
    """A program that prints the same grid. `sample` names a sample photo; None stands for a file of one's own."""
    return filled(SCRIPT, network, sample, crop, settings=settings, class_index=class_index, map=map)

"""A sweep as files: its grid as CSV, and a script that repeats it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from zfnet_core.experiments.covering import OcclusionSettings
from zfnet_core.experiments.occlusion import Sweep
from zfnet_core.models import zoo
from zfnet_core.models.network import Network

SCRIPT = '''"""Repeats an occlusion sweep (Fig. 7): run it in the project's folder with `python occlusion.py`."""

from pathlib import Path

import torch

from zfnet_core import sample_photos
from zfnet_core.experiments import occlusion
from zfnet_core.experiments.covering import OcclusionSettings
from zfnet_core.images import Crop, open_image, prepare
from zfnet_core.models import checkpoints, zoo

torch.set_num_threads(1)
network = {network}
photo = {photo}
image = prepare(photo, network.preprocessing, Crop({left!r}, {top!r}))
settings = {settings!r}
label, feature_map = {label!r}, {map!r}

sweep = occlusion.sweep(network, image, settings)
print(f"{{network.title}}, {{photo.name}}: {{sweep.known.size}} positions in {{sweep.seconds:.1f}} s")
print(f"untouched: {{network.labels[label]}} {{sweep.clean_probabilities[label]:.5f}},", end=" ")
print(f"{{sweep.layer}} map {{feature_map}} total {{sweep.clean_map_totals[feature_map]:.3f}}")
print("top left probability total label")
for row, top in enumerate(sweep.tops_px):
    for column, left in enumerate(sweep.lefts_px):
        probability = sweep.probability_of(label)[row, column]
        total = sweep.total_of(feature_map)[row, column]
        print(top, left, f"{{probability:.5f}}", f"{{total:.3f}}", network.labels[sweep.labels[row, column]])
'''


def grid_csv(sweep: Sweep, labels: Sequence[str], label: int, map: int) -> str:
    """One line for each position: place, probability of class `label`, total of map `map`, most probable class."""
    text = io.StringIO()
    lines = csv.writer(text)
    followed = (f"probability of {labels[label]}", f"total of {sweep.layer} map {map}")
    lines.writerow(("top_px", "left_px", "height_px", "width_px", *followed, "most probable class", "its probability"))
    size = (sweep.settings.height_px, sweep.settings.width_px)
    for row, top in enumerate(sweep.tops_px):
        for column, left in enumerate(sweep.lefts_px):
            probability, answer = sweep.probabilities[row, column], int(sweep.labels[row, column])
            values = (probability[label], sweep.map_totals[row, column, map])
            numbers = (f"{value:.7g}" for value in values)
            lines.writerow((top, left, *size, *numbers, labels[answer], f"{probability[answer]:.7g}"))
    return text.getvalue()


def script(
    network: Network, sample: str | None, crop: tuple[float, float], settings: OcclusionSettings, label: int, map: int
) -> str:
    """A program that prints the same grid. `sample` names a sample photo; None stands for a file of one's own."""
    own = 'open_image(open("my-photo.jpg", "rb").read(), "my-photo.jpg")  # put your own file here'
    return SCRIPT.format(
        network=_loading(network),
        photo=f"sample_photos.load({sample!r})" if sample else own,
        left=crop[0],
        top=crop[1],
        settings=settings,
        label=label,
        map=map,
    )


def _loading(network: Network) -> str:
    """The expression that loads it; somebody's own weights come from a file that has to be named there."""
    if network.name in zoo.names():
        return f"zoo.load({network.name!r})"
    kin = [name for name in zoo.names() if network.source.endswith(f"architecture of {zoo.entry(name).title}.")]
    architecture = f"zoo.entry({(kin or [zoo.DEFAULT])[0]!r})"
    return f'checkpoints.load_checkpoint(Path("my-weights.safetensors"), {architecture})  # put your own file here'

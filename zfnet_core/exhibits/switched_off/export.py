"""What switching maps off has shown, as text: every map's worth as CSV, and a script that repeats it."""

from __future__ import annotations

from zfnet_core.exhibits.switched_off.class_maps import ClassMaps
from zfnet_core.exhibits.switched_off.switches import Ranking, Settings
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos.framed import FramedPhoto
from zfnet_core.tables import csv_text

SCRIPT = '''"""Switches maps off as on the page: run it in the project's folder with `python switched_off.py`."""

from pathlib import Path

import torch

from zfnet_core.exhibits.switched_off import Settings, answer, ranking
from zfnet_core.forward.trace import trace
from zfnet_core.models import checkpoints, zoo
from zfnet_core.photos import samples
from zfnet_core.photos.framed import FramedPhoto, inputs
from zfnet_core.photos.decoding import open_image
from zfnet_core.photos.images import Crop

torch.set_num_threads(1)
network = {network}
recording = trace(network, inputs([{photo}], network.preprocessing))
changed = answer(recording, {settings!r})
for index in (-changed.after).argsort()[:5]:
    before, after = 100 * changed.before[index], 100 * changed.after[index]
    print(f"{{network.labels[index]}}: {{before:.2f}} % before, {{after:.2f}} % after")
for found in ranking(recording, {layer!r}, {class_index}):
    pass
for number in found.order[:20]:
    print(f"map {{number}}: {{100 * found.fall[number]:.3f}} points, score {{found.score_fall[number]:.4f}}")
'''


def csv(network: Network, ranking: Ranking) -> str:
    """One line for each map, those that the class needs most first."""
    rows = [
        (
            int(number),
            float(ranking.fall[number]),
            float(ranking.score_fall[number]),
            network.labels[ranking.answers[number]] if ranking.answers[number] >= 0 else None,
        )
        for number in ranking.order
    ]
    label = network.labels[ranking.class_index]
    return csv_text(["map", f"fall of “{label}”", "fall of its score", "answer without it"], rows)


def class_csv(network: Network, found: ClassMaps) -> str:
    """One line for each map, those that speak most for the class first."""
    rows = [(int(number), float(found.score_fall[number])) for number in found.order]
    label = network.labels[found.class_index]
    return csv_text(["map", f"fall of the score of “{label}”, mean of {found.photos} photos"], rows)


def script(network: Network, photo: FramedPhoto, settings: Settings, class_index: int) -> str:
    """A program that prints the same answer and the same ranking."""
    return SCRIPT.format(
        network=zoo.as_code(network.name, network.architecture),
        photo=photo.as_code(),
        settings=Settings(settings.layer, dict(settings.factors)),
        layer=settings.layer,
        class_index=class_index,
    )

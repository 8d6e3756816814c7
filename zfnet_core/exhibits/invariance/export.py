"""Invariance curves as text: every number as CSV, and a script that repeats figure and numbers."""

from __future__ import annotations

from collections.abc import Sequence

from zfnet_core.exhibits.invariance.curves import InvarianceCurves, InvarianceSettings
from zfnet_core.exhibits.invariance.view import View
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos.framed import FramedPhoto, list_as_code
from zfnet_core.tables import csv_text

SCRIPT = '''"""Repeats Fig. 5 with the photos and choices of the page: draws invariance.png and prints the numbers.

Run it in the project's folder with `python invariance.py`.
"""

from pathlib import Path

import torch

from zfnet_core.exhibits.invariance.curves import InvarianceSettings, invariance_curves
from zfnet_core.exhibits.invariance.figure import figure, panels
from zfnet_core.exhibits.invariance.view import View
from zfnet_core.models import checkpoints, zoo
from zfnet_core.photos import samples
from zfnet_core.photos.framed import FramedPhoto, inputs
from zfnet_core.photos.decoding import open_image
from zfnet_core.photos.images import Crop

torch.set_num_threads(1)
network = {network}
photos = {photos}
images = inputs(photos, network.preprocessing)
settings = {settings!r}
view = {view!r}
for curves in invariance_curves(network, images, settings, lanes=2):
    print(f"\\r{{100 * curves.done:.0f}} %", end="", flush=True)
print()
Path("invariance.png").write_bytes(figure(network, images, curves, view).file("png"))
drawn = panels(curves, view)
for index, name in enumerate(view.names):
    print(f"{{name}}: amount, then {{', '.join(panel.title for panel in drawn)}}")
    for step, amount in enumerate(settings.amounts):
        print(f"  {{amount:8.3f}}", *(f"{{panel.values[index, step]:.5f}}" for panel in drawn))
'''


def csv(curves: InvarianceCurves, labels: Sequence[str], view: View) -> str:
    """One line for each photo and amount, one column for each layer. `labels[i]` is the label of class i."""
    columns = [f"{layer} {view.definition} distance" for layer in curves.layers]
    distances = [curves.distance(layer, view.definition) for layer in curves.layers]
    probability, answers = curves.probability(view.classes), curves.answers
    rows = [
        (
            name,
            amount,
            labels[view.classes[photo]],
            float(probability[photo, step]),
            labels[answers[photo, step]] if answers[photo, step] >= 0 else "",
            *(float(distance[photo, step]) for distance in distances),
        )
        for photo, name in enumerate(view.names)
        for step, amount in enumerate(curves.settings.amounts)
    ]
    return csv_text(["photo", "amount", "class", "probability", "most probable class", *columns], rows)


def script(network: Network, photos: Sequence[FramedPhoto], settings: InvarianceSettings, view: View) -> str:
    """A program that computes the same curves and draws the same figure."""
    return SCRIPT.format(
        network=zoo.as_code(network.name, network.architecture),
        photos=list_as_code(photos),
        settings=settings,
        view=view,
    )

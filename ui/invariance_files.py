"""The invariance curves as files: the figure as PNG, every number as CSV, and a script that repeats both."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence

from ui import photo_set
from ui.invariance_work import Asked, inputs
from ui.saving import png_file
from ui.script_lines import network_line, photo_line
from zfnet_core.experiments.invariance import InvarianceCurves
from zfnet_core.experiments.invariance_figure import figure
from zfnet_core.images import Photo
from zfnet_core.models.network import Network

SCRIPT = '''"""Repeats Fig. 5 with the photos and choices of the page: draws invariance.png and prints the numbers.

Run it in the project's folder with `python invariance.py`.
"""

from pathlib import Path

import torch
from PIL import Image

from zfnet_core import sample_photos
from zfnet_core.experiments.invariance import InvarianceSettings, invariance_curves
from zfnet_core.experiments.invariance_figure import figure, panels
from zfnet_core.images import open_image, prepare
from zfnet_core.models import checkpoints, zoo

torch.set_num_threads(1)
network = {network}
photos = [
{photos}
]
images = torch.cat([prepare(photo, network.preprocessing) for photo in photos])
settings = InvarianceSettings(kind={kind!r}, amounts={amounts!r}, border={border!r})
for curves in invariance_curves(network, images, settings, lanes=2):
    print(f"\\r{{curves.done:.0%}}", end="", flush=True)
print()
low, high, definition, classes = {low!r}, {high!r}, {definition!r}, {classes!r}
names = [photo.name for photo in photos]
drawn = panels(curves, low, high, definition, classes)
picture = figure(network, images, curves, low, high, definition, names, classes, step={step!r}, styles={styles!r})
Image.fromarray(picture).save("invariance.png")
for index, name in enumerate(names):
    print(f"{{name}}: amount, then {{', '.join(panel.title for panel in drawn)}}")
    for step, amount in enumerate(settings.amounts):
        print(f"  {{amount:8.3f}}", *(f"{{panel.values[index, step]:.5f}}" for panel in drawn))
'''


def files(
    network: Network, photos: Mapping[str, Photo], curves: InvarianceCurves, classes: Sequence[int], asked: Asked
) -> list[tuple[str, str, Callable[[], bytes]]]:
    """What can be saved: (label, file name, function that makes its bytes)."""
    file, titles = f"{network.name}-{asked.settings.kind}", photo_set.titles(photos)
    numbers = curves_csv(curves, titles, network.labels, classes, asked.distance)
    styles = list(photo_set.styles("invariance_photos").values())
    repeat = script(network, list(photos.values()), curves, classes, asked, styles)
    layers = asked.low, asked.high, asked.distance

    def drawn():
        images = inputs(network, list(photos.values()))
        return figure(network, images, curves, *layers, titles, classes, asked.step, styles)

    return [
        ("The figure (PNG)", f"{file}.png", png_file(drawn)),
        ("All numbers (CSV)", f"{file}.csv", numbers),
        ("Script (Python)", f"{file}.py", repeat),
    ]


def curves_csv(
    curves: InvarianceCurves, names: Sequence[str], labels: Sequence[str], classes: Sequence[int], definition: str
) -> Callable[[], bytes]:
    """A function that makes the CSV: one line for each photo and amount, one column for each layer."""

    def make() -> bytes:
        stream = io.StringIO()
        lines = csv.writer(stream)
        columns = [f"{layer} {definition} distance" for layer in curves.layers]
        lines.writerow(["photo", "amount", "class", "probability", "most probable class", *columns])
        distances = [curves.distance(layer, definition) for layer in curves.layers]
        probability, answers = curves.probability(classes), curves.answers
        for photo, name in enumerate(names):
            for step, amount in enumerate(curves.settings.amounts):
                values = [f"{distance[photo, step]:.6g}" for distance in distances]
                answer = labels[answers[photo, step]] if answers[photo, step] >= 0 else ""
                chosen = [labels[classes[photo]], f"{probability[photo, step]:.6g}", answer]
                lines.writerow([name, amount, *chosen, *values])
        return stream.getvalue().encode()

    return make


def script(
    network: Network,
    photos: Sequence[Photo],
    curves: InvarianceCurves,
    classes: Sequence[int],
    asked: Asked,
    styles: Sequence[int],
) -> Callable[[], bytes]:
    """A function that makes the script."""
    text = SCRIPT.format(
        network=network_line(network),
        photos="\n".join(photo_line(photo) for photo in photos),
        kind=curves.settings.kind,
        amounts=curves.settings.amounts,
        border=curves.settings.border,
        low=asked.low,
        high=asked.high,
        definition=asked.distance,
        classes=[int(number) for number in classes],
        step=asked.step,
        styles=list(styles),
    )
    return lambda: text.encode()

"""The invariance curves as files: every number as CSV, and a script that repeats the figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from zfnet_core.experiments.invariance import InvarianceCurves
from zfnet_core.models.network import Network
from zfnet_core.sample_photos import names as sample_names

SCRIPT = '''"""Repeats the invariance curves of Fig. 5: run it in the project's folder with `python {file}`."""

import torch

from zfnet_core import sample_photos
from zfnet_core.experiments.invariance import InvarianceSettings, invariance_curves
from zfnet_core.images import open_image, prepare
from zfnet_core.models import zoo

torch.set_num_threads(1)
network = zoo.load({network!r})
photos = [
{photos}
]
images = torch.cat([prepare(photo, network.preprocessing) for photo in photos])
settings = InvarianceSettings(kind={kind!r}, amounts={amounts!r}, border={border!r})
for curves in invariance_curves(network, images, settings):
    print(f"\\r{{curves.done:.0%}}", end="", flush=True)
print()
classes = {classes!r}
for photo, distances, probabilities in zip(
    photos, curves.distance({layer!r}, {definition!r}), curves.probability(classes), strict=True
):
    print(photo.name)
    for amount, distance, probability in zip(settings.amounts, distances, probabilities, strict=True):
        print(f"  {{amount:8.3f}}  {layer} {{distance:.5f}}  probability {{probability:.5f}}")
'''


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
    photos: Sequence[str],
    curves: InvarianceCurves,
    classes: Sequence[int],
    layer: str,
    definition: str,
) -> Callable[[], bytes]:
    """A function that makes the script. A photo of the visitor's own is read from a file that has to be named there."""
    own = '    open_image(open("my-photo.jpg", "rb").read(), "my-photo.jpg"),  # put your own file here'
    lines = [f"    sample_photos.load({name!r})," if name in sample_names() else own for name in photos]
    text = SCRIPT.format(
        file="invariance.py",
        network=network.name,
        photos="\n".join(lines),
        kind=curves.settings.kind,
        amounts=curves.settings.amounts,
        border=curves.settings.border,
        classes=list(classes),
        layer=layer,
        definition=definition,
    )
    return lambda: text.encode()

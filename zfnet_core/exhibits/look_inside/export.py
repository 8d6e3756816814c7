"""The numbers behind one unit and its layer as tables, and a script that repeats the projections."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zfnet_core.exhibits.look_inside.look import Look, Settings
from zfnet_core.forward.map_summary import MapSummary
from zfnet_core.forward.trace import Trace
from zfnet_core.models.network import Network
from zfnet_core.models.saved_script import filled
from zfnet_core.photos.images import Crop
from zfnet_core.tables import csv_text

SCRIPT = '''"""Projects one unit back to the pixels: run it in the project's folder with `python look_inside.py`."""

from pathlib import Path

from PIL import Image

from zfnet_core.deconvnet.projection import Unit
from zfnet_core.exhibits.look_inside import Settings, compute
from zfnet_core.models import checkpoints, zoo
from zfnet_core.photos import samples
from zfnet_core.photos.decoding import open_image
from zfnet_core.photos.images import Crop, prepare

network = {network}
photo = {photo}
image = prepare(photo, network.preprocessing, {crop!r})
settings = {settings!r}

(look,) = compute(network, image, settings)
print(f"{{network.title}}, {{photo.name}}, {{settings.layer}}: {{look.unit}}, activation {{look.activation:.5f}}")
print("receptive field: rows {{0}} to {{2}}, columns {{1}} to {{3}}".format(*look.box))
for projection in look.projections:
    print(f"{{projection.rule}} {{projection.signed.min():.6g}} {{projection.signed.max():.6g}}")
    Image.fromarray(look.whole(projection)).save(f"{{projection.rule}}.png")
'''


def csv(look: Look) -> str:
    """The signed values of every rule at each pixel of the receptive field, in units of the normalised input."""
    top, left, bottom, right = look.box
    places = np.mgrid[top:bottom, left:right].reshape(2, -1)
    values = [projection.signed.reshape(3, -1) for projection in look.projections]
    names = [f"{projection.rule} {colour}" for projection in look.projections for colour in ("red", "green", "blue")]
    rows = zip(*places.tolist(), *np.concatenate(values).tolist(), strict=True)
    return csv_text(("row", "column", *names), rows)


def maps_csv(summary: MapSummary) -> str:
    """The maximum and the mean of every map of the layer."""
    strengths = zip(summary.maxima.tolist(), summary.means.tolist(), strict=True)
    return csv_text(("map", "maximum", "mean"), ((number, *pair) for number, pair in enumerate(strengths)))


def units_csv(values: np.ndarray, labels: Sequence[str] = ()) -> str:
    """All units [units] of a fully connected layer; `labels` of the last one."""
    rows = ((number, *labels[number : number + 1], value) for number, value in enumerate(values.tolist()))
    return csv_text(("unit", "label", "activation") if labels else ("unit", "activation"), rows)


def classes_csv(trace: Trace) -> str:
    """All classes with their probability, the most probable first."""
    classes = zip(trace.network.labels, trace.probabilities[0].tolist(), strict=True)
    return csv_text(("class", "probability"), sorted(classes, key=lambda row: -row[1]))


def script(network: Network, sample: str | None, crop: Crop, settings: Settings) -> str:
    """A program that repeats the projections. `sample` names a sample photo; None stands for a file of one's own."""
    return filled(SCRIPT, network, sample, crop, settings=settings)

"""What a map says as tables, and a script that measures it again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zfnet_core.exhibits.maps.speaks import Settings, Speaks
from zfnet_core.models.network import Network
from zfnet_core.models.saved_script import filled
from zfnet_core.models.wiring import Wiring
from zfnet_core.photos.images import Crop
from zfnet_core.tables import csv_text

SCRIPT = '''"""What is known about one map: run it in the project's folder with `python one_map.py`."""

from pathlib import Path

from zfnet_core.exhibits.maps import Settings, compute, name_of
from zfnet_core.models import checkpoints, zoo
from zfnet_core.models.wiring import readers
from zfnet_core.photos import samples
from zfnet_core.photos.decoding import open_image
from zfnet_core.photos.images import Crop, prepare
from zfnet_core.top_activations.gallery import bundled

network = {network}
photo = {photo}
image = prepare(photo, network.preprocessing, {crop!r})
settings = {settings!r}

(speaks,) = compute(network, image, settings)
for index, change in (*speaks.most(5), *speaks.least(5)):
    print(f"{{network.labels[index]}}: {{change:.4f}}")
for step, map, strength in readers(network, network.layer(settings.layer).step, settings.map, 8):
    print(f"read by {{step}}, map {{map}}: {{strength:.4f}}")
gallery = bundled(network)
if gallery is not None and settings.layer in gallery.found.layers:
    print("its nine show", name_of(gallery, settings.layer, settings.map).shows)
'''


def classes_csv(speaks: Speaks, labels: Sequence[str]) -> str:
    """By how much the map raises each class's score on this photo, the most first."""
    order = np.argsort(-speaks.change, kind="stable")
    return csv_text(
        ("class", "label", "score raised by"), [(int(at), labels[at], float(speaks.change[at])) for at in order]
    )


def wiring_csv(wired: Wiring | None, readers: Sequence[tuple[str, int, float]]) -> str:
    """How strongly it is connected to the maps that it reads, and to the maps that read it, the strongest first."""
    rows: list[tuple[object, ...]] = []
    if wired is not None:
        strengths = wired.strengths
        order = wired.strongest(len(wired.maps))
        rows += [("reads", wired.reads, int(wired.maps[at]), float(strengths[at])) for at in order]
    rows += [("read by", step, map, strength) for step, map, strength in readers]
    return csv_text(("way", "step", "map", "strength"), rows)


def script(network: Network, sample: str | None, crop: Crop, settings: Settings) -> str:
    """A program that finds the same. `sample` names a sample photo; None stands for a file of one's own."""
    return filled(SCRIPT, network, sample, crop, settings=settings)

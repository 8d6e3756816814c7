"""The terms of one number as tables, and a script that adds them up again."""

from __future__ import annotations

from zfnet_core.exhibits.contributions.number import Number, Place
from zfnet_core.models.network import Network
from zfnet_core.models.saved_script import filled
from zfnet_core.photos.images import Crop
from zfnet_core.tables import csv_text

SCRIPT = '''"""Takes one number of a network apart: run it in the project's folder with `python one_number.py`."""

from pathlib import Path

from zfnet_core.exhibits.contributions import Place, strongest_path
from zfnet_core.forward.trace import trace
from zfnet_core.models import checkpoints, zoo
from zfnet_core.photos import samples
from zfnet_core.photos.decoding import open_image
from zfnet_core.photos.images import Crop, prepare

network = {network}
photo = {photo}
image = prepare(photo, network.preprocessing, {crop!r})

for level in strongest_path(trace(network, image), {place!r}):
    print(level.end)
    if level.number is not None:
        strongest = level.number.ranked()[0]
        print(f"  sum {{level.number.sum:.5f}}, value {{level.number.value:.5f}}, bias {{level.number.bias:.5f}}")
        print(f"  strongest: map {{strongest.map}}, {{strongest.value:.5f}}")
'''


def terms_csv(number: Number) -> str:
    """Every term with the step and map that it comes from; then the bias, the sum and the value."""
    rows: list[tuple[object, ...]] = [
        (number.parts[term.part].reads, term.map, term.value, term.share) for term in number.ranked()
    ]
    ends = [("bias", "", number.bias, abs(number.bias) / (number.size or 1)), ("sum", "", number.sum, "")]
    return csv_text(("from", "map", "value", "share"), [*rows, *ends, ("value", "", number.value, "")])


def products_csv(number: Number) -> str:
    """Every product: step, map, row and column of what is read, its value, the weight, and the two multiplied."""
    rows = []
    for part in number.parts:
        count, high, wide = part.windows.shape
        for index in range(count):
            for down in range(high):
                for right in range(wide):
                    window, kernel = float(part.windows[index, down, right]), float(part.kernels[index, down, right])
                    place = (part.corner[0] + down, part.corner[1] + right)
                    rows.append((part.reads, int(part.maps[index]), *place, window, kernel, window * kernel))
    return csv_text(("from", "map", "row", "column", "window", "kernel", "product"), rows)


def script(network: Network, sample: str | None, crop: Crop, place: Place) -> str:
    """A program that walks down from `place`. `sample` names a sample photo; None stands for a file of one's own."""
    return filled(SCRIPT, network, sample, crop, place=place)

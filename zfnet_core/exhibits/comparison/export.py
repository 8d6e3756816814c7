"""The comparison as text: the measures as CSV, and a script that repeats them."""

from __future__ import annotations

from collections.abc import Sequence

from zfnet_core.exhibits.comparison.comparison import MEASURES, Comparison
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos.framed import FramedPhoto, list_as_code
from zfnet_core.tables import csv_text

SCRIPT = '''"""Repeats the comparison of two networks: run it in the project's folder with `python comparison.py`."""

from pathlib import Path

import torch

from zfnet_core.exhibits.comparison.comparison import MEASURES, compare
from zfnet_core.exhibits.comparison.findings import verdict
from zfnet_core.models import checkpoints, zoo
from zfnet_core.photos import samples
from zfnet_core.photos.framed import FramedPhoto, inputs
from zfnet_core.photos.decoding import open_image
from zfnet_core.photos.images import Crop

torch.set_num_threads(1)
first = {first}
second = {second}
photos = {photos}
images = inputs(photos, first.preprocessing)
for comparison in compare(first, second, images):
    print(f"\\r{{100 * comparison.done:.0f}} %", end="", flush=True)
print()
print(verdict(comparison))
for measure in MEASURES:
    print(comparison.sentence(measure))
    for key, title in measure.further:
        print(f"  {{title}}:", " | ".join(f"{{100 * value:.1f}} %" for value in comparison.values(key)))
'''


def csv(comparison: Comparison) -> str:
    """One line for each measure and each further number, with the paper's claim where it is about this pair."""
    rows: list[tuple[str | float | None, ...]] = []
    for measure in MEASURES:
        claim = measure.claim if comparison.of_the_papers_networks else ""
        verdict = comparison.outcome(measure)
        chance = comparison.chance(measure) or ""
        rows.append((measure.title, *comparison.values(measure.key), verdict, chance, claim, measure.definition))
        rows += [(title, *comparison.values(key), "", "", "", measure.definition) for key, title in measure.further]
    columns = ["measure", comparison.first.title, comparison.second.title, "verdict"]
    columns += ["differences by chance reach", "claim", "definition"]
    return csv_text(columns, rows)


def script(networks: Sequence[Network], photos: Sequence[FramedPhoto]) -> str:
    """A program that measures the same two networks on the same photos."""
    sides = zip(("first", "second"), networks, strict=True)
    return SCRIPT.format(
        photos=list_as_code(photos),
        **{side: zoo.as_code(one.name, one.architecture, f"my-{side}-weights.safetensors") for side, one in sides},
    )

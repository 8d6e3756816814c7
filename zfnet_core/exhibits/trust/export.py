"""The figures of the panel as tables, and a script that measures them again."""

from __future__ import annotations

from zfnet_core.exhibits.trust.evidence import Evidence
from zfnet_core.exhibits.trust.trust import Settings, Trust
from zfnet_core.models.network import Network
from zfnet_core.models.saved_script import filled
from zfnet_core.photos.images import Crop
from zfnet_core.tables import csv_text

SCRIPT = '''"""Judges one projection: run it in the project's folder with `python trust.py`."""

from pathlib import Path

from zfnet_core.deconvnet.projection import Unit
from zfnet_core.exhibits.trust import Settings, compute
from zfnet_core.models import checkpoints, zoo
from zfnet_core.photos import samples
from zfnet_core.photos.decoding import open_image
from zfnet_core.photos.images import Crop, prepare

network = {network}
photo = {photo}
image = prepare(photo, network.preprocessing, {crop!r})

*_, trust = compute(network, image, {settings!r})
for check in trust.checks:
    print(f"{{check.name}} {{check.deviation:.3g}} {{'passed' if check.passed else 'FAILED'}}")
for picture in (*trust.others, *trust.survivors):
    print(f"{{picture.name}} cosine {{picture.alike.cosine:.3f}} rank {{picture.alike.rank:.3f}}")
'''


def csv(trust: Trust) -> str:
    """Every figure of the panel: what was measured, of what, and the figure."""
    rows: list[tuple[object, ...]] = [("deviation", check.name, check.deviation) for check in trust.checks]
    rows += [("switches that share their place", pool, share) for pool, share in trust.collisions.items()]
    for what, pictures in (("other map", trust.others), ("weights lost down to", trust.survivors)):
        for picture in pictures:
            rows += [(f"cosine, {what}", picture.name, picture.alike.cosine)]
            rows += [(f"rank correlation, {what}", picture.name, picture.alike.rank)]
    return csv_text(("measure", "of", "value"), rows)


def evidence_csv(found: Evidence) -> str:
    """The deletion and insertion curve of every method, and their areas."""
    rows: list[tuple[object, ...]] = []
    for method, curves in found.curves.items():
        rows.append((method, "deletion", curves.deletion_area, *curves.deletion.tolist()))
        rows.append((method, "insertion", curves.insertion_area, *curves.insertion.tolist()))
    points = len(next(iter(found.curves.values())).deletion) if found.curves else 0
    return csv_text(("method", "curve", "area", *(f"{at}/{points - 1}" for at in range(points))), rows)


def script(network: Network, sample: str | None, crop: Crop, settings: Settings) -> str:
    """A program that judges the same picture. `sample` names a sample photo; None stands for a file of one's own."""
    return filled(SCRIPT, network, sample, crop, settings=settings)

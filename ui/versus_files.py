"""The comparison as files: the measures as CSV, and a script that repeats them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from ui import versus_work
from zfnet_core import sample_photos
from zfnet_core.experiments.comparison import MEASURES, Comparison

SCRIPT = '''"""Repeats the comparison of two networks: run it in the project's folder with `python {file}`."""

import torch

from zfnet_core import sample_photos
from zfnet_core.experiments.comparison import MEASURES, compare
from zfnet_core.images import Crop, open_image, prepare
from zfnet_core.models import zoo

torch.set_num_threads(1)
first, second = zoo.load({first!r}), zoo.load({second!r})
photos = [
{photos}
]
images = torch.cat([prepare(photo, first.preprocessing, crop) for photo, crop in photos])
for comparison in compare(first, second, images):
    print(f"\\r{{comparison.done:.0%}}", end="", flush=True)
print()
for measure in MEASURES:
    print(comparison.sentence(measure))
    for key, title in measure.further:
        print(f"  {{title}}:", " | ".join(f"{{value:.1%}}" for value in comparison.values(key)))
'''


def comparison_csv(comparison: Comparison) -> Callable[[], bytes]:
    """A function that makes the CSV: one line for each measure and each further number, with the paper's claim."""

    def make() -> bytes:
        stream = io.StringIO()
        lines = csv.writer(stream)
        lines.writerow(["measure", comparison.first.title, comparison.second.title, "verdict", "claim", "definition"])
        for measure in MEASURES:
            claim = measure.claim if comparison.of_the_papers_networks else ""
            numbers = _numbers(comparison.values(measure.key))
            lines.writerow([measure.title, *numbers, comparison.outcome(measure), claim, measure.definition])
            for key, title in measure.further:
                lines.writerow([title, *_numbers(comparison.values(key)), "", "", measure.definition])
        return stream.getvalue().encode()

    return make


def _numbers(values: Sequence[float | None]) -> list[str]:
    return ["" if value is None else f"{value:.6g}" for value in values]


def script(comparison: Comparison, photos: Sequence[versus_work.MeasuredPhoto] | None = None) -> Callable[[], bytes]:
    """A function that makes the script; `photos` are the page's if they are not given."""
    lines = [_line(one) for one in (versus_work.photos() if photos is None else photos)]
    networks = {"first": comparison.first.network, "second": comparison.second.network}
    text = SCRIPT.format(file="comparison.py", photos="\n".join(lines), **networks)
    return lambda: text.encode()


def _line(one: versus_work.MeasuredPhoto) -> str:
    """One photo in the script. A photo of the visitor's own is read from a file that has to be named there."""
    sample = next((name for name in sample_photos.names() if sample_photos.load(name).sha == one.photo.sha), None)
    if sample:
        return f"    (sample_photos.load({sample!r}), {one.crop}),"
    own = 'open_image(open("my-photo.jpg", "rb").read(), "my-photo.jpg")'
    return f"    ({own}, {one.crop}),  # put your own file here"

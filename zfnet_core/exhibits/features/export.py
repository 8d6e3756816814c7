"""The numbers behind a wall, and a script that repeats it."""

from __future__ import annotations

from zfnet_core.exhibits.features.source import Source
from zfnet_core.exhibits.features.wall import Settings
from zfnet_core.language import later
from zfnet_core.tables import csv_text
from zfnet_core.top_activations.patches import places

SAMPLES = later("the sample photos")  # the title of `open_corpus(["samples"])`
COLUMNS = ("layer", "map", "rank", "activation", "row", "column", "photo")


def csv(source: Source, layer: str) -> bytes:
    """A layer's strongest units, one line for each; rows and columns are counted from 0."""
    kept = source.kept(layer)
    rows = [
        (
            layer,
            one.unit.map,
            one.rank + 1,
            float(kept.values[one.unit.map, one.rank]),
            one.unit.row,
            one.unit.column,
            source.id(one.photo),
        )
        for one in places(source.found, layer, range(len(kept.values)))
    ]
    return csv_text(COLUMNS, rows).encode()


def script(source: Source, settings: Settings, network: str) -> str:
    """A script that draws the same maps; `network` is an expression that loads the network."""
    if source.gallery is not None:
        photos = ["gallery = bundled(network)", "source = features.Source(network, gallery.found, gallery=gallery)"]
    else:
        place = '["samples"]' if source.corpus is None or source.corpus.title == SAMPLES else '["my-photos"]'
        photos = [
            f"corpus = open_corpus({place})  # a folder, zip files, or the samples",
            "*_, last = search(network, corpus)",
            "source = features.Source(network, last.result, corpus)",
        ]
    lines = [
        "from pathlib import Path",
        "",
        "from zfnet_core.exhibits import features",
        "from zfnet_core.models import checkpoints, zoo",
        "from zfnet_core.photos.corpus import open_corpus",
        "from zfnet_core.top_activations.gallery import bundled",
        "from zfnet_core.top_activations.search import search",
        "",
        f"network = {network}",
        *photos,
        f"settings = features.Settings({settings.layer!r}, {settings.maps!r}, {settings.scaling!r})",
        "*_, wall = features.compute(source, settings)",
        'sheet = features.figure(wall, ["" for _ in settings.maps])',
        'Path("wall.png").write_bytes(sheet.file("png"))  # or "pdf", "svg"',
        'Path("strongest.csv").write_bytes(features.csv(source, settings.layer))',
    ]
    return "\n".join(lines) + "\n"

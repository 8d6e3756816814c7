"""The list behind a wall of features, to save."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from ui.feature_source import Source
from zfnet_core.experiments.strongest_pictures import places
from zfnet_core.models.network import Layer


def strongest_csv(source: Source, layer: Layer) -> Callable[[], bytes]:
    """A function that makes the CSV of a layer's strongest units: one line for each."""

    def make() -> bytes:
        kept, stream = source.found.layers[layer.name], io.StringIO()
        lines = csv.writer(stream)
        lines.writerow(["layer", "map", "rank", "activation", "row", "column", "photo"])
        for place in places(source.found, layer.name, range(layer.maps)):
            unit, value = place.unit, kept.values[place.unit.map, place.rank]
            photo = source.found.ids.get(place.photo, place.photo)
            lines.writerow([layer.name, unit.map, place.rank + 1, f"{value:.6g}", unit.row, unit.column, photo])
        return stream.getvalue().encode()

    return make

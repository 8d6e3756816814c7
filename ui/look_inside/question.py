"""What the page is about: a photo in a network, a layer of it, and one unit there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ui.look_inside.fields import Fields
from ui.shell import unit_choice
from ui.shell.chosen import ChosenUnit, Drawing
from ui.shell.current import Current
from zfnet_core.deconvnet.projection import Unit
from zfnet_core.drawing.encoding import data_url
from zfnet_core.exhibits.look_inside import Settings
from zfnet_core.forward.trace import Trace
from zfnet_core.language import t
from zfnet_core.models.network import Layer, Network
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.images import Crop, shown
from zfnet_core.serving.cache_budget import Cache

_photos: Cache[tuple[np.ndarray, str]] = Cache()
TraceOf = Callable[[Network, Photo, Crop], Trace]


@dataclass(frozen=True, eq=False)
class Question:
    """Everything that the pictures, numbers and files of the page depend on.

    `maps`, `sort`, `scale` and `zoomed` say which maps are shown, and how (see `Fields`). `notes` say in a
    sentence each what was asked for and is not there.
    """

    current: Current
    trace: Trace
    layer: Layer
    settings: Settings
    unit: Unit
    maps: str
    sort: str
    scale: str
    zoomed: bool
    notes: tuple[str, ...] = ()

    @property
    def network(self) -> Network:
        """The network that looks at the photo."""
        return self.trace.network

    @property
    def labels(self) -> tuple[str, ...]:
        """What the units of the layer are called, if they have names: those of the last layer."""
        return tuple(self.network.names) if self.layer is self.network.layers[-1] else ()

    @cached_property
    def values(self) -> np.ndarray:
        """The unit's feature map [rows, columns], or of a fully connected layer all units [units]; float32."""
        values = self.trace.activation(self.layer.name)[0]
        return (values[self.unit.map] if self.layer.spatial else values).float().cpu().numpy()

    @property
    def photo(self) -> np.ndarray:
        """What the network sees, uint8 [input_px, input_px, 3]."""
        return self._seen[0]

    @property
    def photo_url(self) -> str:
        """The same for the browser, not exact."""
        return self._seen[1]

    @cached_property
    def _seen(self) -> tuple[np.ndarray, str]:
        def make() -> tuple[np.ndarray, str]:
            pixels = shown(self.current.photo, self.network.preprocessing, self.current.crop)
            return pixels, data_url(pixels)

        return _photos.get_or_make((self.current.photo_key, self.network.preprocessing), make)

    @property
    def place(self) -> str:
        """The unit in words."""
        if self.layer.spatial:
            row, column = self.unit.row, self.unit.column
            return t("map {number}, row {row}, column {column}", number=self.unit.map, row=row, column=column)
        return t("unit {number}", number=self.unit.map)


def resolve(fields: Fields, asked: ChosenUnit, drawing: Drawing, current: Current, trace_of: TraceOf) -> Question:
    """The question: what the fields ask for, or the most alike that the network has (see `unit_choice.place`)."""
    trace = trace_of(current.network, current.photo, current.crop)
    place = unit_choice.place(asked, trace)
    return Question(
        current=current,
        trace=trace,
        layer=place.layer,
        settings=Settings(place.layer.name, place.unit, scaling=drawing.zero),
        unit=place.unit,
        maps=fields.maps,
        sort=fields.sort,
        scale=fields.scale,
        zoomed=fields.zoom,
        notes=place.notes,
    )

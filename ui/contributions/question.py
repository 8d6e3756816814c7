"""What the page is about: one number of the network, and the way that was walked down to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ui.contributions.fields import Fields
from ui.contributions.trail import walked
from ui.shell import unit_choice
from ui.shell.chosen import ChosenUnit
from ui.shell.current import Current
from zfnet_core.deconvnet.projection import Unit
from zfnet_core.exhibits.contributions import Place, unit_place
from zfnet_core.forward.trace import Trace
from zfnet_core.models.network import Layer, Network
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.images import Crop, shown

TraceOf = Callable[[Network, Photo, Crop], Trace]


@dataclass(frozen=True, eq=False)
class Question:
    """`layer` and `unit` are where the walk begins; `trail` all places of it, the last the one that is looked at."""

    current: Current
    trace: Trace
    layer: Layer
    unit: Unit
    trail: tuple[Place, ...]
    shown: int
    notes: tuple[str, ...] = ()

    @property
    def network(self) -> Network:
        """The network that looks at the photo."""
        return self.trace.network

    @property
    def place(self) -> Place:
        """The number that is looked at."""
        return self.trail[-1]

    @cached_property
    def photo(self) -> np.ndarray:
        """What the network sees, uint8 [input_px, input_px, 3]."""
        return shown(self.current.photo, self.network.preprocessing, self.current.crop)


def resolve(fields: Fields, asked: ChosenUnit, current: Current, trace_of: TraceOf) -> Question:
    """The question: what the fields ask for, or the most alike that the network has (see `unit_choice.place`)."""
    trace = trace_of(current.network, current.photo, current.crop)
    place = unit_choice.place(asked, trace)
    start = unit_place(trace.network, place.layer.name, place.unit)
    trail = walked(fields.trail, start, trace)
    return Question(current, trace, place.layer, place.unit, trail, fields.shown, place.notes)

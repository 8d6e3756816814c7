"""What the page is about: one projection of the photo, and what is tried on it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ui.shell import unit_choice
from ui.shell.chosen import ChosenUnit, Drawing
from ui.shell.current import Current
from ui.trust.fields import Fields
from zfnet_core.deconvnet.rules import BackwardRule
from zfnet_core.deconvnet.scaling import Scaling
from zfnet_core.exhibits.trust import Settings
from zfnet_core.forward.trace import Trace
from zfnet_core.models.network import Network
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.images import Crop, shown

TraceOf = Callable[[Network, Photo, Crop], Trace]


@dataclass(frozen=True, eq=False)
class Question:
    """`place` is the unit; `settings` what is judged; `rule`, `switches` and `other` (a sample's name) the experiment;
    `class_index` what the evidence is about, None while nobody asks for it."""

    current: Current
    trace: Trace
    place: unit_choice.Place
    settings: Settings
    rule: BackwardRule
    switches: str
    other: str
    class_index: int | None
    scaling: Scaling
    notes: tuple[str, ...] = ()

    @property
    def network(self) -> Network:
        """The network that looks at the photo."""
        return self.trace.network

    @property
    def picture_key(self) -> Hashable:
        """Identifies network, photo and crop."""
        return self.network.uid, self.current.photo_key

    @cached_property
    def photo(self) -> np.ndarray:
        """What the network sees, uint8 [input_px, input_px, 3]."""
        return shown(self.current.photo, self.network.preprocessing, self.current.crop)


def resolve(fields: Fields, asked: ChosenUnit, drawing: Drawing, current: Current, trace_of: TraceOf) -> Question:
    """The question: what the fields ask for, or the most alike that the network has."""
    trace = trace_of(current.network, current.photo, current.crop)
    place = unit_choice.place(asked, trace)
    classes = len(trace.probabilities[0])
    index = fields.about if 0 <= fields.about < classes else int(trace.probabilities[0].argmax())
    return Question(
        current=current,
        trace=trace,
        place=place,
        settings=Settings(place.layer.name, place.unit, fields.rule),
        rule=BackwardRule(fields.relu, fields.mask, fields.norm),
        switches=fields.switches,
        other=fields.other,
        class_index=index if fields.evidence else None,
        scaling=drawing.zero,
        notes=place.notes,
    )

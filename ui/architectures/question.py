"""What the page is about: one or two networks as plans, the part that is told about, and a stem to play with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ui.architectures.fields import ALONE, Fields
from ui.shell.current import Current
from zfnet_core.exhibits.architectures import Blueprint, SlidingWindow, blueprint
from zfnet_core.exhibits.architectures import stem as stems
from zfnet_core.exhibits.architectures.ideas import Bottleneck
from zfnet_core.language import t
from zfnet_core.photos.decoding import printable
from zfnet_core.photos.images import shown
from zfnet_core.photos.preprocessing import Preprocessing


@dataclass(frozen=True, eq=False)
class Question:
    """`networks` are drawn one above the other; `part` is one of the first network's."""

    current: Current
    networks: tuple[Blueprint, ...]
    part: str
    stem: stems.Settings
    channels: int
    bottleneck: Bottleneck
    notes: tuple[str, ...] = ()

    @property
    def first(self) -> Blueprint:
        """The network that the page is about."""
        return self.networks[0]

    def photo(self, input_px: int) -> np.ndarray:
        """What a network of that input sees of the visitor's photo, uint8 [input_px, input_px, 3]."""
        return shown(self.current.photo, Preprocessing.at(input_px), self.current.crop)


def resolve(fields: Fields, current: Current) -> Question:
    """The question; a part that the network does not have becomes its first."""
    networks = [blueprint(fields.network)]
    if fields.beside not in (ALONE, fields.network):
        networks.append(blueprint(fields.beside))
    notes, part = [], fields.part
    if all(network.part(part) is None for network in networks):
        if part != Fields().part:
            asked = printable(part)
            notes.append(t("{network} has no part “{part}”.", network=networks[0].plan.title, part=asked))
        part = next(one.name for one in networks[0].parts if one.kind != "grey")
    return Question(
        current=current,
        networks=tuple(networks),
        part=part,
        stem=stems.Settings(
            fields.input,
            SlidingWindow(fields.k1, fields.s1, fields.p1, fields.ceil),
            SlidingWindow(fields.k2, fields.s2, fields.p2, fields.ceil),
            fields.pools,
        ),
        channels=fields.channels,
        bottleneck=Bottleneck(100, 128, 256, fields.squeezed),
        notes=tuple(notes),
    )

"""Down the strongest path: from a number to the input map that does most for it, and on, to a pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from zfnet_core.deconvnet.projection import Unit, strongest_units
from zfnet_core.exhibits.contributions.number import Number, Place, Term, made
from zfnet_core.exhibits.contributions.passages import Passage, PooledAbove, down, pooled_above
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.models.network import Network
from zfnet_core.models.steps import INPUT


@dataclass(frozen=True)
class Settings:
    """Which unit of `layer` is explained; None: its strongest one."""

    layer: str
    unit: Unit | None = None


@dataclass(frozen=True, eq=False)
class Explained:
    """One level of a walk: what was passed on (`passages`, from the top), and the sum below it.

    `number` is None when the walk has come to a pixel, `end`. `above` are the pools that may pass the number on.
    """

    start: Place
    passages: tuple[Passage, ...]
    end: Place
    number: Number | None
    above: tuple[PooledAbove, ...] = ()


def compute(network: Network, images: torch.Tensor, settings: Settings) -> Iterator[Explained]:
    """From a unit down the strongest path to a pixel of the first of `images` [N, 3, input_px, input_px], normalised.

    Each level comes by itself. Raises UnknownName for a layer or unit that does not exist.
    """
    traced = trace(network, images[:1], settings.layer)
    unit = settings.unit or strongest_units(traced, settings.layer, 1)[0]
    yield from strongest_path(traced, unit_place(network, settings.layer, unit))


def unit_place(network: Network, layer: str, unit: Unit) -> Place:
    """Where a layer's unit stands among the steps. Raises UnknownName."""
    return Place(network.layer(layer).step, unit.map, unit.row, unit.column)


def explain(traced: Trace, place: Place, image: int = 0) -> Explained:
    """How the number at a place is made. Raises UnknownName for a place that does not exist."""
    passages, end = down(traced, place, image)
    if end.step == INPUT:
        return Explained(place, passages, end, None)
    return Explained(place, passages, end, made(traced, end, image), pooled_above(traced, end, image))


def strongest_path(traced: Trace, place: Place, image: int = 0) -> Iterator[Explained]:
    """Level by level from a place to a pixel, each time to the number behind the strongest term; it ends early at a
    number that nothing below contributes to."""
    while True:
        level = explain(traced, place, image)
        yield level
        if level.number is None or (found := strongest_below(level.number)) is None:
            return
        place = found[1]


def strongest_below(number: Number) -> tuple[Term, Place] | None:
    """The term that does most for a number's sign, and the place in its window that most of it comes from."""
    term = number.strongest()
    if term is None:
        return None
    part = number.parts[term.part]
    place = part.place(term.index, *part.strongest_cell(term.index))
    return None if place is None else (term, place)

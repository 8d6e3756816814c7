"""What do the switches do? One activation projected with its own, with those of the middle, with another photo’s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from zfnet_core.deconvnet.projection import Unit, project_by_method
from zfnet_core.deconvnet.rules import BackwardRule
from zfnet_core.deconvnet.switches import with_middle_switches, with_switches_of
from zfnet_core.exhibits.trust.similarity import Similarity, similarity
from zfnet_core.forward.trace import Trace
from zfnet_core.models.steps import ResponseNorm

Switches = Literal["own", "middle", "other"]

METHODS: Mapping[str, BackwardRule] = {
    "deconvnet": BackwardRule(rectifies=True, masks=False, through_norm=False),
    "gradient": BackwardRule(rectifies=False, masks=True, through_norm=True),
    "guided backprop": BackwardRule(rectifies=True, masks=True, through_norm=True),
    "DeSaliNet": BackwardRule(rectifies=True, masks=True, through_norm=False),
}
"""Zeiler & Fergus 2014; Simonyan et al. 2013; Springenberg et al. 2015; Mahendran & Vedaldi 2016."""


@dataclass(frozen=True, eq=False)
class Projected:
    """The picture float32 [3, H, W] with one kind of switches, and how alike it is to the one with its own."""

    switches: Switches
    pixels: np.ndarray
    alike: Similarity


def experiment(
    traced: Trace, layer: str, unit: Unit, rule: BackwardRule, other: Trace | None = None
) -> tuple[Projected, ...]:
    """Own, middle and, where there is another photo's trace by the same network, its switches.

    Seeded with 1, so that a silent unit shows what it would. Raises UnknownName for what does not exist.
    """
    side = traced.network.preprocessing.input_px
    box = traced.network.layer(layer).receptive_field.box(unit.row, unit.column, side)
    ways: list[tuple[Switches, Trace]] = [("own", traced), ("middle", with_middle_switches(traced))]
    if other is not None:
        ways.append(("other", with_switches_of(traced, other)))
    pictures = [(name, project_by_method(way, layer, unit, rule).float().cpu().numpy()) for name, way in ways]
    own = pictures[0][1]
    return tuple(Projected(name, pixels, similarity(own, pixels, box)) for name, pixels in pictures)


def names_of(traced: Trace, rule: BackwardRule, own_switches: bool) -> tuple[str, ...]:
    """The published methods that such a rule is, on this network; where nothing normalises, two of them coincide."""
    if not own_switches:
        return ()
    normalises = any(isinstance(step, ResponseNorm) for step in traced.network.steps)

    def same(other: BackwardRule) -> bool:
        alike = (rule.rectifies, rule.masks) == (other.rectifies, other.masks)
        return alike and (not normalises or rule.through_norm == other.through_norm)

    return tuple(name for name, other in METHODS.items() if same(other))

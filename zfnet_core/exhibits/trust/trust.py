"""Can a projection be trusted? The machinery checked, and what the picture owes to the unit, the photo, the weights.

for trust in compute(network, image, Settings("conv5", Unit(3, 6, 6))):
    trust.checks, trust.others, trust.survivors      # they grow
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from zfnet_core.deconvnet.plan import plan_from
from zfnet_core.deconvnet.projection import Unit, project, project_by_method, strongest_units
from zfnet_core.deconvnet.rules import RULES, Rule
from zfnet_core.deconvnet.switches import collisions
from zfnet_core.exhibits.trust import checks
from zfnet_core.exhibits.trust.checks import Check
from zfnet_core.exhibits.trust.randomised import cascade
from zfnet_core.exhibits.trust.similarity import Similarity, similarity
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.models.network import Network
from zfnet_core.models.steps import MaxPool

OTHERS = 4


@dataclass(frozen=True)
class Settings:
    """Which unit of `layer` (None: its strongest) is projected by `rule`; `seed` draws the other units and weights."""

    layer: str
    unit: Unit | None = None
    rule: Rule = "deconvnet"
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture to compare: `pixels` float32 [3, H, W], and how alike it is to the one that is trusted or not."""

    name: str
    pixels: np.ndarray
    alike: Similarity


@dataclass(frozen=True, eq=False)
class Trust:
    """What is known so far. `done` is the share of the work.

    `pixels` float32 [3, input_px, input_px] is the picture that is judged, which starts from the `activation` (that of
    a silent unit starts from 1, or it would be empty); `box` is the unit's receptive field, `collisions` the share of
    switches that share their place, for each pool on the way. `others` are pictures of random other maps' units at the
    same place; `survivors` those of the same unit after a layer's weights were lost, the upper ones before it.
    """

    settings: Settings
    unit: Unit
    activation: float
    pixels: np.ndarray
    box: tuple[int, int, int, int]
    checks: tuple[Check, ...] = ()
    collisions: Mapping[str, float] = field(default_factory=dict)
    others: tuple[Picture, ...] = ()
    survivors: tuple[Picture, ...] = ()
    done: float = 0.0

    @property
    def sound(self) -> bool | None:
        """Whether every check has passed; None while they are not all known."""
        if any(not check.passed for check in self.checks):
            return False
        return True if len(self.checks) == 5 else None


def compute(network: Network, images: torch.Tensor, settings: Settings) -> Iterator[Trust]:
    """Judge a unit's projection in the first of `images` [N, 3, input_px, input_px], normalised.

    Raises UnknownName for a layer, unit or rule that does not exist.
    """
    yield from judged(trace(network, images[:1], settings.layer), settings)


def judged(traced: Trace, settings: Settings) -> Iterator[Trust]:
    """The same from a trace: first the picture, then the row of randomised weights, the other units, the checks."""
    layer, rule = traced.network.layer(settings.layer), settings.rule
    unit = settings.unit or strongest_units(traced, layer.name, 1)[0]
    shown = project(traced, layer.name, [unit], rule)
    activation, silent = shown.values[0], shown.values[0] == 0
    if silent:
        shown = project(traced, layer.name, [unit], rule, seed="one")
    pixels, box = shown.pixels[0], shown.boxes[0]
    pools = {step.name: step for step in plan_from(traced.network, layer.step).steps if isinstance(step, MaxPool)}
    names = [part.name for part in traced.network.layers]
    steps, at = names.index(layer.name) + 1 + OTHERS + 5, 0
    now = Trust(settings, unit, activation, _numbers(pixels), box, collisions=collisions(traced, pools))
    yield now
    # Started from 1, so that the unit of the real weights and of the lost ones are compared at one scale.
    for name, picture in cascade(traced, layer.name, unit, RULES[rule], settings.seed):
        at += 1
        one = Picture(name, _numbers(picture), similarity(now.pixels, _numbers(picture), box))
        yield (now := replace(now, survivors=(*now.survivors, one), done=at / steps))
    for other in other_units(traced, layer.name, unit, settings.seed):
        at += 1
        picture = project_by_method(traced, layer.name, other, RULES[rule])
        one = Picture(str(other.map), _numbers(picture), similarity(now.pixels, _numbers(picture), box))
        yield (now := replace(now, others=(*now.others, one), done=at / steps))
    for check in (
        lambda: checks.field(traced, layer.name, unit, pixels, settings.seed),
        lambda: checks.biases(traced, layer.name, unit, rule),
        lambda: checks.does_what_it_says(traced, layer.name, rule, settings.seed),
        lambda: checks.adjoint(traced, layer.name, rule, settings.seed),
        lambda: checks.second(traced, layer.name, unit, rule, pixels, abs(activation) or 1.0),
    ):
        at += 1
        yield (now := replace(now, checks=(*now.checks, check()), done=at / steps))
    yield replace(now, done=1.0)


def other_units(traced: Trace, layer: str, unit: Unit, seed: int) -> tuple[Unit, ...]:
    """Units of random other maps at the same place: what they see of the photo is the same."""
    maps = traced.network.layer(layer).maps
    free = [map for map in range(maps) if map != unit.map]
    chosen = np.random.default_rng(seed).permutation(free)[:OTHERS]
    return tuple(replace(unit, map=int(map)) for map in chosen)


def _numbers(pixels: torch.Tensor) -> np.ndarray:
    return pixels.detach().float().cpu().numpy()

"""Is the machinery behind a projection sound? Five checks on the very picture that is shown, each with its measure.

What a rule does is written down here once more (`CLAIMED`), so that a rule sold under another's name is found out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch.nn import functional as F

from zfnet_core.deconvnet.plan import Plan, plan_from
from zfnet_core.deconvnet.projection import Unit, project_by_method
from zfnet_core.deconvnet.rules import BACKWARD, RULES, BackwardRule, Descent, Rule
from zfnet_core.deconvnet.windows import Anchors, refit, whole_map
from zfnet_core.exhibits.trust.second import projected_again
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.models.steps import INPUT, Conv, Linear, MaxPool, Relu, Step

CheckName = Literal["field", "biases", "adjoint", "rule", "second"]
LIMITS: Mapping[CheckName, float] = {"field": 1e-4, "biases": 1e-4, "adjoint": 1e-5, "rule": 1e-4, "second": 1e-3}
"""The largest deviation, relative to the size of what is compared, that rounding in float32 may make (our choice; what
is measured on sound machinery is a thousandth of it)."""

# R is the signal from above, f the value before the ReLU: rectifies R·[R > 0], masks R·[f > 0], through the norm.
CLAIMED: Mapping[Rule, BackwardRule] = {
    "deconvnet": BackwardRule(True, False, False),  # Zeiler & Fergus 2014
    "gradient": BackwardRule(False, True, True),  # Simonyan et al. 2013
    "guided": BackwardRule(True, True, True),  # Springenberg et al. 2015
    "desalinet": BackwardRule(True, True, False),  # Mahendran & Vedaldi 2016
}


@dataclass(frozen=True)
class Check:
    """One check: how far off it is, relative; `passed` where that is within its limit."""

    name: CheckName
    deviation: float

    @property
    def passed(self) -> bool:
        """Whether the deviation is no larger than rounding makes; never for what is no number."""
        return self.deviation <= LIMITS[self.name]


def field(traced: Trace, layer: str, unit: Unit, pixels: torch.Tensor, seed: int = 0) -> Check:
    """Zero outside the receptive field, and that field is the real one: noise everywhere else changes nothing.

    `pixels` [3, input_px, input_px] is the picture that is shown. One forward pass.
    """
    part, side = traced.network.layer(layer), traced.network.preprocessing.input_px
    top, left, bottom, right = part.receptive_field.box(unit.row, unit.column, side)
    outside = torch.ones(side, side, dtype=torch.bool, device=pixels.device)
    outside[top:bottom, left:right] = False
    lit = float((pixels.abs() * outside).max()) / _size(pixels)
    dice = torch.Generator().manual_seed(seed)
    noise = torch.randn(traced.images[:1].shape, generator=dice).to(traced.images.device)
    changed = trace(traced.network, torch.where(outside, noise, traced.images[:1]), layer).activation(layer)[0]
    before = traced.activation(layer)[0]
    place = (unit.map, unit.row, unit.column)[: before.dim()]
    moved = abs(float(changed[place] - before[place])) / (abs(float(before[place])) + 1)
    return Check("field", max(lit, moved))


def biases(traced: Trace, layer: str, unit: Unit, rule: Rule) -> Check:
    """From nothing comes nothing, and twice the value gives twice the picture: no bias is added on the way down."""
    nothing, one, two = (project_by_method(traced, layer, unit, RULES[rule], value) for value in (0.0, 1.0, 2.0))
    return Check("biases", max(float(nothing.abs().max()), float((two - 2 * one).abs().max())) / _size(one))


@torch.inference_mode()
def adjoint(traced: Trace, layer: str, rule: Rule, seed: int = 0) -> Check:
    """⟨A·x, y⟩ = ⟨x, Aᵀ·y⟩ for every convolution, fully connected layer and pool (its switches held) on the way."""
    plan, dice = plan_from(traced.network, traced.network.layer(layer).step), torch.Generator().manual_seed(seed)
    worst = 0.0
    for step in plan.steps:
        if isinstance(step, (Conv, Linear, MaxPool)):
            x = torch.randn(1, *plan.shapes[step.inputs[0]], generator=dice).to(traced.images.device)
            up = _upwards(traced, step, x)
            y = torch.randn(up.shape, generator=dice).to(up.device)
            back = _back(traced, plan, step, y, rule)
            miss = abs(float((up * y).double().sum()) - float((x * back).double().sum()))
            worst = max(worst, miss / (float(up.norm()) * float(y.norm()) or 1.0))
    return Check("adjoint", worst)


@torch.inference_mode()
def does_what_it_says(traced: Trace, layer: str, rule: Rule, seed: int = 0) -> Check:
    """Every rectification on the way is the one that bears the rule's name, on signals of both signs."""
    plan, dice = plan_from(traced.network, traced.network.layer(layer).step), torch.Generator().manual_seed(seed)
    claimed, worst = CLAIMED[rule], 0.0
    for step in plan.steps:
        if isinstance(step, Relu):
            signal = torch.randn(1, *step.shape, generator=dice).to(traced.images.device)
            lit = traced.outputs[step.name][:1] > 0
            expected = signal.clamp(min=0) if claimed.rectifies else signal
            expected = expected * lit if claimed.masks else expected
            worst = max(worst, float((_back(traced, plan, step, signal, rule) - expected).abs().max()))
    return Check("rule", worst)


def second(traced: Trace, layer: str, unit: Unit, rule: Rule, pixels: torch.Tensor, value: float) -> Check:
    """The picture that is shown is the one that PyTorch's own backward pass makes by the rule of that name.

    Both walks start with `value`.
    """
    again = projected_again(traced, layer, unit, CLAIMED[rule], value)
    return Check("second", float((again - pixels).norm()) / (float(again.norm()) or float(pixels.norm()) or 1.0))


def _upwards(traced: Trace, step: Conv | Linear | MaxPool, x: torch.Tensor) -> torch.Tensor:
    """The step's linear part: without its bias; a pool takes what its switches point to."""
    if isinstance(step, Conv):
        return F.conv2d(x, step.weight, None, step.stride, step.padding, groups=x.shape[1] // step.weight.shape[1])
    if isinstance(step, Linear):
        return F.linear(x, step.weight)
    switches = traced.switches[step.name][:1]
    return x.flatten(2).gather(2, switches.flatten(2)).view(switches.shape)


def _back(traced: Trace, plan: Plan, step: Step, y: torch.Tensor, rule: Rule) -> torch.Tensor:
    """What the way down makes of a signal over the whole map, or of a vector, at one step."""
    anchors = Anchors.of([(0, 0, 0)], y.device)
    descent = Descent(traced, anchors, (RULES[rule],), plan.shapes)
    spatial = y.dim() == 4
    signal = y.permute(0, 2, 3, 1).contiguous() if spatial else y.clone()
    ((back, reached), *_) = BACKWARD[type(step)](step, signal, whole_map(y.shape[-1]) if spatial else None, descent)
    if reached is None:
        return back
    below = plan.shapes[step.inputs[0]] if step.inputs[0] != INPUT else (3, *traced.images.shape[-2:])
    return refit(back, anchors, reached, whole_map(below[-1])).permute(0, 3, 1, 2)


def _size(pixels: torch.Tensor) -> float:
    return float(pixels.abs().max()) or 1.0

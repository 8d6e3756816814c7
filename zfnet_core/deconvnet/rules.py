"""How a signal goes back through one step of a network: one small function per kind of step.

Each takes the signal at a step's output, which it owns and may overwrite, and gives the signal at each of its inputs.
The first functions are the deconvnet's own three (Zeiler & Fergus §2.1): unpool, rectify, filter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import accumulate, groupby, pairwise
from typing import Literal

import torch
from torch.nn import functional as F

from zfnet_core.deconvnet.transposed_convolution import sum_of_rows, transposed
from zfnet_core.deconvnet.windows import Anchors, Window, below, clear_outside, read, whole_map
from zfnet_core.forward.trace import Trace
from zfnet_core.models import steps

Rule = Literal["deconvnet", "gradient", "guided", "desalinet"]


@dataclass(frozen=True)
class BackwardRule:
    """What distinguishes the four methods; R is the signal from above, f the forward value before the ReLU.

    `rectifies`: R·[R > 0]; `masks`: R·[f > 0]; `through_norm`: the contrast normalisation's true Jacobian, otherwise
    it is skipped.
    """

    rectifies: bool
    masks: bool
    through_norm: bool


# Zeiler & Fergus 2014; Simonyan et al. 2013; Springenberg et al. 2015; Mahendran & Vedaldi 2016.
RULES: Mapping[str, BackwardRule] = {
    "deconvnet": BackwardRule(rectifies=True, masks=False, through_norm=False),
    "gradient": BackwardRule(rectifies=False, masks=True, through_norm=True),
    "guided": BackwardRule(rectifies=True, masks=True, through_norm=True),
    "desalinet": BackwardRule(rectifies=True, masks=True, through_norm=False),
}


@dataclass(frozen=True, eq=False)
class Descent:
    """What the rules may look at: the traced forward pass, the units, each unit's method, each step's output shape."""

    trace: Trace
    anchors: Anchors
    rules: tuple[BackwardRule, ...]
    shapes: Mapping[str, tuple[int, ...]]

    @cached_property
    def parts(self) -> tuple[tuple[slice, BackwardRule], ...]:
        """The batch in runs of neighbours that share a method."""
        ends = [*accumulate(len(tuple(run)) for _, run in groupby(self.rules))]
        return tuple((slice(begin, end), self.rules[begin]) for begin, end in pairwise([0, *ends]))

    def seen(self, step: str, window: Window | None) -> torch.Tensor:
        """The forward values of a step where the signal is: [B, size, size, maps], or [B, units]."""
        values = self.trace.outputs[step]
        if window is None:
            return values.index_select(0, self.anchors.images)
        return read(values.permute(0, 2, 3, 1), self.anchors, window)


Backward = tuple[torch.Tensor, "Window | None"]


def unpool(step: steps.MaxPool, signal: torch.Tensor, window: Window, descent: Descent) -> Sequence[Backward]:
    """Put each value back where its maximum came from; values that meet at one place add up (our choice)."""
    kernel, stride, padding = step.window
    switches = read(descent.trace.relative_switches[step.name], descent.anchors, window)
    batch, size, _, maps = signal.shape
    side = (size - 1) * stride + kernel
    corner = torch.arange(size, device=signal.device) * stride
    corners = corner[:, None] * side + corner
    offset = torch.arange(kernel, device=signal.device)
    offsets = (offset[:, None] * side + offset).view(-1)
    places = offsets.index_select(0, switches.flatten().int()).view(switches.shape).add_(corners[..., None])
    unpooled = signal.new_zeros(batch, side * side, maps)
    unpooled.scatter_add_(1, places.view(-1, size * size, maps).expand(batch, -1, -1), signal.reshape(batch, -1, maps))
    return [(unpooled.view(batch, side, side, maps), below(window, kernel, stride, padding))]


def rectify(step: steps.Relu, signal: torch.Tensor, window: Window | None, descent: Descent) -> Sequence[Backward]:
    """The one place where the methods differ: rectify the signal, or mask it by the forward ReLU, or both."""
    masked = any(rule.masks for rule in descent.rules)
    mask = (descent.seen(step.name, window) > 0).expand(signal.shape) if masked else None
    for part, rule in descent.parts:
        if rule.rectifies:
            signal[part].relu_()
        if rule.masks and mask is not None:
            signal[part].mul_(mask[part])
    return [(signal, window)]


def unfilter(step: steps.Conv, signal: torch.Tensor, window: Window, descent: Descent) -> Sequence[Backward]:
    """The transposed version of the same filters; no bias."""
    filtered = transposed(signal, step.weight, step.stride)
    reached = below(window, *step.window)
    return [(clear_outside(filtered, descent.anchors, reached, descent.shapes[step.inputs[0]][-1]), reached)]


def unconnect(step: steps.Linear, signal: torch.Tensor, window: Window | None, descent: Descent) -> Sequence[Backward]:
    """The transposed matrix of a fully connected layer; no bias."""
    return [(sum_of_rows(signal, step.weight), None)]


def unflatten(step: steps.Flatten, signal: torch.Tensor, window: Window | None, descent: Descent) -> Sequence[Backward]:
    """A vector of units back to maps."""
    maps, rows, columns = descent.shapes[step.inputs[0]]
    return [(signal.view(-1, maps, rows, columns).permute(0, 2, 3, 1).contiguous(), whole_map(rows))]


def unnormalise(
    step: steps.ResponseNorm, signal: torch.Tensor, window: Window | None, descent: Descent
) -> Sequence[Backward]:
    """Contrast normalisation b = a·s^−β with s = k + α/n·Σ a²: skipped, or its transposed Jacobian,

    ∂/∂a_i = R_i·s_i^−β − 2αβ/n · a_i · Σ_j R_j·a_j·s_j^−(β+1), the sum over the maps j whose s_j contains a_i.
    """
    if not any(rule.through_norm for rule in descent.rules):
        return [(signal, window)]
    seen = descent.seen(step.inputs[0], window).expand(signal.shape)
    for part, rule in descent.parts:
        if rule.through_norm:
            signal[part] = _through_norm(step, signal[part], seen[part])
    return [(signal, window)]


def _through_norm(norm: steps.ResponseNorm, signal: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
    before, after = norm.size // 2, (norm.size - 1) // 2
    s = norm.k + norm.alpha / norm.size * _sum_over_maps(a * a, before, after)
    shared = _sum_over_maps(signal * a * s.pow(-norm.beta - 1), after, before)
    return signal * s.pow(-norm.beta) - (2 * norm.alpha * norm.beta / norm.size) * a * shared


def _sum_over_maps(values: torch.Tensor, before: int, after: int) -> torch.Tensor:
    """For each map the sum of itself, `before` maps before it and `after` maps after it; maps last."""
    maps = values.shape[-1]
    padded = F.pad(values, (before, after))
    return reduce(torch.add, (padded[..., shift : shift + maps] for shift in range(before + after + 1)))


def unscale(step: steps.BatchNorm, signal: torch.Tensor, window: Window | None, descent: Descent) -> Sequence[Backward]:
    """Batch normalisation of a finished network only scales each map; its shift is a bias and left out."""
    return [(signal.mul_(step.factor), window)]


def spread(
    step: steps.AvgPool | steps.AdaptiveAvgPool, signal: torch.Tensor, window: Window | None, descent: Descent
) -> Sequence[Backward]:
    """Average pooling gives each of its inputs an equal share. Rows and columns are averaged independently, so it is
    a matrix along each, and the way back is that matrix transposed."""
    _, size, _ = descent.shapes[step.inputs[0]]
    positions = torch.eye(size, device=signal.device)
    if isinstance(step, steps.AdaptiveAvgPool):
        shares = F.adaptive_avg_pool1d(positions, step.shape[-1])
    else:
        shares = F.avg_pool1d(positions, *step.window, step.ceil_mode, step.counts_padding)
    return [(torch.einsum("bijc,yi,xj->byxc", signal, shares, shares), whole_map(size))]


def copy(step: steps.Add, signal: torch.Tensor, window: Window | None, descent: Descent) -> Sequence[Backward]:
    """A sum passes the whole signal to each of its terms."""
    return [(signal if term == 0 else signal.clone(), window) for term in range(len(step.inputs))]


def split(step: steps.Concat, signal: torch.Tensor, window: Window | None, descent: Descent) -> Sequence[Backward]:
    """A concatenation gives each input its own maps."""
    maps = [descent.shapes[name][0] for name in step.inputs]
    return [(part.contiguous(), window) for part in signal.split(maps, dim=-1)]


def recolour(step: steps.Grey, signal: torch.Tensor, window: Window | None, descent: Descent) -> Sequence[Backward]:
    """The mean of the colours gives each of them an equal share: what comes back is a grey picture."""
    colours = descent.shapes[step.inputs[0]][0]
    return [((signal / colours).repeat(1, 1, 1, colours), window)]


BACKWARD: Mapping[type[steps.Operation], Callable[..., Sequence[Backward]]] = {
    steps.MaxPool: unpool,
    steps.Relu: rectify,
    steps.Conv: unfilter,
    steps.Linear: unconnect,
    steps.Flatten: unflatten,
    steps.ResponseNorm: unnormalise,
    steps.BatchNorm: unscale,
    steps.AvgPool: spread,
    steps.AdaptiveAvgPool: spread,
    steps.Add: copy,
    steps.Concat: split,
    steps.Grey: recolour,
}

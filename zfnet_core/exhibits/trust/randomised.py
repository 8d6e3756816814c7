"""What survives when the weights are lost: randomised from the top layer down, one layer after another.

Adebayo et al. 2018 (“Sanity Checks for Saliency Maps”, cascading randomisation); Nie et al. 2018 for why it survives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch.nn import functional as F

from zfnet_core.deconvnet.plan import plan_from
from zfnet_core.deconvnet.projection import Box, Unit, project_by_method
from zfnet_core.deconvnet.rules import BackwardRule
from zfnet_core.deconvnet.windows import is_whole
from zfnet_core.forward.trace import Recording, Trace
from zfnet_core.models.network import Network
from zfnet_core.models.steps import INPUT, Conv, Linear, MaxPool, Relu, ResponseNorm, Step


def randomised(network: Network, layers: Sequence[str], seed: int = 0) -> Network:
    """The same network, the weights of those layers drawn anew: normal numbers with the mean and spread of each
    filter bank's own (our choice, so that signals keep their size); their biases are 0. Pools and norms stay."""
    dice, chosen = torch.Generator().manual_seed(seed), set(layers)
    steps: list[Step] = []
    for name, step in _with_layers(network):
        steps.append(_drawn(step, dice) if name in chosen and isinstance(step, (Conv, Linear)) else step)
    return replace(network, steps=tuple(steps), trained=False)


def cascade(
    traced: Trace, layer: str, unit: Unit, rule: BackwardRule, seed: int = 0
) -> Iterator[tuple[str, torch.Tensor]]:
    """(the layer that lost its weights last, the picture) from `layer` down to the first; those above do not matter.

    Every picture starts from 1, so that a unit that has fallen silent has one, too. Only what lies above the change is
    computed again, only up to what the way down looks at last (without a forward mask the last pool's switches), and
    only on the part of each map that the way down can reach.
    """
    traced = traced if len(traced.images) == 1 else traced.of_image(0)
    names, network = [part.name for part in traced.network.layers], traced.network
    last, reach = _looked_at(traced.network, layer, rule), reached(traced.network, layer, unit)
    for at in range(names.index(layer), -1, -1):
        network = randomised(network, names[at : at + 1], seed + at)
        run = traced if last is None else retraced(traced, network, last, reach)
        yield names[at], project_by_method(Trace(network, run.recording), layer, unit, rule)


def _looked_at(network: Network, layer: str, rule: BackwardRule) -> str | None:
    """The highest step below a layer whose forward values or switches the way down by a rule depends on."""
    kinds: tuple[type, ...] = (MaxPool,)
    kinds += (Relu,) if rule.masks else ()
    kinds += (ResponseNorm,) if rule.through_norm else ()
    return next(
        (step.name for step in plan_from(network, network.layer(layer).step).steps if isinstance(step, kinds)), None
    )


def reached(network: Network, layer: str, unit: Unit) -> dict[str, Box]:
    """(top, left, bottom, right) of what a unit's way down can reach of each map, for the steps where that is a part.

    It is what the unit's activation is made of, too: the same windows, gone through in the other direction.
    """
    plan = plan_from(network, network.layer(layer).step)
    return {
        name: window.box(unit.row, unit.column, plan.shapes[name][-1])
        for name, window in plan.windows.items()
        if window is not None and not is_whole(window)
    }


@torch.inference_mode()
def retraced(traced: Trace, network: Network, last: str, reach: Mapping[str, Box] | None = None) -> Trace:
    """The trace of the first image through `network`, whose first steps are those of the traced one, up to step `last`.

    What lies above `last` is left as it was. Convolutions are computed within their box of `reach` only; where one is
    given, what lies outside means nothing.
    """
    reach = reach or {}
    before = traced if len(traced.images) == 1 else traced.of_image(0)
    kept, placed = before.recording, dict(before.relative_switches)
    values, switches, changed = {INPUT: kept.images}, {}, False
    pools: dict[str, MaxPool] = {}
    for old, step in zip(traced.network.steps, network.steps, strict=True):
        changed = changed or old is not step
        if isinstance(step, MaxPool):
            pools[step.name] = step
        if not changed:
            if step.name in kept.outputs:
                values[step.name] = kept.outputs[step.name]
            if step.name in kept.switches:
                switches[step.name] = kept.switches[step.name]
        elif all(name in values for name in step.inputs):
            if isinstance(step, MaxPool):
                placed.pop(step.name, None)
                values[step.name], switches[step.name] = step.run_with_switches(values[step.inputs[0]])
            elif isinstance(step, Conv) and step.name in reach:
                values[step.name] = _within(step, values[step.inputs[0]], reach[step.name])
            else:
                values[step.name] = step.run(*(values[name] for name in step.inputs))
        if step.name == last:
            break
    outputs = {**kept.outputs, **{name: value for name, value in values.items() if name != INPUT}}
    return Trace(
        network, Recording(kept.images, outputs, {**kept.switches, **switches}, {**kept.pools, **pools}, placed)
    )


def _within(step: Conv, value: torch.Tensor, box: Box) -> torch.Tensor:
    """What a convolution gives within a box of its output; 0 outside."""
    (kernel, stride, padding), (top, left, bottom, right), (height, width) = step.window, box, value.shape[2:]
    first_row, first_column = stride * top - padding, stride * left - padding
    end_row, end_column = stride * (bottom - 1) - padding + kernel, stride * (right - 1) - padding + kernel
    seen = F.pad(
        value[:, :, max(0, first_row) : end_row, max(0, first_column) : end_column],
        (max(0, -first_column), max(0, end_column - width), max(0, -first_row), max(0, end_row - height)),
    )
    whole = value.new_zeros(len(value), *step.shape).to(memory_format=torch.channels_last)
    whole[:, :, top:bottom, left:right] = F.conv2d(seen, step.weight, step.bias, stride)
    return whole


def _with_layers(network: Network) -> Iterator[tuple[str, Step]]:
    """Each step with the layer that it belongs to: the first whose activation comes no earlier."""
    left = list(network.layers)
    for step in network.steps:
        yield (left[0].name if left else network.layers[-1].name), step
        if left and step.name == left[0].step:
            left.pop(0)


def _drawn(step: Conv | Linear, dice: torch.Generator) -> Conv | Linear:
    weight = step.weight.detach()
    spread, mean = torch.std_mean(weight)
    fresh = (
        torch.randn(weight.shape, generator=dice)
        .to(weight.device)
        .mul_(spread)
        .add_(mean)
        .contiguous(memory_format=torch.channels_last if weight.dim() == 4 else torch.contiguous_format)
    )
    return replace(step, weight=fresh, bias=None if step.bias is None else torch.zeros_like(step.bias))

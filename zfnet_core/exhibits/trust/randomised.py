"""What survives when the weights are lost: randomised from the top layer down, one layer after another.

Adebayo et al. 2018 (“Sanity Checks for Saliency Maps”, cascading randomisation); Nie et al. 2018 for why it survives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from zfnet_core.deconvnet.plan import plan_from
from zfnet_core.deconvnet.projection import Unit, project_by_method
from zfnet_core.deconvnet.rules import BackwardRule
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
    computed again, and only up to what the way down looks at last: without a forward mask the last pool's switches.
    """
    names, network = [part.name for part in traced.network.layers], traced.network
    last = _looked_at(traced.network, layer, rule)
    for at in range(names.index(layer), -1, -1):
        network = randomised(network, names[at : at + 1], seed + at)
        run = traced if last is None else retraced(traced, network, last)
        yield names[at], project_by_method(Trace(network, run.recording), layer, unit, rule)


def _looked_at(network: Network, layer: str, rule: BackwardRule) -> str | None:
    """The highest step below a layer whose forward values or switches the way down by a rule depends on."""
    kinds: tuple[type, ...] = (MaxPool,)
    kinds += (Relu,) if rule.masks else ()
    kinds += (ResponseNorm,) if rule.through_norm else ()
    return next(
        (step.name for step in plan_from(network, network.layer(layer).step).steps if isinstance(step, kinds)), None
    )


@torch.inference_mode()
def retraced(traced: Trace, network: Network, last: str) -> Trace:
    """The trace of the first image through `network`, whose first steps are those of the traced one, up to step `last`.

    What lies above `last` is left as it was.
    """
    values, switches, changed = {INPUT: traced.images[:1]}, {}, False
    pools: dict[str, MaxPool] = {}
    for old, step in zip(traced.network.steps, network.steps, strict=True):
        changed = changed or old is not step
        if isinstance(step, MaxPool):
            pools[step.name] = step
        if not changed:
            if step.name in traced.outputs:
                values[step.name] = traced.outputs[step.name][:1]
            if step.name in traced.switches:
                switches[step.name] = traced.switches[step.name][:1]
        elif all(name in values for name in step.inputs):
            if isinstance(step, MaxPool):
                values[step.name], switches[step.name] = step.run_with_switches(values[step.inputs[0]])
            else:
                values[step.name] = step.run(*(values[name] for name in step.inputs))
        if step.name == last:
            break
    kept = traced.of_image(0).recording
    outputs = {**kept.outputs, **{name: value for name, value in values.items() if name != INPUT}}
    return Trace(network, Recording(kept.images, outputs, {**kept.switches, **switches}, {**kept.pools, **pools}))


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

"""A projection once more, another way: PyTorch's own backward pass, with the rectification of a rule put in.

It shares no code with `zfnet_core/deconvnet` but the steps themselves: what both agree on is no accident.
"""

from __future__ import annotations

from typing import Any

import torch

from zfnet_core.deconvnet.projection import Unit
from zfnet_core.deconvnet.rules import BackwardRule
from zfnet_core.forward.trace import Trace
from zfnet_core.models.network import Network
from zfnet_core.models.steps import INPUT, Relu, ResponseNorm


class _Rectified(torch.autograd.Function):
    """A ReLU whose way back is a rule's: R·[R > 0], R·[f > 0], or both."""

    @staticmethod
    def forward(context: Any, value: torch.Tensor, rectifies: bool, masks: bool) -> torch.Tensor:
        context.rectifies, context.masks = rectifies, masks
        context.save_for_backward(value > 0)
        return value.clamp(min=0)

    @staticmethod
    def backward(context: Any, *signals: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (signal,) = signals
        (lit,) = context.saved_tensors
        signal = signal.clamp(min=0) if context.rectifies else signal
        return (signal * lit if context.masks else signal), None, None


def projected_again(
    traced: Trace, layer: str, unit: Unit, rule: BackwardRule, value: float, image: int = 0
) -> torch.Tensor:
    """What `project_by_method` says for one unit, seeded with `value`: signed pixels [3, input_px, input_px]."""
    with torch.inference_mode(False), torch.enable_grad():
        pixels = traced.images[image : image + 1].clone().requires_grad_(True)
        output = _forward(traced.network, layer, pixels, rule)
        place = (0, unit.map, unit.row, unit.column)[: output.dim()]
        (gradient,) = torch.autograd.grad(output[place], pixels)
        return (gradient[0] * value).detach()


def _forward(network: Network, layer: str, pixels: torch.Tensor, rule: BackwardRule) -> torch.Tensor:
    last, values = network.layer(layer).step, {INPUT: pixels}
    for step in network.steps:
        given = [values[name] for name in step.inputs]
        if isinstance(step, Relu):
            values[step.name] = _Rectified.apply(given[0], rule.rectifies, rule.masks)
        elif isinstance(step, ResponseNorm) and not rule.through_norm:
            values[step.name] = given[0] + (step.run(*given) - given[0]).detach()
        else:
            values[step.name] = step.run(*given)
        if step.name == last:
            break
    return values[last]

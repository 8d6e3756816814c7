"""From a layer on: what the rest of a network makes of a layer that was changed, exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch

from zfnet_core.errors import UnknownName
from zfnet_core.forward.trace import Trace
from zfnet_core.language import phrase
from zfnet_core.models.network import Network
from zfnet_core.models.steps import Step


@torch.inference_mode()
def forward_from(trace: Trace, layer: str, changed: torch.Tensor) -> torch.Tensor:
    """Scores [N, classes] of the photo of `trace` (of one image) with the layer's activation replaced by `changed`
    [N, maps, rows, columns] or [N, units].

    Only steps above the layer are computed. What they read from below or beside it, as where a shortcut comes back,
    is taken from the trace. Raises UnknownName for a layer that is not there.
    """
    network = trace.network
    start = network.layer(layer).step
    path = _above(network, start)
    readers = Counter(name for step in path for name in set(step.inputs))
    values: dict[str, torch.Tensor] = {start: changed}
    count, last = len(changed), start
    for step in path:
        inputs = [values[name] if name in values else _beside(trace, name, count) for name in step.inputs]
        for name in set(step.inputs):
            readers[name] -= 1
            if not readers[name]:
                values.pop(name, None)
        values[step.name] = step.run(*inputs)
        last = step.name
    return values[last].float()


def _above(network: Network, start: str) -> Sequence[Step]:
    """The steps whose value depends on the step `start`, in network order, without itself."""
    reached, found = {start}, []
    for step in network.steps:
        if step.name != start and reached.intersection(step.inputs):
            reached.add(step.name)
            found.append(step)
    return found


def _beside(trace: Trace, name: str, count: int) -> torch.Tensor:
    if name not in trace.outputs:
        raise UnknownName(
            phrase(
                "The trace of {network} does not hold “{name}”; trace the whole network.",
                network=trace.network.title,
                name=name,
            )
        )
    value = trace.outputs[name]
    return value.expand(count, *value.shape[1:])

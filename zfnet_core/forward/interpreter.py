"""The one loop that takes photos up through a network's steps; everything that looks at a forward pass asks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import torch

from zfnet_core.models.network import Network
from zfnet_core.models.steps import INPUT, Add, BatchNorm, Concat, Conv, Linear, MaxPool, Relu, Step

MAKES_ITS_OWN = (Conv, Linear, BatchNorm, Add, Concat)
"""Steps whose output is memory of its own, not what they read or a view of it."""


class Output(NamedTuple):
    """What one step made of N photos: `value` [N, …] and, where they were asked for, a max-pool's `switches`."""

    step: Step
    value: torch.Tensor
    switches: torch.Tensor | None


@torch.inference_mode()
def run(
    network: Network, images: torch.Tensor, keep: Collection[str], switches: Collection[str] = ()
) -> Iterator[Output]:
    """Run normalised `images` [N, 3, input_px, input_px] and hand out the steps named in `keep`, in network order.

    The pass ends at the last of them. What nobody reads any more is let go at once, and a ReLU overwrites its input
    where nobody else sees it. `switches` names those max-pools of `keep` whose switches are wanted: for each unit the
    flat index row·width + column, in the map below, of its maximum, int64. No hooks are used, so that many people can
    run one shared network at the same time.
    """
    path = path_to(network, keep)
    readers = Counter(name for step in path for name in set(step.inputs))
    left, overwritable = readers.copy(), set()
    values = {INPUT: images.to(network.device).contiguous(memory_format=torch.channels_last)}
    for step in path:
        inputs, places = [values[name] for name in step.inputs], None
        for name in set(step.inputs):
            left[name] -= 1
            if not left[name]:
                del values[name]
        if isinstance(step, Relu) and step.inputs[0] in overwritable:
            value = inputs[0].relu_()
        elif isinstance(step, MaxPool) and step.name in switches:
            value, places = step.run_with_switches(inputs[0])
        else:
            value = step.run(*inputs)
        del inputs
        if step.name in keep:
            yield Output(step, value, places)
        elif isinstance(step, MAKES_ITS_OWN) and readers[step.name] == 1:
            overwritable.add(step.name)
        if left[step.name]:
            values[step.name] = value
        del value, places


def path_to(network: Network, names: Collection[str]) -> Sequence[Step]:
    """The network's steps up to the last of those named."""
    return network.steps[: 1 + max(index for index, step in enumerate(network.steps) if step.name in names)]

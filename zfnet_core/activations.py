"""One forward pass that hands out each layer's activation as it comes and keeps nothing longer than needed.

For questions that need numbers about a layer (a distance, a sign, a share) rather than the layer itself; `trace` is for
those that come back to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from zfnet_core.models.graph import INPUT
from zfnet_core.models.network import Network


@torch.inference_mode()
def activations(
    network: Network, images: torch.Tensor, steps: Sequence[str] | None = None
) -> Iterator[tuple[str, torch.Tensor]]:
    """Run normalised `images` [N, 3, input_px, input_px] and yield (step name, its output [N, …]) in network order.

    `steps` are the wanted steps, by default those of the network's named layers; the pass ends at the last of them.
    No hooks are used, so that many people can run one shared network at the same time.
    """
    wanted = set(steps) if steps is not None else {layer.step for layer in network.layers}
    last = max(index for index, step in enumerate(network.steps) if step.name in wanted)
    path = network.steps[: last + 1]
    last_reader = {name: index for index, step in enumerate(path) for name in step.inputs}
    values = {INPUT: images.to(network.device).contiguous(memory_format=torch.channels_last)}
    for index, step in enumerate(path):
        inputs = [values[name] for name in step.inputs]
        for name in set(step.inputs):
            if last_reader[name] == index:
                del values[name]
        overwritable = step.inputs[0] not in wanted and step.inputs[0] != INPUT and step.inputs[0] not in values
        if step.kind == "relu" and overwritable and _fresh(network, step.inputs[0]):
            output = inputs[0].relu_()
        else:
            output = step.run(*inputs)
        del inputs
        if step.name in wanted:
            yield step.name, output
        if step.name in last_reader:
            values[step.name] = output
        del output


def _fresh(network: Network, name: str) -> bool:
    """True where a step's output is memory of its own, not a view of what it read."""
    return network.step(name).kind in ("conv", "linear", "batchnorm", "add", "cat")

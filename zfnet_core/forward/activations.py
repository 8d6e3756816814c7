"""One forward pass that hands out each layer's activation as it comes and keeps nothing longer than needed.

For questions that need numbers about a layer (a distance, a sign, a share) rather than the layer itself; `trace` is for
those that come back to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from zfnet_core.forward.interpreter import run
from zfnet_core.models.network import Network


def activations(
    network: Network, images: torch.Tensor, steps: Sequence[str] | None = None
) -> Iterator[tuple[str, torch.Tensor]]:
    """Run normalised `images` [N, 3, input_px, input_px] and yield (step name, its output [N, …]) in network order.

    `steps` are the wanted steps, by default those of the network's named layers; the pass ends at the last of them.
    """
    keep = frozenset(layer.step for layer in network.layers) if steps is None else frozenset(steps)
    for step, value, _ in run(network, images, keep):
        yield step.name, value

"""Run a network once and keep what every later question needs: each layer's output and each max-pool's switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch.nn import functional as F

from zfnet_core.models.graph import INPUT, Step, window_of
from zfnet_core.models.network import Network


@dataclass(frozen=True, eq=False)
class Trace:
    """One forward pass over N images. Read-only.

    `outputs[step]` is a step's output [N, …] (convolutions whose only reader is a ReLU are not kept: the ReLU's output
    is); `switches[step]` holds for a max-pool the flat index row·width + column, in its input map, of each maximum,
    int64 [N, C, rows, columns]; `places` is where `relative_switches` are kept once they are made.
    """

    network: Network
    images: torch.Tensor
    outputs: Mapping[str, torch.Tensor]
    switches: Mapping[str, torch.Tensor]
    places: dict[str, torch.Tensor] = field(default_factory=dict, repr=False)

    def activation(self, layer: str) -> torch.Tensor:
        """A layer's feature maps [N, maps, rows, columns], or units [N, units]."""
        return self.outputs[self.network.layer(layer).step]

    @property
    def relative_switches(self) -> Mapping[str, torch.Tensor]:
        """Each maximum's place within its own pooling window, row·kernel + column: uint8 [N, rows, columns, C].

        The same for every cut-out of a map, and an eighth of the memory. Made on first use, for the projections.
        """
        for name in self.switches.keys() - self.places.keys():
            step = self.network.step(name)
            self.places[name] = _within_window(step, self.switches[name], self.outputs[step.inputs[0]].shape[-1])
        return self.places

    @property
    def probabilities(self) -> torch.Tensor:
        """Class probabilities [N, classes]."""
        return self.outputs[self.network.steps[-1].name].float().softmax(dim=1)

    def of_image(self, index: int) -> Trace:
        """The trace of one of the N images."""
        pick = slice(index, index + 1)
        return Trace(
            self.network,
            self.images[pick],
            {name: value[pick] for name, value in self.outputs.items()},
            {name: value[pick] for name, value in self.switches.items()},
        )


@torch.inference_mode()
def trace(network: Network, images: torch.Tensor, until: str | None = None) -> Trace:
    """Run `images` [N, 3, input_px, input_px] (normalised) through `network`, up to layer `until` if given.

    No hooks are used, so that many people can trace one shared network at the same time.
    """
    images = images.to(network.device).contiguous(memory_format=torch.channels_last)
    last = network.layer(until).step if until else network.steps[-1].name
    values: dict[str, torch.Tensor] = {INPUT: images}
    switches: dict[str, torch.Tensor] = {}
    for step in network.steps:
        inputs = [values[name] for name in step.inputs]
        if step.kind == "maxpool":
            values[step.name], switches[step.name] = _pool(step, inputs[0])
        else:
            values[step.name] = step.run(*inputs)
        if step.name == last:
            break
    dropped = _only_read_by_relu(network.steps)
    outputs = {name: value for name, value in values.items() if name not in dropped or name == last}
    return Trace(network, images, outputs, switches)


def _pool(step: Step, value: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    pool = step.module
    return F.max_pool2d(
        value, pool.kernel_size, pool.stride, pool.padding, pool.dilation, pool.ceil_mode, return_indices=True
    )


@torch.inference_mode()
def _within_window(step: Step, flat: torch.Tensor, width: int) -> torch.Tensor:
    kernel, stride, padding = window_of(step)
    flat = flat.permute(0, 2, 3, 1).int()
    rows = flat.div(width, rounding_mode="floor")
    columns = flat - rows * width
    corner = torch.arange(max(flat.shape[1:3]), device=flat.device, dtype=torch.int32) * stride - padding
    rows -= corner[: flat.shape[1], None, None]
    columns -= corner[: flat.shape[2], None]
    return (rows * kernel + columns).to(torch.uint8)


def _only_read_by_relu(steps: tuple[Step, ...]) -> set[str]:
    readers: dict[str, list[str]] = {}
    for step in steps:
        for name in step.inputs:
            readers.setdefault(name, []).append(step.kind)
    kinds = {step.name: step.kind for step in steps}
    return {
        name
        for name, kind in kinds.items()
        if kind in ("conv", "linear", "batchnorm", "add") and readers.get(name) in (["relu"], ["batchnorm"])
    }

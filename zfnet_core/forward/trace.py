"""Run a network once and keep what every later question needs: each layer's output and each max-pool's switches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch

from zfnet_core.forward.interpreter import path_to, run
from zfnet_core.models.network import Network
from zfnet_core.models.steps import Add, BatchNorm, Conv, Linear, MaxPool, Relu, Step


@dataclass(frozen=True, eq=False)
class Recording:
    """What a forward pass over N images left, without the network: whoever keeps it does not keep the network alive.

    `outputs[step]` is a step's output [N, …] (convolutions whose only reader is a ReLU are not kept: the ReLU's output
    is); `switches[step]` holds for a max-pool the flat index row·width + column, in its input map, of each maximum,
    int64 [N, C, rows, columns]; `pools` are those max-pools. `placed` are relative switches that are made already.
    """

    images: torch.Tensor
    outputs: Mapping[str, torch.Tensor]
    switches: Mapping[str, torch.Tensor]
    pools: Mapping[str, MaxPool]
    placed: Mapping[str, torch.Tensor] = field(default_factory=dict)

    @cached_property
    def relative_switches(self) -> Mapping[str, torch.Tensor]:
        """Each maximum's place within its own pooling window, row·kernel + column: uint8 [N, rows, columns, C].

        The same for every cut-out of a map, and an eighth of the memory. Made on first use, for the projections.
        """
        return {
            name: self.placed[name]
            if name in self.placed
            else _within_window(pool, self.switches[name], self.outputs[pool.inputs[0]].shape[-1])
            for name, pool in self.pools.items()
        }

    @property
    def nbytes(self) -> int:
        """Memory of the tensors, the relative switches included, one byte each, which the first projection makes."""
        tensors = [self.images, *self.outputs.values(), *self.switches.values()]
        return sum(one.numel() * one.element_size() for one in tensors) + sum(
            flat.numel() for flat in self.switches.values()
        )

    def of_image(self, index: int) -> Recording:
        """What belongs to one of the N images."""
        return self._each(lambda value: value[index : index + 1])

    def copied(self) -> Recording:
        """The same in memory of its own, so that one image does not keep a whole batch alive."""
        return self._each(torch.clone)

    def _each(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Recording:
        outputs, switches = (
            {name: change(value) for name, value in values.items()} for values in (self.outputs, self.switches)
        )
        return Recording(change(self.images), outputs, switches, self.pools)


@dataclass(frozen=True, eq=False)
class Trace:
    """One forward pass of `network` over N images. Read-only."""

    network: Network
    recording: Recording

    @property
    def images(self) -> torch.Tensor:
        """The normalised images [N, 3, input_px, input_px]."""
        return self.recording.images

    @property
    def outputs(self) -> Mapping[str, torch.Tensor]:
        """Each kept step's output [N, …]."""
        return self.recording.outputs

    @property
    def switches(self) -> Mapping[str, torch.Tensor]:
        """Each max-pool's switches, int64 [N, C, rows, columns]."""
        return self.recording.switches

    @property
    def relative_switches(self) -> Mapping[str, torch.Tensor]:
        """The switches within their pooling windows, uint8 [N, rows, columns, C]."""
        return self.recording.relative_switches

    def activation(self, layer: str) -> torch.Tensor:
        """A layer's feature maps [N, maps, rows, columns], or units [N, units]."""
        return self.outputs[self.network.layer(layer).step]

    @property
    def probabilities(self) -> torch.Tensor:
        """Class probabilities [N, classes]."""
        return self.outputs[self.network.steps[-1].name].float().softmax(dim=1)

    def of_image(self, index: int) -> Trace:
        """The trace of one of the N images."""
        return Trace(self.network, self.recording.of_image(index))


@torch.inference_mode()
def trace(network: Network, images: torch.Tensor, until: str | None = None) -> Trace:
    """Run `images` [N, 3, input_px, input_px] (normalised) through `network`, up to layer `until` if given.

    No hooks are used, so that many people can trace one shared network at the same time.
    """
    images = images.to(network.device).contiguous(memory_format=torch.channels_last)
    last = network.layer(until).step if until else network.steps[-1].name
    path = path_to(network, (last,))
    keep = ({step.name for step in path} - _only_read_by_relu(network.steps)) | {last}
    pools = {step.name: step for step in path if isinstance(step, MaxPool)}
    outputs: dict[str, torch.Tensor] = {}
    switches: dict[str, torch.Tensor] = {}
    for step, value, places in run(network, images, keep, pools):
        outputs[step.name] = value
        if places is not None:
            switches[step.name] = places
    return Trace(network, Recording(images, outputs, switches, pools))


@torch.inference_mode()
def _within_window(pool: MaxPool, flat: torch.Tensor, width: int) -> torch.Tensor:
    """row·kernel + column within the window, where the flat index is of the whole map."""
    gone = flat.permute(0, 2, 3, 1).int()
    corner = torch.arange(max(gone.shape[1:3]), device=flat.device, dtype=torch.int32) * pool.stride - pool.padding
    gone -= corner[: gone.shape[1], None, None] * width
    passed = [gone >= row * width for row in range(1, pool.kernel)]  # a division by so few rows, and far quicker
    gone -= corner[: gone.shape[2], None]
    for whole_row in passed:
        gone.add_(whole_row, alpha=pool.kernel - width)
    return gone.to(torch.uint8)


def _only_read_by_relu(steps: Sequence[Step]) -> set[str]:
    """Names of the steps that nobody asks for: all that reads them is one ReLU or batch norm."""
    readers: dict[str, list[Step]] = {}
    for step in steps:
        for name in step.inputs:
            readers.setdefault(name, []).append(step)
    alone = {name for name, found in readers.items() if len(found) == 1 and isinstance(found[0], (Relu, BatchNorm))}
    return {step.name for step in steps if isinstance(step, (Conv, Linear, BatchNorm, Add)) and step.name in alone}

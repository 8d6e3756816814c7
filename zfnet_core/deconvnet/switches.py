"""What the switches do: a trace with other switches than its own, and how many of them point to one place."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from zfnet_core.forward.trace import Recording, Trace
from zfnet_core.models.steps import MaxPool


@torch.inference_mode()
def with_middle_switches(trace: Trace) -> Trace:
    """The same trace, but every maximum is said to come from the middle of its window (the nearest unit to it)."""
    middle = {}
    for name, pool in trace.recording.pools.items():
        own, (rows, columns) = trace.switches[name], trace.outputs[pool.inputs[0]].shape[-2:]
        down, right = (_middles(pool, count, own.device) for count in (rows, columns))
        flat = down[: own.shape[-2], None] * columns + right[: own.shape[-1]]
        middle[name] = flat.expand(own.shape).contiguous()
    return _with(trace, middle)


def with_switches_of(trace: Trace, other: Trace, image: int = 0) -> Trace:
    """The same trace of one image, but with the switches that the same network had for another photo."""
    return _with(trace, {name: other.switches[name][image : image + 1] for name in trace.switches})


def collisions(trace: Trace, pools: Mapping[str, MaxPool], image: int = 0) -> dict[str, float]:
    """For each pool the share of its switches that point to a place where another one points, too."""
    found = {}
    for name in pools:
        flat = trace.switches[name][image].flatten(1)
        ordered = flat.sort(dim=1).values
        same = ordered[:, 1:] == ordered[:, :-1]
        shared = torch.zeros_like(ordered, dtype=torch.bool)
        shared[:, 1:] |= same
        shared[:, :-1] |= same
        found[name] = float(shared.float().mean())
    return found


def _middles(pool: MaxPool, size: int, device: torch.device) -> torch.Tensor:
    """For each window along one axis the unit in its middle, in the map."""
    corner = torch.arange(size, device=device) * pool.stride - pool.padding
    return (corner + pool.kernel // 2).clamp_(0, size - 1)


def _with(trace: Trace, switches: Mapping[str, torch.Tensor]) -> Trace:
    kept = trace.recording
    return Trace(trace.network, Recording(kept.images, kept.outputs, switches, kept.pools))

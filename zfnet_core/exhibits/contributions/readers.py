"""One map that reads a number's map: a pool of it, or the map above that is connected to it most strongly."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from zfnet_core.exhibits.contributions.number import Place, output_of, stations
from zfnet_core.forward.trace import Trace
from zfnet_core.models.network import Network
from zfnet_core.models.steps import INPUT, Add, AvgPool, BatchNorm, Concat, Conv, MaxPool, Relu, ResponseNorm, Step


@dataclass(frozen=True)
class Reader:
    """Map `map` of `step`, `size` units wide: unit `at` looks at `kernel` units from `at` · `stride` − `padding` on.

    `won` are the units (row, column) of a max-pool that pass the number on; empty for other readers.
    """

    step: str
    map: int
    size: int
    kernel: int
    stride: int
    padding: int
    won: tuple[tuple[int, int], ...] = ()


def reader_above(traced: Trace, place: Place, through: Place | None = None, image: int = 0) -> Reader | None:
    """The map that reads the map of `place`: that of `through` (where a walk has come from), if it does; or the pool
    over it; or else the map of a convolution whose kernel over it is the strongest. None where there is no such map, as
    below a fully connected layer, which reads everything."""
    name: str | None = place.step
    map = place.map
    while name is not None:
        above = [step for step in traced.network.steps if name in step.inputs]
        pools = [step for step in above if isinstance(step, (MaxPool, AvgPool)) and step.name in traced.outputs]
        convolutions = [(step, end) for step in above if (end := _end(traced, step)) is not None]
        came = [pair for pair in convolutions if through is not None and pair[1] == through.step]
        if pools and not came:
            return _pool(traced, pools[0], map, place, image)
        if convolutions:
            step, end = (came or convolutions)[0]
            chosen = through.map if came and through is not None else _strongest(traced.network, step, name, map)
            kernel, stride, padding = step.window if isinstance(step, Conv) else (1, 1, 0)
            return Reader(end, chosen, output_of(traced, end, image).shape[-1], kernel, stride, padding)
        follow = next((step for step in above if isinstance(step, (ResponseNorm, Concat))), None)
        if isinstance(follow, Concat):
            map += sum(_maps(traced.network, one) for one in follow.inputs[: follow.inputs.index(name)])
        name = follow.name if follow is not None and follow.name in traced.outputs else None
    return None


def _pool(traced: Trace, step: MaxPool | AvgPool, map: int, place: Place, image: int) -> Reader:
    found = Reader(step.name, map, step.shape[-1], *step.window)
    if isinstance(step, AvgPool):
        return found
    switches = traced.switches[step.name][image, map]
    wide = output_of(traced, step.inputs[0], image).shape[-1]
    places = (switches == place.row * wide + place.column).nonzero().tolist()
    return replace(found, won=tuple((row, column) for row, column in places))


def _end(traced: Trace, step: Step) -> str | None:
    """Where the sum that a convolution or a shortcut belongs to is finished; None for other steps."""
    if not isinstance(step, (Conv, Add)):
        return None
    ends, name = set(stations(traced.network)), step.name
    while name not in ends:
        (name,) = [one.name for one in traced.network.steps if name in one.inputs and isinstance(one, _FINISHING)]
    return name if name in traced.outputs else None


_FINISHING = (BatchNorm, Add, Relu)


def _strongest(network: Network, step: Step, reads: str, map: int) -> int:
    """The map of a convolution whose kernel over `map` of `reads` is the strongest; a shortcut keeps the map."""
    if not isinstance(step, Conv):
        return map
    maps, own = step.weight.shape[:2]
    each = maps // max(1, _maps(network, reads) // own)  # fewer than there are maps where the convolution is grouped
    first = map // own * each
    kernels = step.weight[first : first + each, map % own].detach().float()
    return first + int(torch.linalg.vector_norm(kernels.flatten(1), dim=1).argmax())


def _maps(network: Network, step: str) -> int:
    return 3 if step == INPUT else network.step(step).shape[0]

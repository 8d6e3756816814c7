"""Which map reads which: how strongly a convolution or fully connected layer connects two maps, from weights alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zfnet_core.errors import UnknownName
from zfnet_core.language import phrase
from zfnet_core.models.network import Network
from zfnet_core.models.steps import Add, BatchNorm, Concat, Conv, Flatten, Linear, Relu, Step


@dataclass(frozen=True, eq=False)
class Wiring:
    """How one map of `step` reads the maps of step `reads`.

    `maps` int [n] are the numbers of the input maps, `kernels` float32 [n, k, k] the weights; `strengths` float64 [n]
    the root of the sum of their squares (our choice of a measure).
    """

    step: str
    reads: str
    maps: np.ndarray
    kernels: np.ndarray

    @property
    def strengths(self) -> np.ndarray:
        """The root of the sum of squares of each kernel."""
        return np.sqrt((self.kernels.astype(np.float64) ** 2).sum(axis=(1, 2)))

    def strongest(self, count: int) -> list[int]:
        """The places of the strongest connections, the strongest first; of equals the first."""
        return [int(at) for at in np.argsort(-self.strengths, kind="stable")[:count]]


def wiring(network: Network, step: str, map: int) -> Wiring:
    """What map `map` of a step reads: of the convolution or fully connected layer that makes it.

    Raises UnknownName for a step or map that does not exist, or that no such layer makes by itself.
    """
    maker, map = _maker(network, step, map)
    weights = maker.weight[map].detach().float().cpu().numpy()
    if isinstance(maker, Conv):
        maps, own = maker.weight.shape[:2]
        inputs = _maps(network, maker.inputs[0])
        first = map // (maps // max(1, inputs // own)) * own
        return Wiring(maker.name, maker.inputs[0], np.arange(first, first + own), weights)
    reads = maker.inputs[0]
    before = next((step for step in network.steps if step.name == reads), None)
    if isinstance(before, Flatten):
        reads = before.inputs[0]
        weights = weights.reshape(network.step(reads).shape)
    else:
        weights = weights.reshape(-1, 1, 1)
    return Wiring(maker.name, reads, np.arange(len(weights)), weights)


def readers(network: Network, step: str, map: int, count: int) -> list[tuple[str, int, float]]:
    """The maps above that are most strongly connected to a map: (step, map, strength), the strongest first.

    Every convolution or fully connected layer is asked that reads the step, directly or through pools,
    normalisations and a flattening; strengths are as in `Wiring`. Raises UnknownName for a step that does not exist.
    """
    _known(network, step)
    found: list[tuple[str, int, float]] = []
    waiting, seen = [(step, map)], set[str]()
    while waiting:
        name, at = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for reader in network.steps:
            if name not in reader.inputs:
                continue
            if isinstance(reader, Conv) and reader.weight.shape[1] == _maps(network, name):
                strengths = reader.weight[:, at].detach().float().flatten(1).norm(dim=1)
            elif isinstance(reader, Linear):
                shape = network.step(name).shape
                inputs = reader.weight.shape[1] // _maps(network, name) if len(shape) == 1 else 1
                strengths = reader.weight[:, at * inputs : (at + 1) * inputs].detach().float().norm(dim=1)
            elif isinstance(reader, Flatten):
                area = network.step(name).shape[1] * network.step(name).shape[2]
                found += _of_flattened(network, reader.name, at, area)
                continue
            elif isinstance(reader, Concat):
                before = reader.inputs[: reader.inputs.index(name)]
                waiting.append((reader.name, at + sum(_maps(network, one) for one in before)))
                continue
            elif isinstance(reader, (Relu, BatchNorm, Add)):
                continue
            else:
                waiting.append((reader.name, at))
                continue
            found += [(reader.name, number, float(value)) for number, value in enumerate(strengths)]
    return sorted(found, key=lambda one: -one[2])[:count]


def _of_flattened(network: Network, flat: str, map: int, area: int) -> list[tuple[str, int, float]]:
    found = []
    for reader in network.steps:
        if flat in reader.inputs and isinstance(reader, Linear):
            part = reader.weight[:, map * area : (map + 1) * area].detach().float().norm(dim=1)
            found += [(reader.name, number, float(value)) for number, value in enumerate(part)]
    return found


def _maps(network: Network, step: str) -> int:
    return 3 if step == "input" else network.step(step).shape[0]


def _known(network: Network, name: str) -> Step:
    found = next((step for step in network.steps if step.name == name), None)
    if found is None:
        raise UnknownName(phrase("{network} has no step “{step}”.", network=network.title, step=name))
    return found


def _maker(network: Network, name: str, map: int) -> tuple[Conv | Linear, int]:
    step = _known(network, name)
    if not 0 <= map < step.shape[0]:
        raise UnknownName(
            phrase("{name} has no map {map}; it has {maps}, counted from 0.", name=name, map=map, maps=step.shape[0])
        )
    while not isinstance(step, (Conv, Linear)):
        if isinstance(step, Concat):
            for branch in step.inputs:
                if map < (maps := _maps(network, branch)):
                    step = network.step(branch)
                    break
                map -= maps
        elif not step.inputs or step.inputs[0] == "input" or isinstance(step, Flatten):
            raise UnknownName(phrase("No layer with weights makes “{name}”.", name=name))
        else:
            step = network.step(step.inputs[0])  # of a sum the first: the block's own way, not its shortcut
    return step, map

"""Which classes a map speaks for on one photo: the scores with the map, minus those with the map set to zero. Exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from zfnet_core.errors import UnknownName
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.language import phrase
from zfnet_core.models.network import Network


@dataclass(frozen=True)
class Settings:
    """Map `map` of `layer`."""

    layer: str
    map: int


@dataclass(frozen=True, eq=False)
class Speaks:
    """`change` float64 [classes]: by how much the map raises each score on this photo (before the softmax)."""

    settings: Settings
    change: np.ndarray

    def most(self, count: int) -> list[tuple[int, float]]:
        """The classes that it speaks for most: (class index, by how much); only those whose score it raises."""
        best = np.argsort(-self.change, kind="stable")[:count]
        return [(int(index), float(self.change[index])) for index in best if self.change[index] > 0]

    def least(self, count: int) -> list[tuple[int, float]]:
        """Those that it speaks against most; only those whose score it lowers."""
        worst = np.argsort(self.change, kind="stable")[:count]
        return [(int(index), float(self.change[index])) for index in worst if self.change[index] < 0]


def compute(network: Network, images: torch.Tensor, settings: Settings) -> Iterator[Speaks]:
    """What the map says in each of `images` [N, 3, input_px, input_px], normalised."""
    for image in range(len(images)):
        yield speaks_for(trace(network, images[image : image + 1]), settings)


@torch.inference_mode()
def speaks_for(traced: Trace, settings: Settings) -> Speaks:
    """What the map says in the first image of a trace. Raises UnknownName for a layer or map that does not exist.

    Everything above a layer reads nothing from below it, so only what lies above is computed again.
    """
    layer = traced.network.layer(settings.layer)
    if not 0 <= settings.map < layer.maps:
        raise UnknownName(
            phrase(
                "{name} has no map {map}; it has {maps}, counted from 0.",
                name=layer.name,
                map=settings.map,
                maps=layer.maps,
            )
        )
    last = traced.network.steps[-1].name
    before = traced.outputs[last][0].double()
    values = traced.outputs[layer.step][:1].clone()
    values[:, settings.map] = 0
    known, begun = {layer.step: values}, False
    for step in traced.network.steps:
        if begun:
            known[step.name] = step.run(*(known[name] for name in step.inputs))
        begun = begun or step.name == layer.step
    return Speaks(settings, (before - known[last][0].double()).cpu().numpy())

"""Look through batches of photos once and keep every map's strongest units.

Photos are decoded by reader threads while the network computes. What is kept does not grow with the number of photos.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch

from zfnet_core.errors import ImageError
from zfnet_core.forward.activations import activations
from zfnet_core.forward.interpreter import path_to
from zfnet_core.models.network import Network
from zfnet_core.models.steps import MaxPool, Step
from zfnet_core.photos.corpus import Corpus
from zfnet_core.photos.reading_ahead import READERS, read_ahead
from zfnet_core.top_activations.strongest import NOBODY, Settings, Strongest, TopActivations


def settings_of(
    network: Network, corpus: Corpus, layers: Sequence[str] | None = None, k: int = 9, batch_size: int = 32
) -> Settings:
    """The settings of a search, by default through every layer of feature maps. Raises UnknownName for a layer."""
    wanted = layers if layers is not None else [layer.name for layer in network.layers if layer.spatial]
    maps = {name: network.layer(name).maps for name in wanted}
    in_order = {layer.name: maps[layer.name] for layer in network.layers if layer.name in maps}
    return Settings(network.name, network.fingerprint, corpus.key, len(corpus), in_order, k, batch_size)


def covers(wide: Settings, settings: Settings, network: Network) -> bool:
    """Whether a search with the settings `wide` tells all that `settings` ask for, and perhaps more."""
    if wide.corpus != settings.corpus or wide.k < settings.k or not settings.layers.items() <= wide.layers.items():
        return False
    return wide.fingerprint == network.fingerprint


@dataclass(frozen=True, eq=False)
class Batch:
    """Batch `number` of a search: `images` [batch_size, 3, input_px, input_px], normalised, on the network's device.

    `photos[i]` is the corpus index of image i, or NOBODY where there is no photo left or it is `broken`. Every batch
    has the same shape, because the last digits of a convolution may depend on it.
    """

    number: int
    images: torch.Tensor
    photos: np.ndarray
    broken: dict[int, str]


@torch.inference_mode()
def read_batch(network: Network, corpus: Corpus, batch_size: int, number: int) -> Batch:
    """Decode batch `number`; photos that cannot be decoded are noted."""
    side = network.preprocessing.input_px
    images = torch.zeros(batch_size, 3, side, side)
    photos = np.full(batch_size, NOBODY, np.int32)
    broken = {}
    first = number * batch_size
    for slot, photo in enumerate(range(first, min(first + batch_size, len(corpus)))):
        try:
            images[slot] = corpus.prepare(photo, network.preprocessing)
            photos[slot] = photo
        except ImageError as error:
            broken[photo] = str(error)
    return Batch(number, images.to(network.device, memory_format=torch.channels_last), photos, broken)


class Miner:
    """Keeps the strongest units of a stream of batches, which must come in rising order; `newest` is the last one."""

    newest: Batch | None = None

    def __init__(self, network: Network, settings: Settings) -> None:
        self._network = network
        self._found = TopActivations.none(settings)

    @torch.inference_mode()
    def add(self, batch: Batch) -> None:
        """Look through one batch."""
        layers = dict(self._found.layers)
        for name, activation, maxima in layer_maxima(self._network, batch.images, list(layers)):
            layers[name] = _with_batch(layers[name], activation, maxima, batch.photos)
        done = self._found.done.copy()
        done[batch.number] = True
        self._found = replace(self._found, layers=layers, done=done, broken={**self._found.broken, **batch.broken})
        self.newest = batch

    @property
    def found(self) -> TopActivations:
        """What has been found so far."""
        return self._found


def mine(
    network: Network, corpus: Corpus, settings: Settings, numbers: Sequence[int], readers: int = READERS
) -> Iterator[Miner]:
    """Look through the batches `numbers` (rising); yields after each."""
    miner = Miner(network, settings)
    for batch in read_ahead(partial(read_batch, network, corpus, settings.batch_size), numbers, readers):
        miner.add(batch)
        yield miner


def layer_maxima(
    network: Network, images: torch.Tensor, layers: Sequence[str]
) -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    """(layer, its maps [N, maps, rows, columns], each map's maximum [N, maps]) in network order.

    The pass ends at the deepest layer. Where the network pools a layer anyway, the maximum over the pooled map, which
    is the same number, is taken instead: it has a quarter of the units.
    """
    of_step = {network.layer(name).step: name for name in layers}
    pool_of = {step.inputs[0]: step.name for step in path_to(network, of_step) if _pools_all_of(network, of_step, step)}
    layer_of = {pool: layer for layer, pool in pool_of.items()}
    pending: dict[str, torch.Tensor] = {}
    for step, value in activations(network, images, [*of_step, *layer_of]):
        if step in pool_of:
            pending[step] = value
        elif step in layer_of:
            yield of_step[layer_of[step]], pending.pop(layer_of[step]), _maxima(value)
        else:
            yield of_step[step], value, _maxima(value)


def _pools_all_of(network: Network, of_step: Mapping[str, str], step: Step) -> bool:
    """Whether `step` is a max-pool that looks at every unit of one of the layers."""
    if not isinstance(step, MaxPool) or step.inputs[0] not in of_step:
        return False
    kernel, stride, padding = step.window
    sizes = zip(network.step(step.inputs[0]).shape[1:], step.shape[1:], strict=True)
    return kernel >= stride and all((out - 1) * stride + kernel - padding >= size for size, out in sizes)


def _maxima(maps: torch.Tensor) -> torch.Tensor:
    """[N, maps, rows, columns] → [N, maps]; maps lie innermost in memory, so this reads it once in order."""
    return maps.permute(0, 2, 3, 1).flatten(1, 2).amax(1)


def _with_batch(kept: Strongest, activation: torch.Tensor, maxima: torch.Tensor, photos: np.ndarray) -> Strongest:
    """Let a batch compete. All its photos come after those already kept, so a stable sort decides ties rightly."""
    new = maxima.float().cpu().numpy().T
    new[:, photos == NOBODY] = -np.inf
    maps = np.flatnonzero((new > kept.values[:, -1:]).any(1))
    if not len(maps):
        return kept
    k = kept.values.shape[1]
    values = np.concatenate([kept.values[maps], new[maps]], axis=1)
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    values = np.take_along_axis(values, order, axis=1)
    came_in, rank = np.nonzero((order >= k) & (values > -np.inf))
    slot = order[came_in, rank] - k
    place = activation[torch.from_numpy(slot), torch.from_numpy(maps[came_in])].flatten(1).argmax(1).cpu().numpy()
    columns = activation.shape[3]

    def updated(old: np.ndarray, entering: np.ndarray) -> np.ndarray:
        moved = np.take_along_axis(old[maps], np.minimum(order, k - 1), axis=1)
        moved[came_in, rank] = entering
        result = old.copy()
        result[maps] = moved
        return result

    everyone = kept.values.copy()
    everyone[maps] = values
    return Strongest(
        everyone,
        updated(kept.photos, photos[slot]),
        updated(kept.rows, place // columns),
        updated(kept.columns, place % columns),
    )

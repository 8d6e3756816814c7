"""Look through batches of photos once and keep every map's strongest units.

Photos are decoded by reader threads while the network computes. What is kept does not grow with the number of photos.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from zfnet_core.activations import activations
from zfnet_core.corpus import Corpus
from zfnet_core.errors import ImageError
from zfnet_core.experiments.strongest import NOBODY, Settings, Strongest, TopActivations
from zfnet_core.models.graph import Step, window_of
from zfnet_core.models.network import Network

BATCHES_AHEAD = 2
READERS = 2
SIMPLE = (bool, int, float, str, tuple)


def settings_of(
    network: Network, corpus: Corpus, layers: Sequence[str] | None = None, k: int = 9, batch_size: int = 32
) -> Settings:
    """The settings of a search, by default through every layer of feature maps. Raises UnknownName for a layer."""
    wanted = layers if layers is not None else [layer.name for layer in network.layers if layer.spatial]
    maps = {name: network.layer(name).maps for name in wanted}
    in_order = {layer.name: maps[layer.name] for layer in network.layers if layer.name in maps}
    weights, structure = weights_digest(network, tuple(in_order)), structure_digest(network, tuple(in_order))
    return Settings(network.name, weights, corpus.key, len(corpus), in_order, k, batch_size, structure)


def weights_digest(network: Network, layers: Sequence[str]) -> str:
    """Changes with any parameter below the deepest of `layers`, and with the preprocessing (32 hexadecimal digits)."""
    digest = hashlib.blake2b(repr(network.preprocessing).encode(), digest_size=16)
    deepest = {network.layer(name).step for name in layers}
    for step in _until_last(network.steps, deepest):
        if step.module is not None:
            for name, value in step.module.state_dict().items():
                digest.update(f"{step.name}.{name}{tuple(value.shape)}".encode())
                digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def structure_digest(network: Network, layers: Sequence[str]) -> str:
    """Changes with what any step below the deepest of `layers` does with its parameters (32 hexadecimal digits)."""
    of_layers = {name: network.layer(name).step for name in layers}
    digest = hashlib.blake2b(repr(of_layers).encode(), digest_size=16)
    for step in _until_last(network.steps, set(of_layers.values())):
        digest.update(repr((step.name, step.kind, step.inputs, step.shape, _options(step.module))).encode())
    return digest.hexdigest()


def _options(module: nn.Module | None) -> list[tuple[str, object]]:
    """What a module was made with: stride, padding, ceil mode, the constants of a norm."""
    own = vars(module) if module is not None else {}
    return sorted((key, value) for key, value in own.items() if isinstance(value, SIMPLE) and key != "training")


def covers(wide: Settings, settings: Settings, network: Network) -> bool:
    """Whether a search with the settings `wide` tells all that `settings` ask for, and perhaps more."""
    if wide.corpus != settings.corpus or wide.k < settings.k or not settings.layers.items() <= wide.layers.items():
        return False
    known = {layer.name for layer in network.layers}
    layers = tuple(wide.layers)
    return (
        known.issuperset(layers)
        and wide.weights == weights_digest(network, layers)
        and wide.structure == structure_digest(network, layers)
    )


def _until_last(steps: Sequence[Step], names: set[str]) -> Sequence[Step]:
    return steps[: 1 + max(index for index, step in enumerate(steps) if step.name in names)]


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


def read_ahead(
    network: Network, corpus: Corpus, batch_size: int, numbers: Sequence[int], readers: int = READERS
) -> Iterator[Batch]:
    """Batches in order, a few of them decoded by `readers` threads before they are needed."""
    pool = ThreadPoolExecutor(readers, thread_name_prefix="reader")
    waiting: deque[Future[Batch]] = deque()
    try:
        for number in numbers:
            waiting.append(pool.submit(read_batch, network, corpus, batch_size, number))
            if len(waiting) >= BATCHES_AHEAD + readers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


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
    for batch in read_ahead(network, corpus, settings.batch_size, numbers, readers):
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
    path = _until_last(network.steps, set(of_step))
    pool_of = {step.inputs[0]: step.name for step in path if _pools_all_of(network, of_step, step)}
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
    if step.kind != "maxpool" or step.inputs[0] not in of_step or step.module.dilation not in (1, (1, 1)):
        return False
    kernel, stride, padding = window_of(step)
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

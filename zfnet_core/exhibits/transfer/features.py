"""What a layer says of a photo, as one row of numbers: the features that a new classifier is taught on (§5).

The paper keeps layers 1–7 as they are and trains a softmax or a linear SVM on top. It does not say in which form the
maps of layers 1–5 are handed on; here each map is averaged over 6 × 6 parts of equal size (our choice: the size that
layer 5 has after its pooling), rows first within a map, maps one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch.nn import functional as F

from zfnet_core.errors import UnknownName
from zfnet_core.forward.batching import photos_per_step
from zfnet_core.forward.interpreter import run
from zfnet_core.language import phrase
from zfnet_core.models.network import Layer, Network
from zfnet_core.models.steps import Linear

SIDE = 6  # each map is handed on as 6 × 6 means
MOST_AT_ONCE = 2**16  # numbers of all layers together, up to which one pass keeps them all

Features = Mapping[str, np.ndarray]
"""By layer: float32 [photos, numbers]."""


def feature_layers(network: Network) -> tuple[str, ...]:
    """The layers whose features can be used: all but the one that names the network's own classes."""
    return tuple(layer.name for layer in network.layers[:-1])


def last_layer(network: Network) -> str:
    """The layer just below the network's own classifier: fc7 of AlexNet, ZFNet and VGG."""
    return feature_layers(network)[-1]


def width(network: Network, layer: str) -> int:
    """How many numbers the features of a layer are. Raises UnknownName."""
    found = _layer(network, layer)
    if layer == last_layer(network):
        return _classifier(network).weight.shape[1]
    return found.maps * SIDE**2 if found.spatial else found.maps


def at_once(network: Network, layer: str) -> tuple[str, ...]:
    """The layers to compute together when `layer` is asked for: all of them where that is cheap to keep."""
    layers = feature_layers(network)
    return layers if sum(width(network, name) for name in layers) <= MOST_AT_ONCE else (layer,)


def features_of(network: Network, images: torch.Tensor, layers: Sequence[str]) -> Features:
    """Features of normalised `images` [N, 3, input_px, input_px] at each of `layers`, from one forward pass.

    The last layer's are exactly what the network's own classifier reads (in ResNet and GoogLeNet the mean of each map).
    Raises UnknownName.
    """
    wanted = {_step(network, layer): layer for layer in layers}
    found = {
        wanted[step.name]: _row(value, wanted[step.name], network) for step, value, _ in run(network, images, wanted)
    }
    return {layer: found[layer] for layer in layers}


def in_portions(network: Network, images: Sequence[torch.Tensor], layers: Sequence[str]) -> Iterator[Features]:
    """The same for many inputs [3, input_px, input_px], a portion at a time that takes about 0.2 s on one core."""
    size = max(1, photos_per_step(network))
    for start in range(0, len(images), size):
        yield features_of(network, torch.stack(list(images[start : start + size])), layers)


def _row(value: torch.Tensor, layer: str, network: Network) -> np.ndarray:
    if value.dim() == 4 and layer != last_layer(network):
        value = F.adaptive_avg_pool2d(value, SIDE)
    return value.flatten(1).float().cpu().contiguous().numpy()


def _step(network: Network, layer: str) -> str:
    found = _layer(network, layer)
    return _classifier(network).inputs[0] if layer == last_layer(network) else found.step


def _layer(network: Network, name: str) -> Layer:
    if name not in feature_layers(network):
        known = ", ".join(feature_layers(network))
        raise UnknownName(
            phrase(
                "{title} has no features at “{name}”; choose one of {known}.",
                title=network.title,
                name=name,
                known=known,
            )
        )
    return network.layer(name)


def _classifier(network: Network) -> Linear:
    last = network.step(network.layers[-1].step)
    if not isinstance(last, Linear):
        raise UnknownName(phrase("{title} does not end in a classifier that could be replaced.", title=network.title))
    return last

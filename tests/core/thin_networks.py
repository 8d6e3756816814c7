"""Networks with the true geometry and few maps, so that a literal second implementation can be slow."""

from __future__ import annotations

import torch

from zfnet_core.models.network import Network, present
from zfnet_core.models.tower import ConvSpec, tower
from zfnet_core.models.zoo import _give_random_weights, tower_layers


def thin(convs: tuple[ConvSpec, ...], units: tuple[int, ...] = (24, 16), classes: int = 7, **options) -> Network:
    """A tower with random weights behind the common face."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        module = tower(convs, units, classes, **options)
        torch.manual_seed(7)  # again, so that networks that differ in size only share their filters
        _give_random_weights(module)
    labels = [f"class {index}" for index in range(classes)]
    return present("thin", "Thin", module, tower_layers(module), labels, source="random", trained=False)


def thin_zfnet(maps: tuple[int, ...] = (6, 8, 10, 10, 8), **options) -> Network:
    """Fig. 3 with few maps."""
    one, two, three, four, five = maps
    convs = (
        ConvSpec(one, kernel=7, stride=2, padding=1, pooled=True, normed=True),
        ConvSpec(two, kernel=5, stride=2, pooled=True, normed=True),
        ConvSpec(three, kernel=3, padding=1),
        ConvSpec(four, kernel=3, padding=1),
        ConvSpec(five, kernel=3, padding=1, pooled=True),
    )
    return thin(convs, **options)


def smooth_photos(count: int, seed: int = 3, grain_px: int = 8) -> torch.Tensor:
    """Random normalised pictures [count, 3, 224, 224] with structure of about `grain_px`."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(count, 3, 224 // grain_px, 224 // grain_px, generator=generator)
    return torch.nn.functional.interpolate(coarse, size=(224, 224), mode="bicubic", align_corners=False)

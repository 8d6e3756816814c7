"""AlexNet (Krizhevsky 2012): as one dense tower, the way Zeiler & Fergus replicate it (§4.1), and on two GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import nn

from zfnet_core.models.tower import ConvSpec, Norm, tower


def alexnet_convs(first_padding: int = 2) -> tuple[ConvSpec, ...]:
    """Layers 1–5. With 2 px of padding conv1 is 55×55 as in the paper; the public ImageNet weights use none (54×54)."""
    return (
        ConvSpec(96, kernel=11, stride=4, padding=first_padding, pooled=True, normed=True),
        ConvSpec(256, kernel=5, padding=2, pooled=True, normed=True),
        ConvSpec(384, kernel=3, padding=1),
        ConvSpec(384, kernel=3, padding=1),
        ConvSpec(256, kernel=3, padding=1, pooled=True),
    )


def alexnet(
    classes: int = 1000,
    units: Sequence[int] = (4096, 4096),
    norm: Norm = "before pool",
    first_padding: int = 2,
    batch_norm: bool = False,
) -> nn.Sequential:
    """AlexNet with dense connections: 62,378,344 parameters at 1000 classes. Input [N, 3, 224, 224]."""
    return tower(alexnet_convs(first_padding), units, classes, norm=norm, batch_norm=batch_norm)


def alexnet_on_two_gpus(classes: int = 1000) -> nn.Sequential:
    """AlexNet as it was trained: layers 2, 4 and 5 see the maps of their own GPU only; 60,965,224 parameters.

    The two halves stand here in one network as two groups of each of these layers (Krizhevsky 2012, §3.2 and Fig. 2).
    """
    halved = tuple(
        replace(spec, groups=2 if number in (2, 4, 5) else 1) for number, spec in enumerate(alexnet_convs(), 1)
    )
    return tower(halved, (4096, 4096), classes, norm="before pool")

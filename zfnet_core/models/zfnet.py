"""The network of Zeiler & Fergus, Fig. 3, and its wider variant (b)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from zfnet_core.models.tower import ConvSpec, Norm, tower


def zfnet_convs(maps: Sequence[int] = (96, 256, 384, 384, 256)) -> tuple[ConvSpec, ...]:
    """Layers 1–5 of Fig. 3. Padding is not stated in the paper; with 1 px in conv1 and ceil-mode pools the sizes are
    its 110, 55, 26, 13, 13, 6."""
    one, two, three, four, five = maps
    return (
        ConvSpec(one, kernel=7, stride=2, padding=1, pooled=True, normed=True),
        ConvSpec(two, kernel=5, stride=2, padding=0, pooled=True, normed=True),
        ConvSpec(three, kernel=3, padding=1),
        ConvSpec(four, kernel=3, padding=1),
        ConvSpec(five, kernel=3, padding=1, pooled=True),
    )


def zfnet(
    classes: int = 1000, units: Sequence[int] = (4096, 4096), norm: Norm = "after pool", batch_norm: bool = False
) -> nn.Sequential:
    """ZFNet as in Fig. 3: 62,357,608 parameters at 1000 classes. Input [N, 3, 224, 224]."""
    return tower(zfnet_convs(), units, classes, norm=norm, batch_norm=batch_norm)


def zfnet_b(
    classes: int = 1000, units: Sequence[int] = (4096, 4096), norm: Norm = "after pool", batch_norm: bool = False
) -> nn.Sequential:
    """Variant (b) of Table 2: layers 3, 4, 5 with 512, 1024, 512 maps; 107,627,624 parameters at 1000 classes."""
    return tower(zfnet_convs((96, 256, 512, 1024, 512)), units, classes, norm=norm, batch_norm=batch_norm)

"""What can be chosen on the page, and stands in its address."""

from __future__ import annotations

import re

from ui.shell.address import choice, fields
from zfnet_core.models import architectures

ALONE = ""
CHANNELS = (16, 64, 128, 256, 512)
SQUEEZED = (8, 16, 32, 64, 128)
LARGEST_KERNEL, LARGEST_STRIDE, LARGEST_PADDING = 15, 6, 5
INPUTS = (160, 192, 224, 227, 256)
IDEAS = ("small", "squeezed", "added", "averaged", "normed")


@fields("architectures")
class Fields:
    """The network that is drawn, the one beside it (“”: none) and the part that is told about.

    The stem to play with: `input`, kernel, stride and padding of conv1 (`k1`, `s1`, `p1`) and conv2, and whether
    convolutions and pools round up. `channels` and `squeezed` are for the small windows and the bottleneck.
    `idea` is the family’s idea that is open, `block` the residual block whose addition is shown.
    """

    network: str = choice("zfnet", options=architectures.names(), url="architectures_network")
    beside: str = choice("alexnet", options=(ALONE, *architectures.names()))
    part: str = choice("conv1", accepts=lambda name: len(name) <= 20)
    input: int = choice(224, options=INPUTS)
    k1: int = choice(7, accepts=lambda size: 1 <= size <= LARGEST_KERNEL)
    s1: int = choice(2, accepts=lambda size: 1 <= size <= LARGEST_STRIDE)
    p1: int = choice(1, accepts=lambda size: 0 <= size <= LARGEST_PADDING)
    k2: int = choice(5, accepts=lambda size: 1 <= size <= LARGEST_KERNEL)
    s2: int = choice(2, accepts=lambda size: 1 <= size <= LARGEST_STRIDE)
    p2: int = choice(0, accepts=lambda size: 0 <= size <= LARGEST_PADDING)
    ceil: bool = choice(False)
    pools: bool = choice(True)
    channels: int = choice(256, options=CHANNELS)
    squeezed: int = choice(32, options=SQUEEZED)
    idea: str = choice("small", options=IDEAS)
    block: str = choice("block1_1", accepts=lambda name: bool(re.fullmatch(r"block[1-9]_[1-9]", name)))

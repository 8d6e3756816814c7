"""One small network, and what it makes of photos, for all tests of scenes in a process."""

from __future__ import annotations

from functools import cache

import torch

from tests.core.thin_networks import thin_zfnet
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.models.network import Network
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.images import Crop, prepare


@cache
def thin() -> Network:
    torch.set_num_threads(1)
    return thin_zfnet()


@cache
def traced(network: Network, photo: Photo, crop: Crop) -> Trace:
    return trace(network, prepare(photo, network.preprocessing, crop))

"""What a network says of photos from outside its data: the app's sample photos, as far as it has a class for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from zfnet_core import sample_photos
from zfnet_core.images import prepare
from zfnet_core.models.preprocessing import Preprocessing

# Sample photo → the labels, among those of the classroom data, that a person would accept. The others show nothing
# that has a class there.
SHOWS: Mapping[str, tuple[str, ...]] = {
    "astronaut": ("faces",),
    "coffee": ("cup",),
    "motorcycle": ("motorbikes",),
    "china": ("pagoda",),
    "camera": ("camera",),
}


@torch.inference_mode()
def outside(
    network: nn.Module, labels: Sequence[str], preprocessing: Preprocessing, device: torch.device
) -> dict[str, Any]:
    """`{photo: {"accepted": labels, "top3": [[label, share], …]}}`, each photo prepared as the app prepares any."""
    found = {}
    for name, shows in SHOWS.items():
        if accepted := [label for label in shows if label in labels]:
            picture = prepare(sample_photos.load(name), preprocessing).to(device)
            shares, classes = network(picture)[0].softmax(0).topk(3)
            top = zip(classes.tolist(), shares.tolist(), strict=True)
            found[name] = {"accepted": accepted, "top3": [[labels[one], round(share, 4)] for one, share in top]}
    return found

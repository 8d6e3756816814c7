"""What a network says of the app's sample photos, as far as it has a class for what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from zfnet_core.photos import samples
from zfnet_core.photos.images import prepare
from zfnet_core.photos.preprocessing import Preprocessing

# Sample photo → the labels, of ImageNet's classes or of the folders of Caltech-101, that a person would accept.
# The others show nothing that has a class there. No network of this project was trained on any of them.
SHOWS: Mapping[str, tuple[str, ...]] = {
    "chelsea": ("Egyptian cat", "tabby", "tiger cat"),
    "astronaut": ("faces",),
    "coffee": ("espresso", "cup", "coffee mug"),
    "motorcycle": ("moped", "motor scooter", "motorbikes"),
    "rocket": ("missile", "projectile", "space shuttle"),
    "china": ("palace", "monastery", "stupa", "bell cote", "tile roof", "castle", "pagoda"),
    "camera": ("tripod", "reflex camera", "camera"),
    "clock": ("wall clock", "analog clock"),
}
GUESSES = 5


@torch.inference_mode()
def unseen_samples(
    network: nn.Module, labels: Sequence[str], preprocessing: Preprocessing, device: torch.device
) -> dict[str, Any]:
    """`{photo: {"accepted": labels, "guesses": [[label, share], …]}}`, each photo prepared as the app prepares any."""
    found = {}
    for name, shows in SHOWS.items():
        if accepted := [label for label in shows if label in labels]:
            picture = prepare(samples.load(name), preprocessing).to(device)
            shares, classes = network(picture)[0].softmax(0).topk(min(GUESSES, len(labels)))
            best = zip(classes.tolist(), shares.tolist(), strict=True)
            found[name] = {"accepted": accepted, "guesses": [[labels[one], round(share, 4)] for one, share in best]}
    return found

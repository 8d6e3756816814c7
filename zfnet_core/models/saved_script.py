"""The head of every script that a page saves: the network, the photo and the square that were on the page."""

from __future__ import annotations

from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.images import Crop


def filled(script: str, network: Network, sample: str | None, crop: Crop, **own: object) -> str:
    """`script` with its {network}, {photo} and {crop} as Python, and whatever else of its `own` it names.

    `sample` names a sample photo; None stands for a file of one's own, which the script says where to put.
    """
    photo = samples.as_code(sample) + ("" if sample else samples.PUT_YOUR_OWN)
    named = zoo.as_code(network.name, network.architecture)
    return script.format(network=named, photo=photo, crop=crop, **own)

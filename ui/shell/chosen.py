"""What is chosen for several pages: network, photo, layer and unit, and how projections are drawn."""

from __future__ import annotations

import re

from ui.shell.address import choice, fields
from zfnet_core.deconvnet.scaling import Scaling
from zfnet_core.models import zoo
from zfnet_core.photos import samples
from zfnet_core.photos.images import LEAST_ZOOM, MOST_ZOOM

YOURS = "yours"


def is_own_network(name: str) -> bool:
    """Whether that is the name of somebody's own weights: they stay in the session that opened them."""
    return bool(re.fullmatch(r"own-[0-9a-f]{12}", name))


@fields("")
class Chosen:
    """`photo` is a sample's name or “yours”; `crop` the crop's place as fractions (left, top) of its free range, and
    `crop_zoom` how much larger than usual it shows the photo."""

    network: str = choice(zoo.DEFAULT, accepts=lambda name: name in zoo.names() or is_own_network(name))
    photo: str = choice("chelsea", accepts=lambda name: name in (*samples.names(), YOURS))
    crop: tuple[float, ...] = choice((0.5, 0.5), accepts=lambda place: all(0 <= part <= 1 for part in place))
    crop_zoom: float = choice(1.0, accepts=lambda zoom: LEAST_ZOOM <= zoom <= MOST_ZOOM)


@fields("")
class ChosenUnit:
    """Where in the network: `unit` is (map, row, column), or () for the strongest one of the layer."""

    layer: str = choice("conv2")
    unit: tuple[int, ...] = choice((), accepts=lambda unit: len(unit) in (0, 3))


@fields("")
class Drawing:
    """How projections are drawn: `zero` is the scaling around the mid-grey that stands for zero."""

    zero: Scaling = choice("sigmoid", options=("sigmoid", "symmetric"))


@fields("")
class Presenting:
    """Whether the page is shown to a room: `present` takes the controls away and makes type and pictures large."""

    present: bool = choice(False)

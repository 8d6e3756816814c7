"""What can be chosen on the page, and stands in its address."""

from __future__ import annotations

from ui.shell.address import choice, fields
from ui.shell.photo_set import THIS
from zfnet_core.exhibits.invariance.curves import DEFINITIONS
from zfnet_core.photos import samples
from zfnet_core.photos.transforms import BORDERS, TRANSFORMATIONS


@fields("invariance")
class Fields:
    """`photos` are names with spaces between them (“this”: the photo chosen on every page), `at` is the handle's step
    (−1: the usual one).

    `classes` are the classes to follow: the network's name, then each photo's name, a dot and the class index.
    """

    photos: str = choice(f"{THIS} {' '.join(samples.FIVE)}")
    kind: str = choice("down", options=tuple(TRANSFORMATIONS))
    low: str = choice("conv1")
    high: str = choice("fc7")
    distance: str = choice("relative", options=tuple(DEFINITIONS))
    border: str = choice("mean colour", options=tuple(BORDERS))
    fine: bool = choice(False)
    at: int = choice(-1, accepts=lambda step: step >= -1)
    classes: str = choice("")

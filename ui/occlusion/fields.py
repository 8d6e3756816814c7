"""What can be chosen on the page, and stands in its address."""

from __future__ import annotations

import re

from ui.shell.address import choice, fields
from zfnet_core.exhibits.occlusion.occluder import FILLS

STRIDES = (1, 2, 4, 8, 16, 32)
USUAL = 0


@fields("occlusion")
class Fields:
    """Where the occluder is (row, column), its sides and the grid's step in pixels, and what it is filled with.

    The usual place, () for the middle, sides and step, 0, depend on how large a picture the network takes.
    `class_index` −1 follows the untouched photo's answer, `map` −1 its strongest map. `beside` is the name of a photo
    to show beside the page's own, `predict` asks for a guess before anything is shown.
    """

    at: tuple[int, ...] = choice((), accepts=lambda at: len(at) in (0, 2))
    height: int = choice(USUAL, accepts=lambda side: side >= USUAL)
    width: int = choice(USUAL, accepts=lambda side: side >= USUAL)
    stride: int = choice(USUAL, options=(USUAL, *STRIDES))
    fill: str = choice("mean", accepts=lambda fill: fill in FILLS or bool(re.fullmatch(r"#[0-9a-fA-F]{6}", fill)))
    class_index: int = choice(-1, accepts=lambda index: index >= -1, url="occlusion_class")
    map: int = choice(-1, accepts=lambda number: number >= -1)
    beside: str = choice("")
    predict: bool = choice(False)

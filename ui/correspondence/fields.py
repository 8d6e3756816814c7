"""What can be chosen on the page, and stands in its address."""

from __future__ import annotations

from ui.shell.address import choice, fields
from zfnet_core.exhibits.correspondence.measure import PARTS, RANDOM
from zfnet_core.photos import marked_faces, samples

CHOSEN = "chosen"
SIDES = (16, 24, 32, 40, 48, 64, 80)
REPEATS = (5, 10, 20, 50)
ROWS = (*PARTS, RANDOM)


@fields("correspondence")
class Fields:
    """`faces` names a bundled set with its marks, or photos that are chosen; `points` are the marks: x and y of each
    part of each photo, in input pixels."""

    faces: str = choice("dogs", options=(*marked_faces.names(), CHOSEN), url="faces")
    photos: str = choice(" ".join(samples.FIVE), url="faces_photos")
    part: str = choice("nose", options=ROWS, url="faces_part")
    side: int = choice(48, options=SIDES, url="faces_side")
    low: str = choice("conv5 pooled", url="faces_low")
    high: str = choice("fc7", url="faces_high")
    repeats: int = choice(20, options=REPEATS, url="faces_repeats")
    points: tuple[int, ...] = choice((), url="faces_points")

"""Sizes that follow the side of what a network sees: LeNet-5 looks at 32 pixels, most others at 224.

The paper's square has about a fifth of the photo's side; ours has 48 of 224 px, and as large a part of a smaller photo.
"""

from __future__ import annotations

from math import log2

REFERENCE_PX = 224
USUAL_PX, USUAL_STEP_PX, SMALLEST_PX, GROWS_BY_PX, CELL_PX = 48, 8, 8, 8, 8
STEPS_PX = (4, 8, 16, 32)
COARSEST = 4  # steps along a side, at least


def scaled(px: int, side: int) -> int:
    """As large a part of a photo of `side` px as `px` are of 224, in whole pixels, at least one."""
    return max(1, round(px * side / REFERENCE_PX))


def usual_side(side: int) -> int:
    """The side of the square, in pixels, where nobody has chosen one."""
    return scaled(USUAL_PX, side)


def smallest_side(side: int) -> int:
    """The smallest side that an occluder may have."""
    return scaled(SMALLEST_PX, side)


def usual_step(side: int) -> int:
    """The grid's step where nobody has chosen one."""
    return _power_of_two(USUAL_STEP_PX, side)


def steps(side: int) -> tuple[int, ...]:
    """The grid's steps that are offered, finest first."""
    return tuple(sorted({_power_of_two(step, side) for step in STEPS_PX}))


def suits(step: int, side: int) -> bool:
    """Whether a grid of that step is neither finer than any that is offered nor coarser than the photo bears."""
    return steps(side)[0] <= step <= side // COARSEST


def cell_side(side: int) -> int:
    """The side of a drawing's cell."""
    return scaled(CELL_PX, side)


def _power_of_two(px: int, side: int) -> int:
    return 2 ** max(0, round(log2(px * side / REFERENCE_PX)))

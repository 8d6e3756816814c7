"""When a difference between a few training runs is more than chance: Student's t.

The one rule by which our own runs are held against the paper's claims, of Table 3 as of Fig. 6.
"""

from __future__ import annotations

CHANCE_PERCENT = 5
"""How often, in percent, chance alone may make a difference that still counts."""
_CRITICAL = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)


def critical(degrees: int) -> float:
    """How many standard errors chance passes in `CHANCE_PERCENT` of cases, in either direction.

    `degrees` of freedom from 1 on; for more than ten the value of ten, which asks for a little more than it has to.
    """
    return _CRITICAL[min(degrees, len(_CRITICAL)) - 1]

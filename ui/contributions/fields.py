"""What can be chosen on the page, and stands in its address."""

from __future__ import annotations

from ui.shell.address import choice, fields

LONGEST_TRAIL = 1500


@fields("contributions")
class Fields:
    """`trail` are the places that were walked to, from the chosen unit down (see `trail.written`).

    `shown` is how many terms of the sum stand by themselves.
    """

    trail: str = choice("", accepts=lambda text: len(text) <= LONGEST_TRAIL)
    shown: int = choice(10, options=(10, 30, 100))

"""What can be chosen on the page, and stands in its address."""

from __future__ import annotations

from ui.shell.address import choice, fields


@fields("dimming")
class Fields:
    """`steps` is the number of brightnesses."""

    steps: int = choice(6, options=(3, 6, 11))

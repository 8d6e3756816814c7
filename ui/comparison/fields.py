"""What can be chosen on the page, and stands in its address."""

from __future__ import annotations

from ui.shell.address import choice, fields


@fields("comparison")
class Fields:
    """`versus` "" is the network's natural partner."""

    versus: str = choice("", url="versus")
    patches: bool = choice(False, url="versus_patches")

"""What can be chosen on the page, and stands in its address."""

from __future__ import annotations

from ui.shell.address import choice, fields


@fields("evolution")
class Fields:
    """`run` "" is the network's own film, `epoch` −1 the last one."""

    run: str = choice("")
    layer: str = choice("conv3")
    epoch: int = choice(-1, accepts=lambda epoch: epoch >= -1)

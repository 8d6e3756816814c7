"""What can be chosen on the page, and stands in its address."""

from __future__ import annotations

from ui.shell.address import choice, fields
from zfnet_core.deconvnet.rules import Rule
from zfnet_core.photos import samples


@fields("trust")
class Fields:
    """`rule` is that of the picture that is judged; `relu`, `mask`, `norm` and `switches` are the experiment's own.

    `other` is the sample whose switches are borrowed; `evidence` whether the maps for a class are compared, and `about`
    the class index (−1: the network's answer).
    """

    rule: Rule = choice("deconvnet", options=("deconvnet", "gradient", "guided", "desalinet"))
    relu: bool = choice(True)
    mask: bool = choice(False)
    norm: bool = choice(False)
    switches: str = choice("own", options=("own", "middle"))
    other: str = choice("coffee", options=samples.names())
    evidence: bool = choice(False)
    about: int = choice(-1, accepts=lambda number: number >= -1)

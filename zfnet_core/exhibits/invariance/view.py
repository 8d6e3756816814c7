"""What is looked at in invariance curves."""

from __future__ import annotations

from dataclasses import dataclass

from zfnet_core.exhibits.invariance.curves import Definition


@dataclass(frozen=True)
class View:
    """Two layers and a definition of distance; for each photo its name, the class index that is followed and its style
    (the number of its colour and symbol); and the number of the amount by which the photos are moved."""

    names: tuple[str, ...]
    classes: tuple[int, ...]
    styles: tuple[int, ...]
    low: str = "conv1"
    high: str = "fc7"
    definition: Definition = "relative"
    step: int = 0

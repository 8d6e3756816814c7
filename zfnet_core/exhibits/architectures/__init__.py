"""Every architecture of the story, drawn from the real modules: Fig. 3, and what came before and after."""

from zfnet_core.exhibits.architectures.blueprint import Blueprint, Part, blueprint
from zfnet_core.exhibits.architectures.differences import Difference, differences
from zfnet_core.exhibits.architectures.export import csv, figure, rows, script, side_of
from zfnet_core.exhibits.architectures.windows import SlidingWindow

__all__ = [
    "Blueprint",
    "Difference",
    "Part",
    "SlidingWindow",
    "blueprint",
    "csv",
    "differences",
    "figure",
    "rows",
    "script",
    "side_of",
]

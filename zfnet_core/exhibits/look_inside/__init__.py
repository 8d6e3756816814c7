"""Look inside a network: which pixels did one unit come from (§2.1)?"""

from zfnet_core.exhibits.look_inside.export import csv, script
from zfnet_core.exhibits.look_inside.figure import figure
from zfnet_core.exhibits.look_inside.look import (
    RULES,
    Difference,
    Look,
    RuleProjection,
    Settings,
    compute,
    difference,
    look_at,
)

__all__ = [
    "RULES",
    "Difference",
    "Look",
    "RuleProjection",
    "Settings",
    "compute",
    "csv",
    "difference",
    "figure",
    "look_at",
    "script",
]

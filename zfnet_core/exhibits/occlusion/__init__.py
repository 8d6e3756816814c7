"""Cover a part of the photo and watch the answer (§4.2, Fig. 7)."""

from zfnet_core.exhibits.occlusion.export import csv, script
from zfnet_core.exhibits.occlusion.figure import figure
from zfnet_core.exhibits.occlusion.occluder import Occluder, OcclusionSettings
from zfnet_core.exhibits.occlusion.sweep import (
    OnePosition,
    Sweep,
    compute,
    keeps_all_classes,
    occlude_once,
    totals_layer,
    whole_sweep,
)

__all__ = [
    "Occluder",
    "OcclusionSettings",
    "OnePosition",
    "Sweep",
    "compute",
    "csv",
    "figure",
    "keeps_all_classes",
    "occlude_once",
    "script",
    "totals_layer",
    "whole_sweep",
]

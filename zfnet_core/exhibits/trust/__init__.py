"""Can this picture be trusted? Checks, controls and rivals of a projection, each an experiment of its own."""

from zfnet_core.exhibits.trust.checks import LIMITS, Check
from zfnet_core.exhibits.trust.evidence import Curves, Evidence, evidence
from zfnet_core.exhibits.trust.export import csv, evidence_csv, script
from zfnet_core.exhibits.trust.figure import (
    cut_to_field,
    evidence_figure,
    heat_picture,
    panel_figure,
    projection_picture,
)
from zfnet_core.exhibits.trust.similarity import Similarity, similarity
from zfnet_core.exhibits.trust.switches import Projected, experiment, names_of
from zfnet_core.exhibits.trust.trust import Picture, Settings, Trust, compute, judged, other_units

__all__ = [
    "LIMITS",
    "Check",
    "Curves",
    "Evidence",
    "Picture",
    "Projected",
    "Settings",
    "Similarity",
    "Trust",
    "compute",
    "csv",
    "cut_to_field",
    "evidence",
    "evidence_csv",
    "evidence_figure",
    "experiment",
    "heat_picture",
    "judged",
    "names_of",
    "other_units",
    "panel_figure",
    "projection_picture",
    "script",
    "similarity",
]

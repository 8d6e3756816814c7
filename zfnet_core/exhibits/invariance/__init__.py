"""What shifting, scaling and turning a photo do to its features (paper, §4, Fig. 5)."""

from zfnet_core.exhibits.invariance.bundled import bundled_result
from zfnet_core.exhibits.invariance.curves import InvarianceCurves as Result
from zfnet_core.exhibits.invariance.curves import InvarianceSettings as Settings
from zfnet_core.exhibits.invariance.curves import invariance_curves as compute
from zfnet_core.exhibits.invariance.export import csv, script
from zfnet_core.exhibits.invariance.figure import figure
from zfnet_core.exhibits.invariance.view import View

__all__ = ["Result", "Settings", "View", "bundled_result", "compute", "csv", "figure", "script"]

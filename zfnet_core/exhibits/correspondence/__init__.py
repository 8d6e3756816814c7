"""Whether the network relates the same part of different objects (paper, §4.3, Table 1)."""

from zfnet_core.exhibits.correspondence.bundled import bundled_result
from zfnet_core.exhibits.correspondence.export import csv, script
from zfnet_core.exhibits.correspondence.figure import figure
from zfnet_core.exhibits.correspondence.measure import Correspondence as Result
from zfnet_core.exhibits.correspondence.measure import CorrespondenceSettings as Settings
from zfnet_core.exhibits.correspondence.measure import correspondence as compute

__all__ = ["Result", "Settings", "bundled_result", "compute", "csv", "figure", "script"]

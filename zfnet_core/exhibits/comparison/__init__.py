"""AlexNet against ZFNet: what the paper's smaller filters and strides change (paper, §4.1, Fig. 6)."""

from zfnet_core.exhibits.comparison.bundled import bundled_result
from zfnet_core.exhibits.comparison.comparison import Comparison as Result
from zfnet_core.exhibits.comparison.comparison import compare as compute
from zfnet_core.exhibits.comparison.export import csv, script
from zfnet_core.exhibits.comparison.figure import figure

__all__ = ["Result", "bundled_result", "compute", "csv", "figure", "script"]

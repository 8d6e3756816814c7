"""Every table and figure of results: what the paper prints, what ours gives, and what the visitor's own run gave."""

from zfnet_core.exhibits.results.compared import NAMES, Settings, compute, table_of
from zfnet_core.exhibits.results.table import Table as Result
from zfnet_core.exhibits.results.table import table_csv

__all__ = ["NAMES", "Result", "Settings", "compute", "table_csv", "table_of"]

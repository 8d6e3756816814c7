"""What can be chosen on the page of results, and stands in its address."""

from __future__ import annotations

from ui.shell.address import choice, fields
from zfnet_core.exhibits.results import NAMES


@fields("results")
class Fields:
    """`show` is the table or figure of the paper."""

    show: str = choice("table-2", options=NAMES, url="results")

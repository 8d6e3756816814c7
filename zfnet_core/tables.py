"""Tables as text that can be opened in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(columns: Sequence[Any], rows: Iterable[Sequence[Any]], digits: int = 6) -> str:
    """A table as CSV: the columns' names (none: no such line), then the rows.

    Decimals have `digits` significant digits, None is an empty cell. Text that a spreadsheet would run as a formula is
    preceded by ' so that it stays text; numbers, negative ones as well, stay as they are.
    """
    stream = io.StringIO()
    lines = csv.writer(stream)
    if columns:
        lines.writerow([_cell(name, digits) for name in columns])
    lines.writerows([_cell(value, digits) for value in row] for row in rows)
    return stream.getvalue()


def _cell(value: Any, digits: int) -> Any:
    if isinstance(value, float | np.floating):
        return f"{value:.{digits}g}"
    if isinstance(value, str) and value.startswith(FORMULA) and not _numeric(value):
        return "'" + value
    return value


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

"""Our values of Tables 4–7 and Fig. 9 from `assets/transfer.json`, as far as they are there and make sense.

{"networks": {name: {"fingerprint": …, "rows": [{"table", "row", "column", "value", "spread", "settings"}, …]}},
"how": {table: sentence}}; values in %. What is made otherwise is left out, not shown wrongly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zfnet_core.assets import ASSETS
from zfnet_core.exhibits import our_results
from zfnet_core.language import later, t
from zfnet_core.models import zoo

FILE = ASSETS / "transfer.json"


@dataclass(frozen=True)
class Transferred:
    """One value of ours in %, the standard deviation over random choices, and how it was made."""

    row: str
    column: str
    value: float
    spread: float | None
    how: str

    def __str__(self) -> str:
        return f"{self.value:.1f}" + ("" if self.spread is None else f" ± {self.spread:.1f}")


def rows(table: str, path: Path = FILE) -> tuple[Transferred, ...]:
    """What is kept of a table for the weights that are shipped; empty where there is nothing."""
    try:
        told = _kept(path)
        networks = told["networks"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()
    return tuple(row for name, kept in networks for row in _of(name, kept, table, told.get("how", {})))


@cache
def _kept(path: Path) -> Any:
    return json.loads(path.read_bytes())


def _of(name: str, kept: Any, table: str, how: Any) -> Iterator[Transferred]:
    shipped = name in zoo.names() and isinstance(kept, Mapping)
    if not shipped or kept.get("fingerprint") != our_results.fingerprint(name):
        return
    sentence = how.get(table, "") if isinstance(how, Mapping) else ""
    for row in kept.get("rows", []):
        if isinstance(row, Mapping) and row.get("table") == table and isinstance(row.get("value"), int | float):
            settings = row.get("settings", {})
            told = _told(settings, table) if isinstance(settings, Mapping) else ""
            spread = row.get("spread")
            yield Transferred(
                str(row.get("row", "")),
                str(row.get("column", "")),
                float(row["value"]),
                float(spread) if isinstance(spread, int | float) else None,
                ": ".join(
                    filter(None, (zoo.entry(name).title, "; ".join(filter(None, (told, str(sentence).rstrip("."))))))
                ),
            )


def _told(settings: Mapping[str, Any], table: str) -> str:
    """The settings in words; of Table 7 the row already says which classifier and layer."""
    left = {key: value for key, value in settings.items() if table != "table-7" or key not in ("layer", "classifier")}
    parts = []
    for key, words in _WORDS.items():
        if (value := left.pop(key, None)) is not None:
            parts.append(t(words, value=value))
    return ", ".join([*parts, *(f"{key} {value}" for key, value in left.items())])


_WORDS = {
    "data": "{value}",
    "classes": later("{value} classes"),
    "per_class": later("{value} photos of each to learn from"),
    "test_at_most": later("at most {value} others of each to test"),
    "layer": later("layer {value}"),
    "classifier": later("a {value} classifier"),
    "splits": later("random choices: {value}"),
}

"""Our own rows for Tables 4–7 and Fig. 9, made with the shipped weights; of other weights nothing is shown.

`assets/transfer.json` is written by `python -m zfnet_core.exhibits.transfer`. Each row says which table and column it
belongs to, its value with the spread over random choices, and how it was made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from zfnet_core.assets import ASSETS
from zfnet_core.language import later, t
from zfnet_core.models.network import Network

FILE = ASSETS / "transfer.json"
PRETRAINED = "ImageNet-pretrained convnet"
CALTECH = "Caltech-101"
SEEN, NEW = ("Caltech-101", "Imagenette"), ("Handwritten digits",)
HOW = {
    "table-4": later(
        "Ours: {classes} classes of Caltech-101, {splits} random choices of the training photos, all of them where a "
        "class has too few. Asked are photos that no network here has seen, at most {test} of a class; but the "
        "training photos, and so the classes, were among those that the bundled networks learned from."
    )
}
HOW["table-7"] = HOW["table-4"]


@dataclass(frozen=True)
class Row:
    """One value of ours in %: `table` as in `assets/paper.json`, its `row` and `column`.

    `spread` is the standard deviation over random choices, None of a single one; `settings` say how it was made: data,
    layer, classifier, photos a class …
    """

    table: str
    row: str
    column: str
    value: float
    spread: float | None
    settings: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.value:.1f}" if self.spread is None else f"{self.value:.1f} ± {self.spread:.1f}"


def rows(network: Network, table: str) -> tuple[Row, ...]:
    """Our rows of a table for a network, if they were made with these very weights; else none."""
    return tuple(row for row in _rows(network) if row.table == table)


def how(network: Network, table: str) -> str:
    """How our rows for Caltech-101 were made; empty where there are none."""
    own = [row for row in rows(network, table) if row.settings["data"] == CALTECH]
    if not own or table not in HOW:
        return ""
    choices = sorted({row.settings["splits"] for row in own})
    splits = " to ".join(str(number) for number in dict.fromkeys((choices[0], choices[-1])))
    settings = own[0].settings
    return t(HOW[table], classes=settings["classes"], splits=splits, test=settings["test_at_most"])


def table_7(network: Network) -> dict[tuple[str, str], str]:
    """Our rows of Table 7 for Caltech-101 by classifier and layer."""
    return {place: str(row) for place, row in by_layer(network, CALTECH).items()}


def _rows(network: Network) -> tuple[Row, ...]:
    found = _kept().get("networks", {}).get(network.name, {})
    if not found or found.get("fingerprint") != network.fingerprint:
        return ()
    return tuple(Row(**row) for row in found["rows"])


@cache
def _kept() -> Mapping[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def by_layer(network: Network, data: str) -> dict[tuple[str, str], Row]:
    """Our rows of Table 7 for other photos, by classifier and layer."""
    own = (row for row in rows(network, "table-7") if row.settings["data"] == data)
    return {(row.settings["classifier"], row.settings["layer"]): row for row in own}


def curves(network: Network) -> dict[str, tuple[Row, ...]]:
    """Our Fig. 9: by the name of the photos, a softmax on the last layer with more and more photos a class."""
    found: dict[str, list[Row]] = {}
    for row in _rows(network):
        if row.row == PRETRAINED and row.column.endswith(" per class"):
            found.setdefault(row.settings["data"], []).append(row)
    return {
        data: tuple(sorted(rows, key=lambda row: row.settings["per_class"]))
        for data, rows in found.items()
        if len(rows) > 1
    }


def seen(data: str) -> bool:
    """Whether the classes of these photos were among those that the bundled networks learned from."""
    return data in SEEN


def clear() -> None:
    """Read the file anew next time."""
    _kept.cache_clear()

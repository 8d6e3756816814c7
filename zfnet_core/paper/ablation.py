"""Table 3 on our data: what each part of the network is worth, from one file written by the training command.

A row may be there several times, trained from several random starts (`seed`), so that its spread can be seen. A file
may come from a stranger: it is checked before anything is made of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from zfnet_core.assets import ASSETS
from zfnet_core.errors import ResultError
from zfnet_core.language import t, tn

FILE = ASSETS / "ablation.json"
MAX_BYTES, MOST_ROWS, MOST = 2**20, 1000, 10**9

# The training command's presets → the rows of Table 3 in assets/paper.json, in the paper's order.
PAPER_ROWS: Mapping[str, str] = {
    "alexnet": "Replication of Krizhevsky, 1 convnet",
    "alexnet-without-3-4": "Replication, layers 3, 4 removed",
    "alexnet-without-7": "Replication, layer 7 removed",
    "alexnet-without-6-7": "Replication, layers 6, 7 removed",
    "alexnet-without-3-4-6-7": "Replication, layers 3, 4, 6, 7 removed",
    "alexnet-2048-units": "Replication, layers 6, 7: 2048 units",
    "alexnet-8192-units": "Replication, layers 6, 7: 8192 units",
    "zfnet": "Our model (Fig. 3)",
    "zfnet-2048-units": "Our model, layers 6, 7: 2048 units",
    "zfnet-8192-units": "Our model, layers 6, 7: 8192 units",
    "zfnet-512-1024-512-maps": "Our model, layers 3, 4, 5: 512, 1024, 512 maps",
    "zfnet-8192-units-512-1024-512-maps": "Our model, layers 6, 7: 8192 units and layers 3, 4, 5: 512, 1024, 512 maps",
}


@dataclass(frozen=True)
class AblationRow:
    """One network trained from scratch. Errors are shares of photos, 0…1, of whole pictures of `judged_px`.

    `row` is a key of `PAPER_ROWS`, `seed` its random start. `train_top1_error` is that of `judged_train_photos` of the
    `train_photos` of `classes` that it was trained on for `epochs`, on pictures of `px` pixels, with the learning rate
    `peak_rate` at its largest (0: the file, an older one, does not say).
    """

    row: str
    train_top1_error: float
    val_top1_error: float
    val_top5_error: float
    parameters: int
    epochs: int
    px: tuple[int, ...]
    judged_px: int
    train_photos: int
    judged_train_photos: int
    val_photos: int
    seed: int = 0
    classes: int = 0
    peak_rate: float = 0.0

    @property
    def size(self) -> str:
        """How small the experiment was, to be shown beside every number."""
        taught = tn(
            "{n} epoch over {photos} photos at {px} px",
            "{n} epochs over {photos} photos at {px} px",
            self.epochs,
            photos=f"{self.train_photos:,}",
            px=", ".join(map(str, self.px)),
        )
        judged = t("judged on {photos} at {px} px", photos=f"{self.val_photos:,}", px=self.judged_px)
        classes = (tn("{n} class", "{n} classes", self.classes),) if self.classes else ()
        return ", ".join((taught, *classes, judged))


@cache
def rows(path: Path = FILE) -> tuple[AblationRow, ...]:
    """The finished rows in the paper's order; empty where none was trained. Raises ResultError for another file."""
    return read(path.read_bytes(), path.name) if path.exists() else ()


def read(data: bytes, name: str) -> tuple[AblationRow, ...]:
    """The rows in a file, in the paper's order, those of one row by seed. Raises ResultError, with one sentence."""
    try:
        told = json.loads(data) if len(data) <= MAX_BYTES else None
        found = told["rows"] if isinstance(told, dict) else None
    except (ValueError, RecursionError, KeyError):
        found = None
    if not isinstance(found, list) or len(found) > MOST_ROWS:
        raise ResultError(
            t("{name} holds no rows of Table 3; choose a file that `zfnet_core.training table` wrote.", name=name)
        )
    made = [_row(row, number, name) for number, row in enumerate(found, 1)]
    order = list(PAPER_ROWS)
    return tuple(sorted(made, key=lambda row: (order.index(row.row), row.seed)))


def _row(told: Any, number: int, name: str) -> AblationRow:
    names = {field.name for field in fields(AblationRow)}
    good = isinstance(told, dict) and set(told) <= names and names - OPTIONAL <= set(told)
    if good:
        px = told["px"]
        good = (
            isinstance(px, list)
            and 0 < len(px) <= 16
            and all(map(_whole, px))
            and isinstance(told["row"], str)
            and told["row"] in PAPER_ROWS
        )
        shares = [told[key] for key in ("train_top1_error", "val_top1_error", "val_top5_error")]
        shares.append(told.get("peak_rate", 0))
        good = good and all(isinstance(one, int | float) and 0 <= one <= 1 for one in shares)
        good = good and all(_whole(value) for key, value in told.items() if key not in _NOT_WHOLE)
    if not good:
        raise ResultError(
            t("Row {n} of {name} makes no sense; collect the runs again with `table`.", n=number, name=name)
        )
    return AblationRow(**{**told, "px": tuple(told["px"])})


_NOT_WHOLE = ("row", "px", "train_top1_error", "val_top1_error", "val_top5_error", "peak_rate")
OPTIONAL = {"seed", "classes", "peak_rate"}


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST

"""Table 3 on our data: what each part of the network is worth, from one file written by the training command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parents[1] / "assets" / "ablation.json"

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

    `row` is a key of `PAPER_ROWS`. `train_top1_error` is that of `judged_train_photos` of the `train_photos` it was
    trained on for `epochs`, on pictures of `px` pixels.
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

    @property
    def size(self) -> str:
        """How small the experiment was, to be shown beside every number."""
        return (
            f"{self.epochs} epochs over {self.train_photos:,} photos at {', '.join(map(str, self.px))} px, "
            f"judged on {self.val_photos:,} at {self.judged_px} px"
        )


@cache
def rows(path: Path = FILE) -> tuple[AblationRow, ...]:
    """The finished rows in the paper's order; empty where none was trained."""
    if not path.exists():
        return ()
    found = [AblationRow(**{**row, "px": tuple(row["px"])}) for row in json.loads(path.read_text())["rows"]]
    return tuple(sorted(found, key=lambda row: list(PAPER_ROWS).index(row.row)))

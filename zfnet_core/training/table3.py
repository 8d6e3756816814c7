"""Finished runs as the rows of Table 3: one JSON file that the results page reads.

The file is {"rows": [{"row", "train_top1_error", "val_top1_error", "val_top5_error", "parameters", "epochs", "px",
"train_photos", "val_photos"}, …]}; errors are shares, 0…1. `row` is a name in `presets.TABLE_3`. The training error is
that of the last epoch's augmented pictures, the validation error that of whole pictures after it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from zfnet_core.training.run_directory import RunDirectory


def row_of(run: RunDirectory) -> dict[str, Any] | None:
    """One row; None as long as the run has not finished."""
    recipe, log = run.recipe, run.log()
    if not log or log[-1]["epoch"] < recipe.epochs:
        return None
    with torch.device("meta"):
        network = recipe.build(len(run.data["classes"]))
    last = log[-1]
    return {
        "row": run.path.name,
        "train_top1_error": 1 - last["train_top1"],
        "val_top1_error": 1 - last["val_top1"],
        "val_top5_error": 1 - last["val_top5"],
        "parameters": sum(p.numel() for p in network.parameters()),
        "epochs": recipe.epochs,
        "px": [px for _, px in recipe.stages],
        "train_photos": run.data["train"],
        "val_photos": last["val_photos"],
    }


def write_table(runs: Sequence[RunDirectory], path: Path) -> list[dict[str, Any]]:
    """Write the rows of all finished `runs`, each named after its folder, and return them."""
    rows = [row for row in map(row_of, runs) if row is not None]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    return rows

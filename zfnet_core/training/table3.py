"""Finished runs as the rows of Table 3, in the file that `zfnet_core.paper.ablation` reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from zfnet_core.errors import UnknownName
from zfnet_core.files import replaced
from zfnet_core.language import phrase
from zfnet_core.paper.ablation import PAPER_ROWS, AblationRow, rows
from zfnet_core.training.evaluation import accuracy_of, scores_of
from zfnet_core.training.machine import Machine
from zfnet_core.training.packed import Packed
from zfnet_core.training.run_directory import RunDirectory
from zfnet_core.training.trainable import TrainableNetwork

TRAIN_SAMPLE = 2000


def row_of(run: RunDirectory, photos: Packed, machine: Machine) -> AblationRow | None:
    """One row: the run's last weights, judged on whole pictures, of `photos.train` a fixed sample.

    None as long as the run has not finished. Raises UnknownName if its folder is not named after a row.
    """
    recipe, log, name = run.recipe, run.log(), run.path.name
    if name not in PAPER_ROWS:
        raise UnknownName(
            phrase(
                "{name} is no row of Table 3; name the run's folder after one of {names}.",
                name=name,
                names=", ".join(PAPER_ROWS),
            )
        )
    if not log or log[-1]["epoch"] < recipe.epochs:
        return None
    network = recipe.build(len(run.data["classes"]))
    network.load_state_dict(run.load_snapshot(recipe.epochs))
    trainable = TrainableNetwork(network).on(machine.device)
    order = torch.randperm(len(photos.train), generator=torch.Generator().manual_seed(0))
    sample = photos.whole_train.subset(order[:TRAIN_SAMPLE].numpy())
    px = recipe.checked_px(recipe.epochs)
    train, val = (
        accuracy_of(scores_of(trainable, part, px, recipe, machine), part.labels) for part in (sample, photos.val)
    )
    return AblationRow(
        row=name,
        train_top1_error=round(1 - train.top1, 4),
        val_top1_error=round(1 - val.top1, 4),
        val_top5_error=round(1 - val.top5, 4),
        parameters=sum(p.numel() for p in network.parameters()),
        epochs=recipe.epochs,
        px=tuple(px for _, px in recipe.stages),
        judged_px=px,
        train_photos=run.data["train"],
        judged_train_photos=train.photos,
        val_photos=val.photos,
        seed=recipe.seed,
        classes=len(run.data["classes"]),
        peak_rate=recipe.peak_rate,
    )


def write_table(
    runs: Sequence[RunDirectory],
    photos_of: Callable[[RunDirectory], Packed],
    machine: Machine,
    path: Path,
    say: Callable[[str], None] = print,
) -> tuple[AblationRow, ...]:
    """Judge all finished `runs` and put their rows beside those that `path` holds already; returns all of them."""
    found = {(row.row, row.seed): row for row in rows(path)}
    for run in runs:
        row = row_of(run, photos_of(run), machine)
        say(f"{run.path.name} has not finished; it is left out" if row is None else json.dumps(asdict(row)))
        if row is not None:
            found[row.row, row.seed] = row
    with replaced(path) as place:
        place.write_text(
            json.dumps({"rows": [asdict(row) for row in sorted(found.values(), key=_place)]}, indent=1) + "\n"
        )
    rows.cache_clear()
    return rows(path)


def _place(row: AblationRow) -> tuple[int, int]:
    return list(PAPER_ROWS).index(row.row), row.seed

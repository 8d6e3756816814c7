"""Finished runs as the rows of Table 3, in the file that `zfnet_core.ablation` reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from zfnet_core.ablation import PAPER_ROWS, AblationRow, rows
from zfnet_core.errors import UnknownName
from zfnet_core.training.form import TrainingForm
from zfnet_core.training.judging import judged, scores_of
from zfnet_core.training.machine import Machine
from zfnet_core.training.packed import PackedPhotos
from zfnet_core.training.run_directory import RunDirectory, replaced

TRAIN_SAMPLE = 2000


def row_of(run: RunDirectory, photos: Mapping[str, PackedPhotos], machine: Machine) -> AblationRow | None:
    """One row: the run's last weights, judged on whole pictures, of `photos["train"]` a fixed sample.

    None as long as the run has not finished. Raises UnknownName if its folder is not named after a row.
    """
    recipe, log, name = run.recipe, run.log(), run.path.name
    if name not in PAPER_ROWS:
        raise UnknownName(f"{name} is no row of Table 3; name the run's folder after one of {', '.join(PAPER_ROWS)}.")
    if not log or log[-1]["epoch"] < recipe.epochs:
        return None
    network = recipe.build(len(run.data["classes"]))
    network.load_state_dict(run.load_snapshot(recipe.epochs))
    form = TrainingForm(network).to(machine.device, memory_format=torch.channels_last)
    order = torch.randperm(len(photos["train"]), generator=torch.Generator().manual_seed(0))
    sample = photos["train"].subset(order[:TRAIN_SAMPLE].numpy())
    px = recipe.checked_px(recipe.epochs)
    train, val = (judged(scores_of(form, part, px, recipe, machine), part.labels) for part in (sample, photos["val"]))
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
    )


def write_table(
    runs: Sequence[RunDirectory],
    photos_of: Callable[[RunDirectory], Mapping[str, PackedPhotos]],
    machine: Machine,
    path: Path,
    say: Callable[[str], None] = print,
) -> tuple[AblationRow, ...]:
    """Judge all finished `runs` and put their rows beside those that `path` holds already; returns all of them."""
    found = {row.row: row for row in rows(path)}
    for run in runs:
        row = row_of(run, photos_of(run), machine)
        say(f"{run.path.name} has not finished; it is left out" if row is None else json.dumps(asdict(row)))
        if row is not None:
            found[row.row] = row
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path) as place:
        place.write_text(
            json.dumps({"rows": [asdict(found[name]) for name in PAPER_ROWS if name in found]}, indent=1) + "\n"
        )
    rows.cache_clear()
    return rows(path)

"""The first-layer filters of finished runs, collected as the panels of Fig. 6(a–c)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zfnet_core.errors import CheckpointError
from zfnet_core.exhibits.comparison.figure_6 import LETTERS, Panel, save
from zfnet_core.language import phrase
from zfnet_core.training.presets import FIGURE_6
from zfnet_core.training.run_directory import RunDirectory


def panel_of(run: RunDirectory) -> Panel:
    """The panel of a run whose folder is named after its preset, fig6a, fig6b or fig6c, after its last snapshot.

    Raises CheckpointError for another folder, or one without a finished epoch.
    """
    letter = run.path.name.removeprefix("fig6")
    if run.path.name not in FIGURE_6 or letter not in LETTERS:
        raise CheckpointError(
            phrase(
                "{name} is not a run of Fig. 6; name the folder {names}.", name=run.path.name, names=", ".join(FIGURE_6)
            )
        )
    recipe, epochs = run.recipe, {record["epoch"]: record for record in run.log()}
    finished = [epoch for epoch in run.snapshots() if epoch in epochs]
    if not finished:
        raise CheckpointError(
            phrase("{path} has not finished an epoch whose weights were kept; let it train on.", path=run.path)
        )
    last = max(finished)
    return Panel(
        letter,
        run.load_snapshot(last)["conv1.weight"].float().numpy(),
        {
            "network": recipe.network,
            "rms_limit": recipe.rms_limit,
            "epochs": last,
            "px": epochs[last]["px"],
            "train_photos": run.data["train"],
            "val_top1": epochs[last]["val_top1"],
            "val_photos": epochs[last]["val_photos"],
        },
    )


def write_panels(runs: Sequence[RunDirectory], path: Path) -> list[Panel]:
    """Write the panels of `runs` into one file and return them."""
    panels = {panel.letter: panel for panel in map(panel_of, runs)}
    save(panels, path)
    return list(panels.values())

"""A run on disk: recipe, log, the state to go on from, and snapshots of the weights. Every write is all or nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from zfnet_core.errors import CheckpointError
from zfnet_core.training.recipe import Recipe


@dataclass(frozen=True)
class RunDirectory:
    """`recipe.json`, `data.json` (classes and sources), `log.jsonl`, `state.pt`, `snapshots/epoch-NNN.safetensors`."""

    path: Path

    @property
    def recipe(self) -> Recipe:
        """The recipe of this run; raises CheckpointError if there is no run here."""
        if not self.begun:
            raise CheckpointError(f"{self.path} holds no training run; give the folder that a training run wrote.")
        return Recipe.read(self.path / "recipe.json")

    @property
    def data(self) -> dict[str, Any]:
        """What the run was trained on: {"classes", "sources", "train", "val", …}; raises CheckpointError without."""
        try:
            return json.loads((self.path / "data.json").read_text())
        except (OSError, ValueError) as error:
            raise CheckpointError(
                f"{self.path / 'data.json'} cannot be read; start the training command again, which writes it."
            ) from error

    def begin(self, recipe: Recipe, data: dict[str, Any]) -> None:
        """Make the directory and write down what is going to happen."""
        (self.path / "snapshots").mkdir(parents=True, exist_ok=True)
        self.write_text("data.json", json.dumps(data, indent=1))
        self.write_text("recipe.json", recipe.to_json())  # last: a recipe that is there vouches for the rest

    @property
    def begun(self) -> bool:
        """Whether there is a run here."""
        return (self.path / "recipe.json").exists()

    def log(self) -> list[dict[str, Any]]:
        """One record per finished epoch; what is not a number, as the loss of a run that diverged, is None."""
        path = self.path / "log.jsonl"
        try:
            lines = path.read_text().splitlines() if path.exists() else []
            return [json.loads(line, parse_constant=lambda _: None) for line in lines]
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{path} is not the log of a training run; take it out of the folder.") from error

    def write_log(self, records: Iterable[dict[str, Any]]) -> None:
        """Replace the log."""
        self.write_text("log.jsonl", "".join(json.dumps(record) + "\n" for record in records))

    def save_state(self, state: dict[str, Any]) -> None:
        """Everything needed to go on exactly from here."""
        with replaced(self.path / "state.pt") as place:
            torch.save(state, place)

    def load_state(self) -> dict[str, Any] | None:
        """What `save_state` wrote last; None if there is nothing yet."""
        path = self.path / "state.pt"
        return torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None

    def save_snapshot(self, epoch: int, weights: dict[str, torch.Tensor]) -> None:
        """The weights after `epoch` (0: the random start)."""
        self.save_weights(f"snapshots/epoch-{epoch:03}.safetensors", weights)

    def save_weights(self, name: str, weights: dict[str, torch.Tensor], note: dict[str, str] | None = None) -> None:
        """Weights as a safetensors file of the run; a `note` is kept with them."""
        write_weights(self.path / name, weights, note)

    def snapshots(self) -> dict[int, Path]:
        """Epoch → file, in order of time."""
        paths = sorted((self.path / "snapshots").glob("epoch-*.safetensors"))
        return {int(path.stem.removeprefix("epoch-")): path for path in paths}

    def load_snapshot(self, epoch: int) -> dict[str, torch.Tensor]:
        """The weights after `epoch`; raises CheckpointError if none were kept."""
        kept = self.snapshots()
        if epoch not in kept:
            raise CheckpointError(f"{self.path} kept no snapshot of epoch {epoch}; it has {list(kept)}.")
        try:
            return load_file(kept[epoch])
        except (OSError, SafetensorError) as error:
            raise CheckpointError(f"{kept[epoch]} is damaged; delete it and look at the other epochs.") from error

    def write_text(self, name: str, text: str) -> None:
        """Write a small file of the run."""
        with replaced(self.path / name) as place:
            place.write_text(text)


def write_weights(path: Path, weights: dict[str, torch.Tensor], note: dict[str, str] | None = None) -> None:
    """Weights as a safetensors file, all or nothing."""
    with replaced(path) as place:
        save_file({key: value.detach().contiguous() for key, value in weights.items()}, place, metadata=note)
        place.chmod(0o644)  # the library keeps its files to their owner


class replaced:
    """Write beside the file, force it to disk, then put it in the file's place in one step."""

    def __init__(self, path: Path) -> None:
        self.path, self.place = path, path.with_name(f"{path.name}.being-written")

    def __enter__(self) -> Path:
        return self.place

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is not None:
            self.place.unlink(missing_ok=True)
            return
        with self.place.open("rb+") as file:
            os.fsync(file.fileno())
        self.place.replace(self.path)

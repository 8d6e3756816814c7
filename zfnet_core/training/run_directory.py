"""A run on disk: recipe, log, the state to go on from, and snapshots of the weights. Every write is all or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from zfnet_core.errors import CheckpointError
from zfnet_core.files import clear_abandoned, replaced
from zfnet_core.language import phrase
from zfnet_core.training.recipe import Recipe


@dataclass(frozen=True)
class RunDirectory:
    """`recipe.json`, `data.json` (classes and sources), `log.jsonl`, `state.pt`, `snapshots/epoch-NNN.safetensors`."""

    path: Path

    @property
    def recipe(self) -> Recipe:
        """The recipe of this run; raises CheckpointError if there is no run here."""
        if not self.begun:
            if several := self.students():
                names = " or ".join(str(student.path) for student in several)
                raise CheckpointError(
                    phrase(
                        "{path} holds a run of several networks; give one of them, {names}.",
                        path=self.path,
                        names=names,
                    )
                )
            raise CheckpointError(
                phrase("{path} holds no training run; give the folder that a training run wrote.", path=self.path)
            )
        return Recipe.read(self.path / "recipe.json")

    @property
    def data(self) -> dict[str, Any]:
        """What the run was trained on: {"classes", "sources", "train", "val", …}; raises CheckpointError without."""
        try:
            return json.loads((self.path / "data.json").read_text())
        except (OSError, ValueError) as error:
            raise CheckpointError(
                phrase(
                    "{path} cannot be read; start the training command again, which writes it.",
                    path=self.path / "data.json",
                )
            ) from error

    @property
    def labels(self) -> list[str]:
        """The names of its classes for people, in the order of the network's scores."""
        return tidy(self.data["classes"])

    def begin(self, recipe: Recipe, data: dict[str, Any]) -> None:
        """Make the directory and write down what is going to happen."""
        (self.path / "snapshots").mkdir(parents=True, exist_ok=True)
        self.write_text("data.json", json.dumps(data, indent=1))
        self.write_text("recipe.json", recipe.to_json())  # last: a recipe that is there vouches for the rest

    @property
    def begun(self) -> bool:
        """Whether there is a run here."""
        return (self.path / "recipe.json").exists()

    def students(self) -> list[RunDirectory]:
        """The runs of the networks that learn together here: itself, or one folder for each; none if none has begun."""
        if self.begun:
            return [self]
        listing = self.path / "students.json"
        names = json.loads(listing.read_text()) if listing.exists() else []
        return [RunDirectory(self.path / name) for name in names]

    def begin_students(self, recipes: Sequence[Recipe], data: dict[str, Any]) -> list[RunDirectory]:
        """Begin a run for each recipe: here if there is one, else each in a folder named after its network."""
        if len(recipes) == 1:
            self.begin(recipes[0], data)
        else:
            for recipe in recipes:
                RunDirectory(self.path / recipe.network).begin(recipe, data)
            self.write_text("students.json", json.dumps([recipe.network for recipe in recipes]))
        return self.students()

    def log(self) -> list[dict[str, Any]]:
        """One record per finished epoch; what is not a number, as the loss of a run that diverged, is None."""
        path = self.path / "log.jsonl"
        try:
            lines = path.read_text().splitlines() if path.exists() else []
            return [json.loads(line, parse_constant=lambda _: None) for line in lines]
        except (OSError, ValueError) as error:
            raise CheckpointError(
                phrase("{path} is not the log of a training run; take it out of the folder.", path=path)
            ) from error

    def write_log(self, records: Iterable[dict[str, Any]]) -> None:
        """Replace the log."""
        self.write_text("log.jsonl", "".join(json.dumps(record) + "\n" for record in records))

    def save_state(self, state: dict[str, Any]) -> None:
        """Everything needed to go on exactly from here."""
        clear_abandoned(self.path)
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
            raise CheckpointError(
                phrase(
                    "{path} kept no snapshot of epoch {epoch}; it has {kept}.",
                    path=self.path,
                    epoch=epoch,
                    kept=list(kept),
                )
            )
        try:
            return load_file(kept[epoch])
        except (OSError, SafetensorError) as error:
            raise CheckpointError(
                phrase("{kept} is damaged; delete it and look at the other epochs.", kept=kept[epoch])
            ) from error

    def write_text(self, name: str, text: str) -> None:
        """Write a small file of the run."""
        with replaced(self.path / name) as place:
            place.write_text(text)


def tidy(classes: Iterable[str]) -> list[str]:
    """Names of folders as names for people: tabby_cat → tabby cat."""
    return [name.replace("_", " ") for name in classes]


def write_weights(path: Path, weights: dict[str, torch.Tensor], note: dict[str, str] | None = None) -> None:
    """Weights as a safetensors file, all or nothing."""
    with replaced(path) as place:
        save_file({key: value.detach().contiguous() for key, value in weights.items()}, place, metadata=note)
        place.chmod(0o644)  # the library keeps its files to their owner

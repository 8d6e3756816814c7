"""What a teacher says of every view, kept on disk: looked up once, learnt as often as one likes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from zfnet_core.errors import CorpusError
from zfnet_core.files import replaced
from zfnet_core.language import phrase
from zfnet_core.training.augment import TrainingPhotos
from zfnet_core.training.machine import Machine
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.teachers import Teacher
from zfnet_core.training.views import Views

BATCH = 256


@dataclass(frozen=True)
class SoftLabels:
    """`probabilities` float16 [V, N, classes] for V views of N photos, or [1, N, classes]: one answer for each photo,
    which is then mixed for a blend as its pictures are. `labels` name the classes."""

    probabilities: torch.Tensor
    labels: tuple[str, ...]

    def of(self, views: Views, indices: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        """float32 [n, classes], where the probabilities lie: those of view `chosen[i]` of photo `indices[i]`."""
        if len(self.probabilities) > 1:
            return self._at(chosen, indices)
        nothing = torch.zeros_like(indices)
        share = views.shares[indices, chosen].to(self.probabilities.device).view(-1, 1)
        own, other = self._at(nothing, indices), self._at(nothing, views.partners[indices, chosen])
        return torch.lerp(other, own, share)

    def _at(self, views: torch.Tensor, photos: torch.Tensor) -> torch.Tensor:
        place = self.probabilities.device
        return self.probabilities[views.to(place), photos.to(place)].float()

    def on(self, device: torch.device) -> SoftLabels:
        """The same; they go to a GPU if they fill less than half of what is free there, else they are sent on use."""
        size = self.probabilities.numel() * self.probabilities.element_size()
        fits = device.type == "cuda" and size < torch.cuda.mem_get_info(device)[0] // 2
        return replace(self, probabilities=self.probabilities.to(device)) if fits else self


def looked_up(
    teacher: Teacher,
    photos: TrainingPhotos,
    photos_key: str,
    views: Views,
    recipe: Recipe,
    machine: Machine,
    folder: Path,
    say: Callable[[str], None],
) -> SoftLabels:
    """Ask the teacher about all views, or find what it said below `folder`; killed, it goes on with the next view."""
    story = {
        "teacher": teacher.key,
        "photos": [photos_key, len(photos)],
        "views": [recipe.views, recipe.view_area, recipe.blend_share, recipe.crop_ratio, recipe.seed, recipe.canvas_px],
    }
    name = hashlib.blake2b(json.dumps(story).encode(), digest_size=8).hexdigest()
    shape = (recipe.views, len(photos), len(teacher.labels))
    file, progress = folder / f"labels-{name}.f16", folder / f"labels-{name}.json"
    done = json.loads(progress.read_text())["done"] if progress.exists() and file.exists() else 0
    folder.mkdir(parents=True, exist_ok=True)
    if not done:
        with replaced(file) as place:
            np.memmap(place, np.float16, "w+", shape=shape).flush()
    answers = np.memmap(file, np.float16, "r+", shape=shape)
    if done < recipe.views:
        teacher.to(machine.device)
    for view in range(done, recipe.views):
        for begin in range(0, len(photos), BATCH):
            indices = torch.arange(begin, min(begin + BATCH, len(photos)))
            pictures = views.pictures(photos, indices, torch.full_like(indices, view), teacher.preprocessing.input_px)
            with machine.autocast():
                said = teacher.probabilities(pictures)
            answers[view, begin : begin + len(indices)] = said.half().cpu().numpy()
        answers.flush()
        with replaced(progress) as place:
            place.write_text(json.dumps({"done": view + 1, "of": recipe.views, "name": teacher.name, **story}))
        say(f"{teacher.name} has looked at view {view + 1} of {recipe.views} of {len(photos):,} photos")
    return SoftLabels(torch.from_numpy(answers), teacher.labels)


def read_labels(path: Path, ids: tuple[str, ...], recipe: Recipe) -> SoftLabels:
    """Soft labels that somebody else made: an .npz file with `ids`, `labels`, and `probabilities` or `logits`.

    They are [photos, classes], one answer for each photo, or [views, photos, classes] for the recipe's views. Raises
    CorpusError for anything else, and where a photo of `ids` has none.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            names, labels = file["ids"].tolist(), tuple(file["labels"].tolist())
            kind = "probabilities" if "probabilities" in file else "logits"
            values = torch.from_numpy(file[kind]).float()
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise CorpusError(
            phrase(
                "{name} cannot be read as soft labels; give an .npz file with the arrays ids, labels, and "
                "probabilities or logits.",
                name=path.name,
            )
        ) from error
    values = values[None] if values.dim() == 2 else values
    if values.dim() != 3 or values.shape[1:] != (len(names), len(labels)) or len(values) not in (1, recipe.views):
        raise CorpusError(
            phrase(
                "{name} holds {kind} of shape {shape}; for its {photos} photos and {labels} labels it must be "
                "[photos, classes], or [{views} views, photos, classes].",
                name=path.name,
                kind=kind,
                shape=tuple(values.shape),
                photos=len(names),
                labels=len(labels),
                views=recipe.views,
            )
        )
    if kind == "logits":
        values = values.softmax(2)
    elif not torch.allclose(values.sum(2), torch.ones(()), atol=0.01) or values.min() < 0:
        raise CorpusError(
            phrase("The probabilities in {name} do not sum to 1 for every photo; give logits instead.", name=path.name)
        )
    places = {name: number for number, name in enumerate(names)}
    missing = [id for id in ids if id not in places]
    if missing:
        raise CorpusError(
            phrase(
                "{name} has no soft label for {n:,} of the photos, such as {id}.",
                name=path.name,
                n=len(missing),
                id=missing[0],
            )
        )
    return SoftLabels(values[:, [places[id] for id in ids]].half(), labels)

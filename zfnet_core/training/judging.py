"""How right a network is: photos → scores → the numbers of a model card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from zfnet_core.training.augment import judged_batch
from zfnet_core.training.form import TrainingForm
from zfnet_core.training.machine import Machine
from zfnet_core.training.packed import PackedPhotos
from zfnet_core.training.recipe import Recipe


@dataclass(frozen=True)
class Accuracy:
    """Shares of photos, 0…1. `per_class` has None where a class has no photo."""

    photos: int
    top1: float
    top5: float
    per_class: tuple[float | None, ...]

    @property
    def mean_per_class(self) -> float:
        """Every class counts alike, however many photos it has."""
        known = [share for share in self.per_class if share is not None]
        return sum(known) / len(known)


@torch.inference_mode()
def scores_of(
    form: TrainingForm, photos: PackedPhotos, px: int, recipe: Recipe, machine: Machine, batch: int = 64
) -> torch.Tensor:
    """Class scores [photos, classes] of the central crops at `px`, on the CPU in float32."""
    form.eval()
    scores = []
    for begin in range(0, len(photos), batch):
        pictures = judged_batch(photos, range(begin, min(begin + batch, len(photos))), px, recipe)
        with machine.autocast():
            scores.append(form.classify(form.features(pictures)).float().cpu())
    return torch.cat(scores)


def judged(scores: torch.Tensor, labels: torch.Tensor) -> Accuracy:
    """Accuracy of scores [photos, classes] against labels [photos]."""
    right = scores.argmax(1) == labels
    five = scores.topk(min(5, scores.shape[1])).indices == labels[:, None]
    per_class = tuple(
        right[labels == number].float().mean().item() if (labels == number).any() else None
        for number in range(scores.shape[1])
    )
    return Accuracy(len(labels), right.float().mean().item(), five.any(1).float().mean().item(), per_class)


def judged_among(scores: torch.Tensor, labels: torch.Tensor, classes: Sequence[int]) -> Accuracy:
    """Only photos of `classes`, only those classes to choose from."""
    classes = torch.tensor(classes)
    place = torch.full((scores.shape[1],), -1)
    place[classes] = torch.arange(len(classes))
    chosen = place[labels] >= 0
    return judged(scores[chosen][:, classes], place[labels[chosen]])

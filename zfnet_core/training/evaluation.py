"""How right a network is: photos → scores → the numbers of a model card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from zfnet_core.training.augment import central_square, evaluation_batch, normalised
from zfnet_core.training.machine import Machine
from zfnet_core.training.packed import PackedPhotos
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.trainable import TrainableNetwork


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
def squares_of(photos: PackedPhotos, px: int) -> torch.Tensor:
    """The central crops at `px` of all `photos`, uint8 [N, 3, px, px] on their device, to be looked at many times."""
    squares = [central_square(photos.photo(index).to(photos.device), px) for index in range(len(photos))]
    return torch.cat([square.round().to(torch.uint8) for square in squares])


@torch.inference_mode()
def scores_of_squares(
    trainable: TrainableNetwork, squares: torch.Tensor, recipe: Recipe, machine: Machine, batch: int = 64
) -> torch.Tensor:
    """Class scores [N, classes] of central crops as `squares_of` makes them, on the CPU in float32."""
    trainable.eval()
    scores = []
    for part in squares.split(batch):
        with machine.autocast():
            features = trainable.features(normalised(part.float().div_(255), recipe))
            scores.append(trainable.classify(features).float().cpu())
    return torch.cat(scores)


@torch.inference_mode()
def scores_of(
    trainable: TrainableNetwork, photos: PackedPhotos, px: int, recipe: Recipe, machine: Machine, batch: int = 64
) -> torch.Tensor:
    """Class scores [photos, classes] of the central crops at `px`, on the CPU in float32."""
    trainable.eval()
    scores = []
    for begin in range(0, len(photos), batch):
        pictures = evaluation_batch(photos, range(begin, min(begin + batch, len(photos))), px, recipe)
        with machine.autocast():
            scores.append(trainable.classify(trainable.features(pictures)).float().cpu())
    return torch.cat(scores)


def accuracy_of(scores: torch.Tensor, labels: torch.Tensor) -> Accuracy:
    """Accuracy of scores [photos, classes] against labels [photos]."""
    right = scores.argmax(1) == labels
    five = scores.topk(min(5, scores.shape[1])).indices == labels[:, None]
    per_class = tuple(
        right[labels == number].float().mean().item() if (labels == number).any() else None
        for number in range(scores.shape[1])
    )
    return Accuracy(len(labels), right.float().mean().item(), five.any(1).float().mean().item(), per_class)


def accuracy_among(scores: torch.Tensor, labels: torch.Tensor, classes: Sequence[int]) -> Accuracy:
    """Only photos of `classes`, only those classes to choose from."""
    few = torch.tensor(classes)
    place = torch.full((scores.shape[1],), -1)
    place[few] = torch.arange(len(few))
    chosen = place[labels] >= 0
    return accuracy_of(scores[chosen][:, few], place[labels[chosen]])

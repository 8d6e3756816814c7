"""What is learnt from a batch of photos: the names of their folders, or what a teacher says of fixed views of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from zfnet_core.errors import CorpusError
from zfnet_core.language import phrase
from zfnet_core.models.imagenet_classes import imagenet_classes, imagenet_labels
from zfnet_core.training.augment import TrainingPhotos, central_square, training_batch, varied
from zfnet_core.training.packed import PackedPhotos
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.run_directory import tidy
from zfnet_core.training.soft_labels import SoftLabels
from zfnet_core.training.teachers import Teacher
from zfnet_core.training.views import Views


class Lesson(Protocol):
    """Photos with what is to be learnt of them."""

    @property
    def photos(self) -> TrainingPhotos:
        """The photos, whose `labels` weigh how often each one is shown."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of a network's scores."""
        ...

    def batch(
        self, indices: Sequence[int], epoch: int, recipe: Recipe, generator: torch.Generator, part: slice
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures as a network reads them [n, 3, px, px] and their targets, class numbers [n] or shares [n, classes].

        The dice are thrown for all `indices`; what is returned is for `part` of them, on the photos' device.
        """
        ...


@dataclass(frozen=True)
class FolderNames:
    """Every photo belongs to the class that its folder is named after."""

    photos: TrainingPhotos

    @property
    def classes(self) -> tuple[str, ...]:
        """The folders' names."""
        return self.photos.classes

    def batch(
        self, indices: Sequence[int], epoch: int, recipe: Recipe, generator: torch.Generator, part: slice = slice(None)
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """New random crops every time."""
        px, area, jitter = recipe.px_of(epoch), recipe.crop_area_of(epoch), recipe.jitter_of(epoch)
        pictures = training_batch(self.photos, indices, px, area, recipe, generator, part, jitter)
        return pictures, self.photos.labels[torch.as_tensor(indices)[part]].to(pictures.device)


@dataclass(frozen=True)
class Taught:
    """A teacher has said of every view what is on it; a view is mirrored and recoloured anew whenever it is shown."""

    photos: TrainingPhotos
    views: Views
    soft_labels: SoftLabels

    @property
    def classes(self) -> tuple[str, ...]:
        """The teacher's names."""
        return self.soft_labels.labels

    def batch(
        self, indices: Sequence[int], epoch: int, recipe: Recipe, generator: torch.Generator, part: slice = slice(None)
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One random view of each photo; at the size of use one that shows most of it, where there is one."""
        dice = torch.rand(5, len(indices), generator=generator)[:, part]
        chosen, px = torch.as_tensor(indices)[part], recipe.px_of(epoch)
        allowed = torch.ones(len(chosen), recipe.views, dtype=torch.bool)
        if px >= recipe.settle_px:
            whole = self.views.whole[chosen]
            allowed = whole | ~whole.any(1, keepdim=True)
        views = drawn(dice[0], allowed)
        pictures = varied(
            self.views.pictures(self.photos, chosen, views, px), dice[1:], recipe.jitter_of(epoch), recipe
        )
        return pictures, self.soft_labels.of(self.views, chosen, views).to(pictures.device, non_blocking=True)


def drawn(dice: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
    """For each row one of the columns that are `allowed` [n, V], all alike, by a number in 0…1 [n]."""
    counted = allowed.cumsum(1)
    number = (dice * counted[:, -1]).long().clamp_max(counted[:, -1] - 1)
    return ((counted == number[:, None] + 1) & allowed).int().argmax(1)


def named_after(photos: PackedPhotos, classes: Sequence[str]) -> PackedPhotos:
    """The photos whose folder means one of `classes`, numbered accordingly; there may be none.

    A folder means a class if it has its name, whatever the spelling of blanks and capitals, or its number; among
    ImageNet's classes also if it has another name of a class alone, or its WordNet id.
    """
    if tuple(photos.classes) == tuple(classes):
        return photos
    names = {_spelt(name): number for number, name in reversed(list(enumerate(classes)))}
    if tuple(classes) == imagenet_labels():
        others = [(_spelt(name), number) for number, one in enumerate(imagenet_classes()) for name in one.others]
        counted = Counter(name for name, _ in others)
        ids = {one.wordnet_id: number for number, one in enumerate(imagenet_classes())}
        names = {**{name: number for name, number in others if counted[name] == 1}, **ids, **names}

    def number_of(folder: str) -> int:
        if _spelt(folder) in names:
            return names[_spelt(folder)]
        return int(folder) if folder.isdecimal() and int(folder) < len(classes) else -1

    meant = torch.tensor([number_of(name) for name in photos.classes])[photos.labels]
    chosen = (meant >= 0).nonzero().squeeze(1)
    return photos.subset(chosen.numpy()).relabelled(meant[chosen], classes)


def validation(photos: PackedPhotos, classes: Sequence[str], ask: Callable[[], Teacher] | None) -> PackedPhotos:
    """The validation photos with their numbers among `classes`; photos of folders that mean none are left out.

    If no folder means a class, the truth is what the teacher that `ask` gives thinks best. Raises CorpusError if there
    is none to ask.
    """
    found = named_after(photos, classes)
    if len(found):
        return found
    if ask is None:
        raise CorpusError(
            phrase(
                "No validation folder is named after a class of the soft labels; name them so, or by the class's "
                "number."
            )
        )
    teacher, guesses = ask().to(photos.device), []
    for index in range(len(photos)):
        square = central_square(photos.photo(index).to(photos.device), teacher.preprocessing.input_px)
        guesses.append(teacher.probabilities(square.float() / 255).argmax(1).cpu())
    return photos.relabelled(torch.cat(guesses), classes)


def _spelt(name: str) -> str:
    return tidy([name])[0].strip().lower()

"""A few classes of photos that somebody puts together: adding, naming, moving and removing, each a new collection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from zfnet_core.errors import ExplorerError
from zfnet_core.language import phrase, t
from zfnet_core.photos.decoding import Photo, printable

FEWEST_CLASSES, MOST_CLASSES, MOST_PHOTOS = 2, 20, 400
LONGEST_NAME = 40


class CollectionError(ExplorerError):
    """What cannot be done with a collection."""


@dataclass(frozen=True, eq=False)
class PhotoClass:
    """One class: its number for as long as it exists, its name, its photos in the order in which they came."""

    number: int
    name: str
    photos: tuple[Photo, ...] = ()


@dataclass(frozen=True, eq=False)
class Collection:
    """Classes in the order in which they were made. No photo is in two of them, nor twice in one."""

    classes: tuple[PhotoClass, ...] = ()
    next_number: int = 0

    def __len__(self) -> int:
        return sum(len(one.photos) for one in self.classes)

    @property
    def taught(self) -> tuple[PhotoClass, ...]:
        """The classes that have photos."""
        return tuple(one for one in self.classes if one.photos)

    @property
    def photos(self) -> tuple[Photo, ...]:
        """All photos, class by class."""
        return tuple(photo for one in self.taught for photo in one.photos)

    @property
    def labels(self) -> np.ndarray:
        """For each of `photos` the place of its class among `taught`: int [photos]."""
        return np.repeat(np.arange(len(self.taught)), [len(one.photos) for one in self.taught])

    @property
    def key(self) -> tuple[tuple[str, ...], ...]:
        """Identifies the photos and how they are divided; names do not matter."""
        return tuple(tuple(photo.sha for photo in one.photos) for one in self.taught)

    def of(self, number: int) -> PhotoClass:
        """The class of that number. Raises CollectionError."""
        for one in self.classes:
            if one.number == number:
                return one
        raise CollectionError(phrase("That class is no longer there; choose another one."))

    def named(self, name: str) -> PhotoClass | None:
        """The class of that name, however it is capitalised."""
        return next((one for one in self.classes if one.name.casefold() == name.casefold()), None)

    def holding(self, sha: str) -> PhotoClass | None:
        """The class that a photo is in."""
        return next((one for one in self.classes if any(photo.sha == sha for photo in one.photos)), None)

    def with_class(self, name: str = "") -> Collection:
        """One class more, without photos. Raises CollectionError for the twenty-first, or a name that is taken."""
        if len(self.classes) == MOST_CLASSES:
            raise CollectionError(phrase("There are {n} classes, which is the most; remove one first.", n=MOST_CLASSES))
        wanted = self._fresh(name) if name.strip() else next(self._unused())
        made = PhotoClass(self.next_number, wanted)
        return Collection((*self.classes, made), self.next_number + 1)

    def renamed(self, number: int, name: str) -> Collection:
        """Another name for a class. Raises CollectionError for an empty one, or one that is taken."""
        return self._with(replace(self.of(number), name=self._fresh(name, number)))

    def without_class(self, number: int) -> Collection:
        """Without a class and its photos."""
        return replace(self, classes=tuple(one for one in self.classes if one.number != number))

    def with_photo(self, number: int, photo: Photo) -> Collection:
        """One photo more in a class. Raises CollectionError where it is in a class already, or there are too many."""
        if len(self) >= MOST_PHOTOS:
            raise CollectionError(
                phrase("There are {n} photos, which is the most; what came after was left out.", n=len(self))
            )
        mine = self.of(number)
        if (there := self.holding(photo.sha)) is not None:
            name = photo.name or t("A photo")
            if there.number == number:
                raise CollectionError(
                    phrase("“{photo}” is in “{name}” already, and counts once.", photo=name, name=there.name)
                )
            raise CollectionError(
                phrase(
                    "“{photo}” is in “{name}” already; a photo belongs to one class, so move it there.",
                    photo=name,
                    name=there.name,
                )
            )
        return self._with(replace(mine, photos=(*mine.photos, photo)))

    def moved(self, sha: str, number: int) -> Collection:
        """A photo put into another class."""
        photo = next((photo for photo in self.photos if photo.sha == sha), None)
        if photo is None:
            raise CollectionError(phrase("That photo is no longer there."))
        self.of(number)
        return self.without_photo(sha).with_photo(number, photo)

    def without_photo(self, sha: str) -> Collection:
        """Without a photo."""
        kept = (replace(one, photos=tuple(photo for photo in one.photos if photo.sha != sha)) for one in self.classes)
        return replace(self, classes=tuple(kept))

    def _with(self, changed: PhotoClass) -> Collection:
        return replace(self, classes=tuple(changed if one.number == changed.number else one for one in self.classes))

    def _fresh(self, name: str, number: int = -1) -> str:
        wanted = printable(name)[:LONGEST_NAME].strip()
        if not wanted:
            raise CollectionError(phrase("A class needs a name of letters or numbers."))
        taken = self.named(wanted)
        if taken is not None and taken.number != number:
            raise CollectionError(phrase("There is a class “{name}” already; give this one another name.", name=wanted))
        return wanted

    def _unused(self) -> Iterator[str]:
        names: Sequence[str] = [t("Class {n}", n=n) for n in range(1, MOST_CLASSES + 2)]
        return (name for name in names if self.named(name) is None)

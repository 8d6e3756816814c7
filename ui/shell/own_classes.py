"""What this visit knows of the classes of a network that was made here: their photos, and how well it tells them apart.

The photos stay the album's: one that is removed from it is gone here, too.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ui.shell.session import Session
from zfnet_core.models.network import Network
from zfnet_core.photos.decoding import Photo


@dataclass(frozen=True, eq=False)
class OwnClasses:
    """Of the network called `network`, which was made of `base`. Validation: `answers` [photos] to photos of classes
    `truth` [photos], each by a classifier that had not seen it; −1 where there was none."""

    network: str
    base: Network
    truth: np.ndarray
    answers: np.ndarray
    photos: tuple[tuple[weakref.ref[Photo], ...], ...] = ()

    def photos_of(self, class_index: int) -> tuple[Photo, ...]:
        """The photos of a class that are still there."""
        refs = self.photos[class_index] if class_index < len(self.photos) else ()
        return tuple(photo for one in refs if (photo := one()) is not None)


@dataclass(eq=False)
class _Kept:
    classes: OwnClasses | None = field(default=None)


def keep(
    visit: Session,
    network: str,
    base: Network,
    validated: tuple[np.ndarray, np.ndarray],
    photos: Iterable[Iterable[Photo]],
) -> None:
    """Remember it of the visit's own network, instead of the one before; `validated` are truth and answers."""
    refs = tuple(tuple(weakref.ref(photo) for photo in mine) for mine in photos)
    visit.memory(_Kept).classes = OwnClasses(network, base, *validated, refs)


def of(visit: Session, network: str) -> OwnClasses | None:
    """What is known of a network's classes; None of one that was not made in this visit."""
    kept = visit.memory(_Kept).classes
    return kept if kept is not None and kept.network == network else None

"""A visit's own classes: photos as they come in, their features, and what was taught on them. In memory only."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ui.shell.apology import sentence
from ui.shell.photo_strip import tile
from zfnet_core.errors import ExplorerError
from zfnet_core.exhibits.transfer import Collection, CollectionError, Made, features_of
from zfnet_core.forward.batching import photos_per_step
from zfnet_core.language import speaking, spoken, t, tn
from zfnet_core.models.network import Network
from zfnet_core.photos.apart import open_image
from zfnet_core.photos.decoding import Photo, printable
from zfnet_core.photos.handed_over import corpus_of
from zfnet_core.photos.images import prepare
from zfnet_core.photos.stores import is_photo
from zfnet_core.serving.cache_budget import budget

KEPT_PX = 256  # short side: what networks look at
MOST_WAITING, MOST_WAITING_BYTES = 400, 256 * 2**20
MOST_NOTES = 6
KEPT_RESULTS = 6

_numbers = itertools.count()


@dataclass(frozen=True)
class Progress:
    """How many photos are opened and looked at of how many."""

    done: int
    total: int


@dataclass(eq=False)
class Rows:
    """Features of one photo by layer [numbers], of one network."""

    of: dict[str, np.ndarray]


@dataclass(eq=False)
class Album:
    """The classes and all that belongs to them. The page changes it, and so does the task that opens photos.

    `collection` is replaced, never changed. `waiting` are files to be opened: the number of their class, name, content.
    `left_out` says in a sentence each what could not be used, and `further` of how many others it is not said. Tasks
    say it in `language`, that of whoever handed the files over. `taken` counts the camera's pictures. `made` are the
    session's networks that were made here, by name: the network below and how. `watched` is what the live camera saw
    last, `just_collected` that the page does not show yet what it has collected.
    """

    collection: Collection = field(default_factory=Collection)
    waiting: deque[tuple[int, str, bytes]] = field(default_factory=deque)
    left_out: list[str] = field(default_factory=list)
    further: int = 0
    language: str = ""
    taken: int = 0
    tiles: dict[str, str] = field(default_factory=dict)
    rows: dict[tuple[str, str], Rows] = field(default_factory=dict)
    made: dict[str, tuple[Network, Made]] = field(default_factory=dict)
    results: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)
    watched: Photo | None = None
    chosen: str = ""
    just_collected: bool = False
    uploads: int = 0
    number: int = field(default_factory=_numbers.__next__)
    version: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def change(self, make: Callable[[Collection], Collection]) -> None:
        """Replace the collection by what `make` makes of it. Errors leave it as it was."""
        with self.lock:
            self.collection = make(self.collection)
            self.version += 1
            there = {photo.sha for photo in self.collection.photos}
            for sha in set(self.tiles) - there:
                del self.tiles[sha]
            for key in [key for key in self.rows if key[1] not in there]:
                del self.rows[key]

    def hand_over(self, number: int, files: Iterable[tuple[str, bytes]]) -> None:
        """Have files opened for a class: photos, or zip files whose folders are classes.

        What cannot be taken is named in `left_out`; nothing that was there is lost.
        """
        taken: list[tuple[int, str, bytes]] = []
        refused, size = 0, sum(len(data) for _, _, data in self.waiting)
        for name, data in files:
            for place, inside, content in self._of_file(number, name, data):
                if len(taken) + len(self.waiting) >= MOST_WAITING or size + len(content) > MOST_WAITING_BYTES:
                    refused += 1
                    continue
                size += len(content)
                taken.append((place, inside, content))
        if refused:
            self.note(
                tn(
                    "{n} photo was left out: at most {most} photos and {size} MB are taken at once.",
                    "{n} photos were left out: at most {most} photos and {size} MB are taken at once.",
                    refused,
                    most=MOST_WAITING,
                    size=MOST_WAITING_BYTES >> 20,
                )
            )
        with self.lock:
            self.language = spoken()
            self.waiting.extend(taken)
            self.version += 1

    def _of_file(self, number: int, name: str, data: bytes) -> Iterator[tuple[int, str, bytes]]:
        if not name.lower().endswith(".zip"):
            yield number, name, data
            return
        try:
            corpus = corpus_of([(name, data)])
            for id, label in zip(corpus.ids, corpus.labels, strict=True):
                store: Any = corpus.store
                yield self.class_called(label) if label else number, id.rpartition("/")[2], store.files[id]
        except ExplorerError as problem:
            self.note(sentence(problem))

    def class_called(self, name: str) -> int:
        """The number of the class of that name, made where there is none."""
        with self.lock:
            found = self.collection.named(printable(name))
            if found is None:
                self.collection = self.collection.with_class(name)
                found = self.collection.classes[-1]
            return found.number

    def add(self, number: int, photo: Photo) -> None:
        """Put an opened photo into a class. What cannot be is named in `left_out`."""
        try:
            with self.lock:
                self.collection = self.collection.with_photo(number, photo)
                self.tiles[photo.sha] = tile(photo.pixels)
                self.version += 1
        except CollectionError as problem:
            self.note(sentence(problem))
        else:
            budget().hold(photo, photo.pixels.nbytes)

    def note(self, said: str) -> None:
        """Say what was left out; each sentence once, the first few of them."""
        with self.lock:
            if len(self.left_out) == MOST_NOTES and said not in self.left_out:
                self.further += 1
            elif said not in self.left_out:
                self.left_out = [*self.left_out, said]

    def understood(self) -> None:
        """What was left out has been read."""
        with self.lock:
            self.left_out, self.further = [], 0

    def picture_names(self, count: int) -> list[str]:
        """Names for as many new pictures of the camera; none is given twice."""
        with self.lock:
            self.taken += count
            return [f"camera {number}.jpg" for number in range(self.taken - count + 1, self.taken + 1)]

    def missing(self, network: Network, layer: str) -> list[Photo]:
        """The photos whose features at that layer are not known yet."""
        return [
            photo
            for photo in self.collection.photos
            if layer not in (found.of if (found := self.rows.get((network.fingerprint, photo.sha))) else {})
        ]

    def features(self, network: Network, layer: str) -> np.ndarray:
        """Of all photos, in their order [photos, numbers]; all must be known."""
        return np.stack([self.rows[network.fingerprint, photo.sha].of[layer] for photo in self.collection.photos])

    def work(self, network: Network, layer: str, layers: Sequence[str]) -> Iterator[Progress]:
        """Open what waits and compute the features that are missing, a portion at a time of about 0.2 s."""
        while True:
            with self.lock:
                next_one = self.waiting.popleft() if self.waiting else None
            missing = self.missing(network, layer)
            if next_one is not None:
                self._open(*next_one)
            elif missing:
                self._look_at(network, missing[: photos_per_step(network)], layers)
            else:
                return
            left = len(self.waiting) + len(self.missing(network, layer))
            total = len(self.waiting) + len(self.collection)
            yield Progress(max(0, total - left), total)

    def _open(self, number: int, name: str, data: bytes) -> None:
        with speaking(self.language):
            if not is_photo(name) and "." in name:
                self.note(t("“{name}” is no photo; it was left out.", name=printable(name)))
                return
            try:
                photo = open_image(data, name, short_side=KEPT_PX)
            except ExplorerError as problem:
                self.note(t("{problem} It was left out.", problem=sentence(problem)))
            else:
                self.add(number, photo)

    def _look_at(self, network: Network, photos: Sequence[Photo], layers: Sequence[str]) -> None:
        import torch

        images = torch.cat([prepare(photo, network.preprocessing) for photo in photos])
        found = features_of(network, images, layers)
        for place, photo in enumerate(photos):
            new = {layer: rows[place].copy() for layer, rows in found.items()}
            with self.lock:
                kept = self.rows.setdefault((network.fingerprint, photo.sha), Rows({}))
                kept.of.update(new)
            budget().hold(kept, sum(row.nbytes for row in new.values()))

    def remember(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """`make()`, kept under `key` while it is one of the newest few."""
        if key not in self.results:
            self.results[key] = make()
        self.results.move_to_end(key)
        while len(self.results) > KEPT_RESULTS:
            self.results.popitem(last=False)
        return self.results[key]

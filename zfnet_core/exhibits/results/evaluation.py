"""What `python -m zfnet_core.evaluate` finds, as one small file that the page of results reads.

The file counts photos, class by class; every share is computed from the counts, so a file cannot contradict itself.
It may come from a stranger: sizes and numbers are checked before anything is made of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from zfnet_core.errors import ResultError
from zfnet_core.language import phrase, t
from zfnet_core.models import zoo
from zfnet_core.photos.decoding import printable
from zfnet_core.tables import csv_text

KIND, VERSION = "zfnet_core.evaluate", 1
MAX_BYTES = 8 * 2**20
MOST_NETWORKS, MOST_JUDGED, MOST_CLASSES, MOST_PHOTOS, MOST_NAMED = 16, 32, 20_000, 10**7, 20
MOST_SIDE = 10_000
CROPS = {"one": 1, "ten": 10}
FINGERPRINT, NAME = re.compile(r"[0-9a-f]{32}"), re.compile(r"[\w.-]{1,60}")


@dataclass(frozen=True)
class Evaluated:
    """A network as it was evaluated. `architecture` is the zoo's name of what it is built like, "" if unknown."""

    name: str
    title: str
    architecture: str
    fingerprint: str
    resize_px: int
    input_px: int


@dataclass(frozen=True, eq=False)
class Judged:
    """What one network, or several whose probabilities were averaged, got right.

    `networks` are their places in the evaluation's `networks`; `first` and `five` count, for each class, the photos
    whose class was the most probable one, or among the five, int64 [classes].
    """

    networks: tuple[int, ...]
    first: np.ndarray
    five: np.ndarray


@dataclass(frozen=True)
class LeftOut:
    """What was not judged: folders named after no class that the networks know, and photos that could not be read.

    `folders` and `unread` name the first few of them.
    """

    folders: tuple[str, ...] = ()
    folder_photos: int = 0
    folder_count: int = 0
    unread: tuple[str, ...] = ()
    unread_photos: int = 0


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Networks on labelled photos. `photos` counts those of each class that were judged, int64 [classes].

    `data` is what the place of the photos is called and `key` its address by content (see `Corpus.key`); `crops` is
    “one” (the centre) or “ten” (the paper's: corners and centre, and their mirror images).
    """

    data: str
    key: str
    crops: str
    networks: tuple[Evaluated, ...]
    labels: tuple[str, ...]
    photos: np.ndarray
    judged: tuple[Judged, ...]
    left_out: LeftOut = LeftOut()

    @property
    def total(self) -> int:
        """Photos that were judged."""
        return int(self.photos.sum())

    @property
    def classes(self) -> int:
        """Classes of which there was a photo."""
        return int((self.photos > 0).sum())

    def top1_error(self, judged: Judged) -> float:
        """Share of photos whose class was not the most probable one, 0…1."""
        return 1 - int(judged.first.sum()) / self.total

    def top5_error(self, judged: Judged) -> float:
        """Share of photos whose class was not among the five most probable ones, 0…1."""
        return 1 - int(judged.five.sum()) / self.total

    def title(self, judged: Judged) -> str:
        """The networks that were asked together, by their names for people."""
        return " + ".join(self.networks[place].title for place in judged.networks)


def written(evaluation: Evaluation) -> bytes:
    """The file. The same evaluation always gives the same bytes: neither time nor place is in it."""
    return (
        json.dumps(
            {
                "made by": KIND,
                "version": VERSION,
                "data": evaluation.data,
                "key": evaluation.key,
                "crops": evaluation.crops,
                "networks": [asdict(network) for network in evaluation.networks],
                "left_out": asdict(evaluation.left_out),
                "judged": [
                    {"networks": list(one.networks), "first": one.first.tolist(), "five": one.five.tolist()}
                    for one in evaluation.judged
                ],
                "photos": evaluation.photos.tolist(),
                "labels": list(evaluation.labels),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        + "\n"
    ).encode()


def read(data: bytes, name: str = "") -> Evaluation:
    """What `written` wrote. Raises ResultError, with one sentence, for anything else."""
    called = printable(name) or t("The file")
    if len(data) > MAX_BYTES:
        raise ResultError(
            phrase(
                "{name} is larger than {most} MB, which no result of an evaluation is.",
                name=called,
                most=MAX_BYTES >> 20,
            )
        )
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("made by") != KIND:
        raise ResultError(
            phrase(
                "{name} is no result of an evaluation; choose the file that `{command}` wrote.",
                name=called,
                command=KIND,
            )
        )
    if told.get("version") != VERSION:
        raise ResultError(
            phrase("{name} was written by another version of this program; evaluate the networks again.", name=called)
        )
    try:
        return _checked(told)
    except _Wrong as wrong:
        raise ResultError(
            phrase("{name} is damaged: its part “{part}” makes no sense; evaluate again.", name=called, part=str(wrong))
        ) from None


def per_class_csv(evaluation: Evaluation) -> str:
    """A row for each class with its photos, and of everything judged the shares of them that were right (%)."""
    columns = ["class", "label", "photos"]
    for judged in evaluation.judged:
        title = evaluation.title(judged)
        columns += [f"{title}: top-1 right (%)", f"{title}: top-5 right (%)"]
    rows: list[list[Any]] = []
    for index in np.flatnonzero(evaluation.photos):
        photos = int(evaluation.photos[index])
        shares = [100 * int(part[index]) / photos for one in evaluation.judged for part in (one.first, one.five)]
        rows.append([int(index), evaluation.labels[index], photos, *shares])
    return csv_text(columns, rows)


class _Wrong(Exception):
    """The name of the part that makes no sense."""


def _checked(told: dict[str, Any]) -> Evaluation:
    labels = _list(told, "labels", MOST_CLASSES, lambda label: isinstance(label, str) and 0 < len(label) <= 200)
    photos = _counts(told, "photos", len(labels), None)
    if not photos.any():
        raise _Wrong("photos")
    networks = tuple(_network(one) for one in _list(told, "networks", MOST_NETWORKS, lambda one: isinstance(one, dict)))
    judged = []
    for one in _list(told, "judged", MOST_JUDGED, lambda one: isinstance(one, dict)):
        places = _list(one, "networks", len(networks), lambda place: _whole(place, len(networks) - 1))
        if len(set(places)) != len(places):
            raise _Wrong("judged")
        five = _counts(one, "five", len(labels), photos)
        judged.append(Judged(tuple(places), _counts(one, "first", len(labels), five), five))
    crops, data, key = told.get("crops"), told.get("data"), told.get("key")
    if not isinstance(crops, str) or crops not in CROPS:
        raise _Wrong("crops")
    if not isinstance(data, str) or not isinstance(key, str) or not FINGERPRINT.fullmatch(key):
        raise _Wrong("data")
    return Evaluation(
        printable(data) or "photos",
        key,
        crops,
        networks,
        tuple("".join(letter for letter in label if letter.isprintable())[:80] for label in labels),
        photos,
        tuple(judged),
        _left_out(told.get("left_out", {})),
    )


def _network(told: dict[str, Any]) -> Evaluated:
    name, architecture, fingerprint = told.get("name"), told.get("architecture"), told.get("fingerprint")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise _Wrong("networks")
    if not isinstance(fingerprint, str) or not FINGERPRINT.fullmatch(fingerprint):
        raise _Wrong("networks")
    if architecture not in ("", *zoo.names()) or not all(
        _whole(told.get(px), 10_000) for px in ("resize_px", "input_px")
    ):
        raise _Wrong("networks")
    title = zoo.entry(name).title if name in zoo.names() else printable(str(told.get("title", ""))) or name
    return Evaluated(name, title, architecture, fingerprint, told["resize_px"], told["input_px"])


def _left_out(told: Any) -> LeftOut:
    if not isinstance(told, dict):
        raise _Wrong("left_out")
    numbers = [told.get(name, 0) for name in ("folder_photos", "folder_count", "unread_photos")]
    if not all(_whole(value, MOST_PHOTOS) for value in numbers):
        raise _Wrong("left_out")
    folders, unread = (
        tuple(map(printable, _list(told, name, MOST_NAMED, lambda one: isinstance(one, str), least=0)))
        for name in ("folders", "unread")
    )
    return LeftOut(folders, numbers[0], numbers[1], unread, numbers[2])


def _list(told: dict[str, Any], part: str, most: int, good: Callable[[Any], bool], least: int = 1) -> list[Any]:
    found = told.get(part)
    if not isinstance(found, list) or not least <= len(found) <= most or not all(map(good, found)):
        raise _Wrong(part)
    return found


def _counts(told: dict[str, Any], part: str, classes: int, most: Sequence[int] | np.ndarray | None) -> np.ndarray:
    found = _list(told, part, classes, lambda count: _whole(count, MOST_PHOTOS), least=classes)
    counts = np.array(found, np.int64)
    if most is not None and (counts > np.asarray(most)).any():
        raise _Wrong(part)
    return counts


def _whole(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most

"""Ask networks about labelled photos, batch by batch, so that a run that was killed goes on and ends the same.

What has been answered is written after every batch (see `journal`). A batch always holds the same photos, as the last
digits of a convolution may depend on what is computed beside it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from zfnet_core.errors import ImageError, ResultError, UnknownName
from zfnet_core.evaluate.crops import crops, opened
from zfnet_core.evaluate.journal import Journal, Shape
from zfnet_core.evaluate.labelled import Labelled, named
from zfnet_core.exhibits.results.evaluation import CROPS, MOST_NAMED, Evaluated, Evaluation, Judged, LeftOut
from zfnet_core.language import t
from zfnet_core.models.network import Network
from zfnet_core.photos.preprocessing import Preprocessing
from zfnet_core.photos.reading_ahead import READERS, read_ahead
from zfnet_core.photos.stores import Files

BATCH_IMAGES = {"one": 32, "ten": 40}
BEST = 5


@dataclass(frozen=True)
class Settings:
    """How it is asked. `together` are the places of networks whose probabilities are averaged, besides each alone."""

    crops: str = "one"
    together: tuple[tuple[int, ...], ...] = ()

    @property
    def batch(self) -> int:
        """Photos in a batch."""
        return BATCH_IMAGES[self.crops] // CROPS[self.crops]


@dataclass(frozen=True, eq=False)
class Progress:
    """How far it is. Rate and time left speak of this session; `evaluation` is what was found so far, if anything."""

    photos: int
    total: int
    photos_per_s: float | None
    evaluation: Evaluation | None

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the rate so far."""
        return (self.total - self.photos) / self.photos_per_s if self.photos_per_s else None


@dataclass(frozen=True, eq=False)
class Batch:
    """Photos as the networks' inputs: for each kind of preprocessing uint8 [photos · crops, px, px, 3].

    `photos` are those that could be read; `unread` the ids of the others, with the reason.
    """

    photos: list[int]
    pixels: Mapping[Preprocessing, torch.Tensor]
    unread: Mapping[str, str]


def judges(networks: Sequence[Network], settings: Settings) -> tuple[tuple[int, ...], ...]:
    """Who is judged: every network alone, then those that are averaged."""
    return (*((place,) for place in range(len(networks))), *settings.together)


def in_order_of(labels: Sequence[str], network: Network) -> torch.Tensor | None:
    """Where the network keeps the class of each of `labels`; None if its labels stand in that very order.

    Raises UnknownName if it does not know the same classes.
    """
    if tuple(labels) == network.labels:
        return None
    at = {label: place for place, label in enumerate(network.labels)}
    if len(at) != len(labels) or not at.keys() >= set(labels):
        missing = [label for label in labels if label not in at][:3]
        raise UnknownName(
            t(
                "{title} tells other classes apart than the first network ({missing} … are missing); evaluate it in a "
                "run of its own.",
                title=network.title,
                missing=", ".join(missing) or f"{len(at)}/{len(labels)}",
            )
        )
    return torch.tensor([at[label] for label in labels])


def evaluating(
    networks: Sequence[Network],
    photos: Labelled,
    settings: Settings,
    journal: Path | None = None,
    readers: int = READERS,
) -> Iterator[Progress]:
    """Judge the networks; the last report holds the result.

    Goes on from `journal` if there is one. Raises ResultError if that is of other photos, weights or settings or if no
    photo could be read, UnknownName if the networks do not know the same classes.
    """
    orders = [in_order_of(photos.labels, network) for network in networks]
    total, classes = len(photos), len(photos.labels)
    notes = Journal.of(
        journal, _heading(networks, photos, settings), Shape(total, len(judges(networks, settings)), classes)
    )
    tally = _Tally(networks, photos, settings)
    for line in notes.lines:
        tally.add(line)
    numbers = range(len(notes.lines), -(-total // settings.batch))
    yield Progress(tally.seen, total, None, tally.evaluation() if tally.seen else None)
    begun, before = time.perf_counter(), tally.seen
    with notes:
        preprocessings = tuple(dict.fromkeys(network.preprocessing for network in networks))
        read = partial(_read, preprocessings, photos, settings)
        for batch in read_ahead(read, numbers, readers):
            line = _asked(networks, orders, batch, settings)
            notes.add(line)
            tally.add(line)
            rate = (tally.seen - before) / max(1e-9, time.perf_counter() - begun)
            yield Progress(tally.seen, total, rate, tally.evaluation() if tally.judged else None)
    if not tally.judged:
        raise ResultError(t("None of the {n} photos could be read.", n=total))


@torch.inference_mode()
def _asked(
    networks: Sequence[Network], orders: Sequence[torch.Tensor | None], batch: Batch, settings: Settings
) -> dict[str, Any]:
    """The five most probable classes of every photo by every judge, as the journal keeps them."""
    found: list[torch.Tensor] = []
    for network, order in zip(networks, orders, strict=True):
        if not batch.photos:
            break
        preprocessing = network.preprocessing
        parts = []
        for part in batch.pixels[preprocessing].split(BATCH_IMAGES["one"]):
            parts.append(network.probabilities(normalised(part.to(network.device), preprocessing)))
        shares = torch.cat(parts).unflatten(0, (len(batch.photos), -1)).mean(1)
        found.append(shares.cpu() if order is None else shares.cpu()[:, order])
    best = []
    for places in judges(networks, settings) if batch.photos else ():
        shares = found[places[0]] if len(places) == 1 else torch.stack([found[place] for place in places]).mean(0)
        best.append(shares.topk(min(BEST, shares.shape[1])).indices.tolist())
    return {"photos": batch.photos, "unread": dict(batch.unread), "best": best}


def normalised(pixels: torch.Tensor, preprocessing: Preprocessing) -> torch.Tensor:
    """uint8 [N, px, px, 3] → a network's input [N, 3, px, px], colours innermost in memory.

    The very numbers of `Preprocessing.normalise`, several times as fast: whole rows at once, as three colours are too
    few for a processor's vectors.
    """
    side = pixels.shape[1]
    mean, std = (
        torch.tensor(colour, dtype=torch.float32, device=pixels.device).repeat(side)
        for colour in (preprocessing.mean, preprocessing.std)
    )
    rows = pixels.flatten(2).float().div_(255).sub_(mean).div_(std)
    return rows.unflatten(2, (side, 3)).permute(0, 3, 1, 2)


def _read(preprocessings: Sequence[Preprocessing], photos: Labelled, settings: Settings, number: int) -> Batch:
    """Decode batch `number`."""
    store, corpus = photos.corpus.store, photos.corpus
    assert isinstance(store, Files)
    begin, readable, unread = number * settings.batch, [], {}
    parts: dict[Preprocessing, list[np.ndarray]] = {one: [] for one in preprocessings}
    for index in range(begin, min(begin + settings.batch, len(corpus))):
        id = corpus.ids[index]
        try:
            picture = opened(store.data(id), id)
            made = {one: crops(picture, one, settings.crops, id) for one in preprocessings}
        except ImageError as error:
            unread[id] = str(error)
            continue
        readable.append(index)
        for one, part in made.items():
            parts[one].append(part)
    pixels = {one: torch.from_numpy(np.concatenate(part)) for one, part in parts.items() if part}
    return Batch(readable, pixels, unread)


def _heading(networks: Sequence[Network], photos: Labelled, settings: Settings) -> dict[str, Any]:
    return {
        "photos": photos.corpus.key,
        "networks": [network.fingerprint for network in networks],
        "crops": settings.crops,
        "together": [list(places) for places in settings.together],
    }


class _Tally:
    """Counts what the lines of a journal say."""

    def __init__(self, networks: Sequence[Network], photos: Labelled, settings: Settings) -> None:
        self._networks, self._photos, self._settings = networks, photos, settings
        self._judges, classes = judges(networks, settings), len(photos.labels)
        self._first = np.zeros((len(self._judges), classes), np.int64)
        self._five, self._counted = np.zeros_like(self._first), np.zeros(classes, np.int64)
        self._unread: list[str] = []

    @property
    def judged(self) -> int:
        return int(self._counted.sum())

    @property
    def seen(self) -> int:
        return self.judged + len(self._unread)

    def add(self, line: Mapping[str, Any]) -> None:
        truth = self._photos.truth[line["photos"]] if line["photos"] else np.zeros(0, np.int64)
        np.add.at(self._counted, truth, 1)
        self._unread += line["unread"]
        for judge, best in enumerate(line["best"]):
            right = np.array(best) == truth[:, None]
            np.add.at(self._first[judge], truth, right[:, 0])
            np.add.at(self._five[judge], truth, right.any(1))

    def evaluation(self) -> Evaluation:
        unknown = self._photos.unknown
        return Evaluation(
            self._photos.corpus.title,
            self._photos.corpus.key,
            self._settings.crops,
            tuple(
                Evaluated(
                    network.name,
                    network.title,
                    network.architecture,
                    network.fingerprint,
                    network.preprocessing.resize_px,
                    network.preprocessing.input_px,
                )
                for network in self._networks
            ),
            self._photos.labels,
            self._counted.copy(),
            tuple(
                Judged(places, first.copy(), five.copy())
                for places, first, five in zip(self._judges, self._first, self._five, strict=True)
            ),
            LeftOut(named(unknown), unknown.total(), len(unknown), tuple(self._unread[:MOST_NAMED]), len(self._unread)),
        )

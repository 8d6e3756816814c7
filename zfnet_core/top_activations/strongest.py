"""The strongest units of every map: what a search keeps, how two searches become one, and the small file it is kept in.

The order of units is by falling value, then by rising photo index; a photo counts with one unit per map, its strongest,
and of equally strong ones the first in reading order. So the answer does not depend on how a search was divided.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

import numpy as np

from zfnet_core.errors import CorpusError
from zfnet_core.files import replaced
from zfnet_core.language import phrase

NOBODY = -1


@dataclass(frozen=True, eq=False)
class Strongest:
    """The K strongest units of every map of one layer, strongest first; all arrays are [maps, K].

    `values` float32 activations; `photos` int32 indices into the corpus (NOBODY, with value −∞, where it had fewer
    than K photos); `rows` and `columns` int16 positions of the units in their map.
    """

    values: np.ndarray
    photos: np.ndarray
    rows: np.ndarray
    columns: np.ndarray

    @classmethod
    def none(cls, maps: int, k: int) -> Strongest:
        """Nothing found yet."""
        return cls(
            np.full((maps, k), -np.inf, np.float32),
            np.full((maps, k), NOBODY, np.int32),
            np.zeros((maps, k), np.int16),
            np.zeros((maps, k), np.int16),
        )

    def merge(self, other: Strongest) -> Strongest:
        """The K strongest of both; exact, associative, commutative, and idempotent: a photo in both counts once."""
        k = self.values.shape[1]
        both = [np.concatenate(pair, axis=1) for pair in zip(self._arrays(), other._arrays(), strict=True)]
        order = np.lexsort((both[1], -both[0]), axis=1)
        again = _seen_before(np.take_along_axis(both[1], order, axis=1))
        firsts = np.take_along_axis(order, np.argsort(again, axis=1, kind="stable")[:, :k], axis=1)
        return Strongest(*(np.take_along_axis(array, firsts, axis=1) for array in both))

    def best(self, k: int) -> Strongest:
        """The `k` strongest of these."""
        return Strongest(*(array[:, :k] for array in self._arrays()))

    def _arrays(self) -> tuple[np.ndarray, ...]:
        return self.values, self.photos, self.rows, self.columns


def _seen_before(photos: np.ndarray) -> np.ndarray:
    """Where a photo stands to the left in its row already, bool [maps, n]; nobody is never seen."""
    order = np.argsort(photos, axis=1, kind="stable")
    ordered = np.take_along_axis(photos, order, axis=1)
    again = np.zeros(photos.shape, bool)
    repeats = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != NOBODY)
    np.put_along_axis(again, order[:, 1:], repeats, axis=1)
    return again


@dataclass(frozen=True)
class Settings:
    """Everything that the answer depends on, and two things that come with it.

    `fingerprint` is the network's and `corpus` a digest of the photos; `layers[name]` is the number of maps of each
    layer. `network` is only a name, and
    `batch_size` says how the search is divided: searches that differ in nothing else have the same answer. (A
    convolution may choose another kernel for another batch size, so a value may differ in its last digits, as between
    two machines.)
    """

    network: str = field(compare=False)
    fingerprint: str
    corpus: str
    photos: int
    layers: Mapping[str, int]
    k: int
    batch_size: int = field(compare=False)

    @property
    def key(self) -> str:
        """The address of the answer: 32 hexadecimal digits."""
        decisive = {one.name: getattr(self, one.name) for one in fields(self) if one.compare}
        return hashlib.blake2b(json.dumps(decisive).encode(), digest_size=16).hexdigest()

    @property
    def batches(self) -> int:
        """Number of batches of the whole search."""
        return -(-self.photos // self.batch_size)

    def photos_in(self, number: int) -> int:
        """Number of photos in batch `number`; the last one may be short."""
        return min(self.batch_size, self.photos - int(number) * self.batch_size)


@dataclass(frozen=True, eq=False)
class TopActivations:
    """What a search has found in the batches it has `done` (a boolean per batch).

    `layers[name]` holds the strongest units; `broken[i]` says why photo i could not be used. `ids` names the photos
    that are mentioned, so that the file tells its story without the corpus; it is filled in when a search is complete.
    """

    settings: Settings
    layers: Mapping[str, Strongest]
    done: np.ndarray
    broken: Mapping[int, str] = field(default_factory=dict)
    ids: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def none(cls, settings: Settings) -> TopActivations:
        """A search that has not begun."""
        layers = {name: Strongest.none(maps, settings.k) for name, maps in settings.layers.items()}
        return cls(settings, layers, np.zeros(settings.batches, bool))

    @property
    def photos_done(self) -> int:
        """How many photos have been looked at, broken ones included."""
        return sum(self.settings.photos_in(number) for number in np.flatnonzero(self.done).tolist())

    @property
    def complete(self) -> bool:
        """True when no batch is missing."""
        return bool(self.done.all())

    def merge(self, other: TopActivations) -> TopActivations:
        """One answer from two that looked at batches of the same search, which may be partly the same ones.

        Raises CorpusError if they belong to different searches, or to one that is divided differently.
        """
        if (self.settings, self.settings.batch_size) != (other.settings, other.settings.batch_size):
            raise CorpusError(
                phrase("Two searches with different settings cannot be merged; search again with the same ones.")
            )
        return TopActivations(
            self.settings,
            {name: layer.merge(other.layers[name]) for name, layer in self.layers.items()},
            self.done | other.done,
            dict(sorted({**self.broken, **other.broken}.items())),
        )

    def answer_to(self, settings: Settings) -> TopActivations:
        """What this complete answer says to a smaller question: fewer layers, or fewer units per map."""
        layers = {name: self.layers[name].best(settings.k) for name in settings.layers}
        asked = replace(settings, batch_size=self.settings.batch_size)
        return TopActivations(asked, layers, self.done, self.broken).named(self.ids)

    def named(self, ids: Sequence[str] | Mapping[int, str]) -> TopActivations:
        """The same with the ids of all photos that are mentioned."""
        photos = np.unique(np.concatenate([layer.photos.ravel() for layer in self.layers.values()]))
        mentioned = {*photos.tolist(), *self.broken} - {NOBODY}
        return replace(self, ids={photo: ids[photo] for photo in sorted(mentioned)})

    def save(self, path: Path) -> None:
        """Write to `path` so that, whenever the process is killed, the old file or the new one is there."""
        with replaced(path) as place:
            place.write_bytes(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The content of an .npz file: one array per layer and part, `done`, and the rest as JSON in `story`."""
        story = {"settings": asdict(self.settings), "broken": dict(self.broken), "ids": dict(self.ids)}
        arrays = {f"{name}/{part}": array for name, layer in self.layers.items() for part, array in vars(layer).items()}
        file = io.BytesIO()
        np.savez_compressed(file, done=self.done, story=np.array(json.dumps(story)), **arrays)
        return file.getvalue()

    @classmethod
    def load(cls, path: Path) -> TopActivations:
        """Read what `save` wrote. Raises CorpusError for anything else."""
        try:
            return cls.from_bytes(path.read_bytes())
        except (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile, zlib.error) as error:
            raise CorpusError(
                phrase("{file} is not a list of strongest units; delete it and search again.", file=path.name)
            ) from error

    @classmethod
    def from_bytes(cls, data: bytes) -> TopActivations:
        """The inverse of `to_bytes`."""
        with np.load(io.BytesIO(data)) as file:
            story = json.loads(str(file["story"]))
            settings = Settings(**story["settings"])
            parts = ("values", "photos", "rows", "columns")
            layers = {name: Strongest(*(file[f"{name}/{part}"] for part in parts)) for name in settings.layers}
            broken, ids = ({int(photo): text for photo, text in story[kind].items()} for kind in ("broken", "ids"))
            return cls(settings, layers, file["done"], broken, ids)

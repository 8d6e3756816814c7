"""A collection of photos to search: a folder, zip files, a data set that torchvision knows, or the sample photos.

A corpus only knows names and digests; a photo is decoded when it is asked for. It can be sent to another process or
machine that sees the same files.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

import numpy as np
import torch

from zfnet_core import images, sample_photos
from zfnet_core.errors import CorpusError
from zfnet_core.images import Photo
from zfnet_core.models.preprocessing import Preprocessing
from zfnet_core.photo_files import SUFFIXES, Listing, Store, Tell, joined, list_folder, list_zips
from zfnet_core.torchvision_photos import list_torchvision

DIGEST_BYTES = 16


@dataclass(frozen=True, eq=False)
class Corpus:
    """Photos in a fixed order, sorted by id.

    `ids[i]` names photo i within the corpus (for files: the path below the folder); `labels[i]` is the name of the
    folder it lies in, or ""; `digests[i]` changes when the photo does.
    """

    title: str
    ids: tuple[str, ...]
    labels: tuple[str, ...]
    digests: tuple[str, ...]
    store: Store

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def key(self) -> str:
        """The content's address: equal for equal photos under equal ids, wherever they lie (32 hexadecimal digits)."""
        lines = "\n".join(f"{id}\t{digest}" for id, digest in zip(self.ids, self.digests, strict=True))
        return hashlib.blake2b(lines.encode(), digest_size=DIGEST_BYTES).hexdigest()

    def photo(self, index: int) -> Photo:
        """Photo `index`, decoded. Raises ImageError if it cannot be."""
        return self.store.photo(self.ids[index])

    def shown(self, index: int, preprocessing: Preprocessing) -> np.ndarray:
        """What a network sees of photo `index`: its centre crop, uint8 [input_px, input_px, 3]. Raises ImageError."""
        return images.shown(self.photo(index), preprocessing)

    def prepare(self, index: int, preprocessing: Preprocessing) -> torch.Tensor:
        """Photo `index` as a network takes it: float32 [3, input_px, input_px], normalised. Raises ImageError."""
        return images.prepare(self.photo(index), preprocessing)[0]

    def find(self, id: str, by_name: bool = False) -> int | None:
        """The index of a photo by its id, else by its last folder and file name, else, if asked, by its name alone.

        So an index made from one copy of a data set finds its photos in another copy that is arranged differently.
        Suffixes and capitals do not matter for the last two, and a name counts only if it is the only one of its kind
        here. `by_name` is for ids whose file name is the only one of its kind in the other copy, too: where every
        class has its image_0009, it names nothing.
        """
        kinds = 3 if by_name else 2
        for kind, name in zip(self._places[:kinds], _names(id)[:kinds], strict=True):
            if name in kind:
                return kind[name]
        return None

    def has_own_name(self, index: int) -> bool:
        """Whether no other photo here has the same file name, whatever folder it lies in."""
        return _names(self.ids[index])[2] in self._places[2]

    @cached_property
    def _places(self) -> tuple[dict[str, int], ...]:
        kinds = list(zip(*map(_names, self.ids), strict=True))
        counts = [Counter(kind) for kind in kinds]
        return tuple(
            {name: index for index, name in enumerate(kind) if count[name] == 1}
            for kind, count in zip(kinds, counts, strict=True)
        )

    def subset(self, indices: Sequence[int]) -> Corpus:
        """A smaller corpus of some of the photos."""
        indices = sorted(set(indices), key=lambda index: self.ids[index])
        return Corpus(
            self.title,
            tuple(self.ids[i] for i in indices),
            tuple(self.labels[i] for i in indices),
            tuple(self.digests[i] for i in indices),
            self.store,
        )

    def sample(self, count: int, seed: int = 0) -> Corpus:
        """`count` photos drawn at random, the same ones every time; the whole corpus if it has no more."""
        if count >= len(self):
            return self
        return self.subset(np.random.default_rng(seed).choice(len(self), count, replace=False).tolist())


def open_corpus(
    sources: Sequence[str | Path],
    *,
    under: str = "",
    root: str | Path = "data",
    download: bool = False,
    tell: Tell | None = None,
) -> Corpus:
    """Open a corpus from what a person can name.

    `sources` is a folder (with the zip files that lie in it), or one or several zip files, or the name of a data set in
    `torchvision.datasets` (kept below `root`; fetched only if `download`), or "samples". `under` keeps only photos
    whose id starts with this folder, such as "train". Files of a folder are read for their checksums: `tell` is called
    with how many are done of how many. Raises CorpusError if there is nothing to open or no photo in it.
    """
    paths = [Path(source) for source in sources]
    if list(map(str, sources)) == ["samples"]:
        listing = list_samples()
    elif len(paths) == 1 and paths[0].is_dir():
        shards, listing = sorted(paths[0].glob("*.zip")), list_folder(paths[0], tell=tell)
        if shards and listing.found:
            listing = joined(listing.title, [listing, *(list_zips([shard]) for shard in shards)])
        elif shards:
            listing = list_zips(shards)
    elif paths and all(path.suffix.lower() == ".zip" for path in paths):
        listing = list_zips(paths)
    elif len(sources) == 1:
        listing = list_torchvision(str(sources[0]), root, download, tell)
    else:
        raise CorpusError(
            f"{', '.join(map(str, sources)) or 'Nothing'} was given as a corpus, but a corpus is one folder, one or "
            "several zip files, the name of one torchvision data set, or “samples”."
        )
    corpus = _ordered(listing)
    if under:
        prefix = under.rstrip("/") + "/"
        corpus = corpus.subset([index for index, id in enumerate(corpus.ids) if id.startswith(prefix)])
    if not len(corpus):
        raise CorpusError(
            f"There is no photo in {corpus.title}{f' under {under}' if under else ''}; give a place that holds files "
            f"ending in {', '.join(sorted(SUFFIXES))}."
        )
    return corpus


@dataclass(frozen=True)
class SampleStore:
    """Square crops of the sample photos; an id is <photo>/<percent of the short side>-<row>-<column>."""

    def photo(self, id: str) -> Photo:
        name, place = id.split("/")
        percent, row, column = (int(part) for part in place.split("-"))
        pixels = sample_photos.load(name).pixels
        height, width = pixels.shape[:2]
        side = min(height, width) * percent // 100
        last = max(1, crops_along(percent) - 1)
        top, left = (height - side) * row // last, (width - side) * column // last
        return images.photo_of(pixels[top : top + side, left : left + side], id)

    def here(self) -> bool:
        return True


CROP_PERCENTS = (100, 50, 33)


def crops_along(percent: int) -> int:
    """How many crops of one size lie along one side; they hardly overlap, so that the nine of a map differ."""
    return 100 // percent


def list_samples() -> Listing:
    """The sample photos as square crops of three sizes (our choice): a corpus that is always there."""
    found = []
    for name in sample_photos.names():
        digest = hashlib.file_digest(sample_photos.sample(name).path.open("rb"), "sha256").hexdigest()
        for percent in CROP_PERCENTS:
            places = range(crops_along(percent))
            found += [(f"{name}/{percent}-{row}-{column}", digest) for row in places for column in places]
    return Listing("the sample photos", found, SampleStore())


def _ordered(listing: Listing) -> Corpus:
    found = sorted(listing.found)
    ids = tuple(id for id, _ in found)
    parents = (PurePosixPath(id).parent.name for id in ids)
    return Corpus(listing.title, ids, tuple(parents), tuple(digest for _, digest in found), listing.store)


def _names(id: str) -> tuple[str, str, str]:
    """An id, and what is left of it in another copy of the same photos."""
    path = PurePosixPath(id)
    stem = path.stem.lower()
    return id, f"{path.parent.name.lower()}/{stem}", stem

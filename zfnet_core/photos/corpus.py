"""A collection of photos to search: a folder, zip files, a data set that torchvision knows, or the sample photos.

A corpus only knows names and digests; a photo is decoded when it is asked for. It can be sent to another process or
machine that sees the same files.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

import numpy as np
import torch

from zfnet_core.errors import CorpusError
from zfnet_core.language import phrase
from zfnet_core.photos import decoding, images, samples
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.preprocessing import Preprocessing
from zfnet_core.photos.stores import SUFFIXES, Listing, Store, Tell, joined, list_folder, list_zips
from zfnet_core.photos.torchvision_sets import list_torchvision

DIGEST_BYTES = 16
VALIDATION = ("val", "valid", "validation", "test")  # the first of these folders that there is validates


@dataclass(frozen=True, eq=False)
class Corpus:
    """Photos in a fixed order, sorted by id.

    `ids[i]` names photo i within the corpus (for files: the path below the folder); `labels[i]` is the name of the
    folder it lies in, or ""; `digests[i]` changes when the photo does. `left_out` says in short sentences which files
    of the place are not in it, and why.
    """

    title: str
    ids: tuple[str, ...]
    labels: tuple[str, ...]
    digests: tuple[str, ...]
    store: Store
    left_out: tuple[str, ...] = ()

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
            self.left_out,
        )

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """What each photo is for: "train", "val", or "" where it lies in another folder than those of these two parts.

        The folder above the class says it: train/<class>/<file>, at any depth; what is called valid or validation
        validates too, and test where there is none of these. Where no folder says anything, every fifth photo
        validates, drawn by its id: the same ones every time.
        """
        above = [PurePosixPath(id).parent.parent.name.lower() for id in self.ids]
        found = set(above)
        validation = next((name for name in VALIDATION if name in found), None)
        if "train" not in found and validation is None:
            return tuple("val" if zlib.crc32(id.encode()) % 5 == 0 else "train" for id in self.ids)
        return tuple({"train": "train", validation: "val"}.get(folder, "") for folder in above)

    def part(self, name: str) -> Corpus:
        """The photos of one part, "train" or "val"; it may be empty."""
        return self.subset([index for index, part in enumerate(self.parts) if part == name])

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

    A source is a folder (with the zip files that lie in it), a zip file, the name of a data set in
    `torchvision.datasets` (kept below `root`; fetched only if `download`), or "samples"; several are joined. `under`
    keeps only photos whose id starts with this folder, such as "train". Files of a folder are read for their checksums:
    `tell` is called with how many are done of how many. Raises CorpusError if there is nothing to open or no photo in
    it.
    """
    paths = [Path(source) for source in sources]
    if not paths:
        raise CorpusError(
            phrase(
                "Nothing was given as a corpus, but a corpus is a folder, zip files, the name of a "
                "torchvision data set, or “samples”."
            )
        )
    if all(path.suffix.lower() == ".zip" for path in paths):
        listing = list_zips(paths)
    else:
        listings = [_listing(source, root, download, tell) for source in sources]
        listing = listings[0] if len(listings) == 1 else joined(_title(listings), listings)
    corpus = _ordered(listing)
    if under:
        prefix = under.rstrip("/") + "/"
        corpus = corpus.subset([index for index, id in enumerate(corpus.ids) if id.startswith(prefix)])
    if not len(corpus):
        raise CorpusError(
            phrase(
                "There is no photo in {title}{under}; give a place that holds files ending in {suffixes}.",
                title=corpus.title,
                under=phrase(" under {place}", place=under) if under else "",
                suffixes=", ".join(sorted(SUFFIXES)),
            )
        )
    return corpus


def _listing(source: str | Path, root: str | Path, download: bool, tell: Tell | None) -> Listing:
    path = Path(source)
    if str(source) == "samples":
        return list_samples()
    if path.suffix.lower() == ".zip":
        return list_zips([path])
    if not path.is_dir():
        return list_torchvision(str(source), root, download, tell)
    shards, listing = sorted(path.glob("*.zip")), list_folder(path, tell=tell)
    if not listing.found and shards:
        return list_zips(shards)
    if shards:
        listing = joined(listing.title, [listing, *(list_zips([shard]) for shard in shards)])
    return replace(listing, others=[name for name in listing.others if not name.lower().endswith(".zip")])


def _title(listings: Sequence[Listing]) -> str:
    return f"{listings[0].title} and {len(listings) - 1} more"


@dataclass(frozen=True)
class SampleStore:
    """Square crops of the sample photos; an id is <photo>/<percent of the short side>-<row>-<column>."""

    def photo(self, id: str) -> Photo:
        name, place = id.split("/")
        percent, row, column = (int(part) for part in place.split("-"))
        pixels = samples.load(name).pixels
        height, width = pixels.shape[:2]
        side = min(height, width) * percent // 100
        last = max(1, crops_along(percent) - 1)
        top, left = (height - side) * row // last, (width - side) * column // last
        return decoding.photo_of(pixels[top : top + side, left : left + side], id)

    def here(self) -> bool:
        return True


CROP_PERCENTS = (100, 50, 33)


def crops_along(percent: int) -> int:
    """How many crops of one size lie along one side; they hardly overlap, so that the nine of a map differ."""
    return 100 // percent


def list_samples() -> Listing:
    """The sample photos as square crops of three sizes (our choice): a corpus that is always there."""
    found = []
    for name in samples.names():
        digest = hashlib.file_digest(samples.sample(name).path.open("rb"), "sha256").hexdigest()
        for percent in CROP_PERCENTS:
            places = range(crops_along(percent))
            found += [(f"{name}/{percent}-{row}-{column}", digest) for row in places for column in places]
    return Listing("the sample photos", found, SampleStore())


def _ordered(listing: Listing) -> Corpus:
    found = sorted(listing.found)
    ids = tuple(id for id, _ in found)
    parents = (PurePosixPath(id).parent.name for id in ids)
    digests = tuple(digest for _, digest in found)
    return Corpus(listing.title, ids, tuple(parents), digests, listing.store, _left_out(listing.others))


def _left_out(others: Sequence[str]) -> tuple[str, ...]:
    """One sentence for each kind of file that is no photo."""
    kinds = Counter(PurePosixPath(name).suffix.lower() or "no suffix" for name in others)
    return tuple(
        f"{count:,} file{'s' if count > 1 else ''} with {kind}: no photo that can be read here."
        for kind, count in sorted(kinds.items())
    )


def _names(id: str) -> tuple[str, str, str]:
    """An id, and what is left of it in another copy of the same photos."""
    path = PurePosixPath(id)
    stem = path.stem.lower()
    return id, f"{path.parent.name.lower()}/{stem}", stem

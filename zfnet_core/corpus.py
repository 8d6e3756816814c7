"""A collection of photos to search: a folder, zip files, a data set that torchvision knows, or the sample photos.

A corpus only knows names and digests; a photo is decoded when it is asked for. It can be sent to another process or
machine that sees the same files.
"""

from __future__ import annotations

import hashlib
import inspect
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import numpy as np
import torch

from zfnet_core import images, sample_photos
from zfnet_core.errors import CorpusError, ImageError
from zfnet_core.images import Photo
from zfnet_core.models.preprocessing import Preprocessing

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
DIGEST_BYTES = 16


class Store(Protocol):
    """Where the photos of a corpus lie. Small, and it can be pickled: files are opened on first use."""

    def photo(self, id: str) -> Photo:
        """Decode one photo. Raises ImageError with one sentence."""
        ...


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

    def find(self, id: str) -> int | None:
        """The index of a photo by its id, else by its last folder and file name, else by its file name alone.

        Suffixes and capitals do not matter for the last two, and a name counts only if it is the only one of its kind.
        So an index made from one copy of a data set finds its photos in another copy that is arranged differently.
        """
        for kind, name in zip(self._places, _names(id), strict=True):
            if name in kind:
                return kind[name]
        return None

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
    sources: Sequence[str | Path], *, under: str = "", root: str | Path = "data", download: bool = False
) -> Corpus:
    """Open a corpus from what a person can name.

    `sources` is a folder, or one or several zip files, or the name of a data set in `torchvision.datasets` (kept below
    `root`; fetched only if `download`), or "samples". `under` keeps only photos whose id starts with this folder, such
    as "train". Raises CorpusError if there is nothing to open or no photo in it.
    """
    paths = [Path(source) for source in sources]
    if list(map(str, sources)) == ["samples"]:
        corpus = of_samples()
    elif len(paths) == 1 and paths[0].is_dir():
        shards = sorted(paths[0].glob("*.zip"))
        corpus = of_zips(shards) if shards else of_folder(paths[0])
    elif paths and all(path.suffix.lower() == ".zip" for path in paths):
        corpus = of_zips(paths)
    elif len(sources) == 1:
        corpus = of_torchvision(str(sources[0]), root, download)
    else:
        raise CorpusError(
            f"{', '.join(map(str, sources)) or 'Nothing'} was given as a corpus, but a corpus is one folder, one or "
            "several zip files, the name of one torchvision data set, or “samples”."
        )
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
class FolderStore:
    """Files below one folder."""

    folder: Path

    def photo(self, id: str) -> Photo:
        try:
            data = (self.folder / id).read_bytes()
        except OSError as error:
            raise ImageError(f"{id} cannot be read ({error.strerror}); put it back or leave it out.") from error
        return images.open_image(data, id)


def of_folder(folder: Path) -> Corpus:
    """All photos below `folder`; digests are made from the files' bytes."""
    paths = sorted(
        path for path in folder.rglob("*") if path.is_file() and _is_photo(path.relative_to(folder).as_posix())
    )
    with ThreadPoolExecutor(4) as pool:
        digests = list(pool.map(_file_digest, paths))
    found = [(path.relative_to(folder).as_posix(), digest) for path, digest in zip(paths, digests, strict=True)]
    return _corpus(folder.name or str(folder), found, FolderStore(folder.absolute()))


@dataclass(frozen=True)
class ZipStore:
    """Members of zip files: `places[id]` is (number of the zip file, member)."""

    paths: tuple[Path, ...]
    places: dict[str, tuple[int, str]]

    def photo(self, id: str) -> Photo:
        number, member = self.places[id]
        try:
            data = _archive(self.paths[number]).read(member)
        except Exception as error:  # zipfile fails in many ways on damaged members: all of them mean the same here
            raise ImageError(f"{id} is damaged in {self.paths[number].name}; make the zip file again.") from error
        return images.open_image(data, id)


def of_zips(paths: Sequence[Path]) -> Corpus:
    """All photos in zip files, which may be shards of one folder; digests are the checksums the zip files hold.

    Where two files hold a member of the same name, the name of the zip file is put before the ids.
    """
    paths = tuple(sorted(path.absolute() for path in paths))
    members = []
    for number, path in enumerate(paths):
        try:
            infos = _archive(path).infolist()
        except (OSError, zipfile.BadZipFile) as error:
            raise CorpusError(f"{path.name} is not a readable zip file; make it again or leave it out.") from error
        members += [(number, info) for info in infos if not info.is_dir() and _is_photo(info.filename)]
    unique = len({info.filename for _, info in members}) == len(members)
    places, found = {}, []
    for number, info in members:
        id = info.filename if unique else f"{paths[number].stem}/{info.filename}"
        places[id] = number, info.filename
        found.append((id, f"{info.CRC:08x}-{info.file_size}"))
    title = paths[0].stem if len(paths) == 1 else f"{paths[0].stem} and {len(paths) - 1} more"
    return _corpus(title, found, ZipStore(paths, places))


@dataclass(frozen=True)
class TorchvisionStore:
    """Items of a torchvision data set; an id is <name>/<class>/<split>-<index>."""

    name: str
    root: str

    def photo(self, id: str) -> Photo:
        split, _, index = PurePosixPath(id).name.rpartition("-")
        try:
            picture = _torchvision_parts(self.name, self.root, False)[split][int(index)][0]
            return _photo_of(np.asarray(picture.convert("RGB")), id)
        except (OSError, ValueError) as error:
            raise ImageError(f"{id} cannot be decoded; fetch the data set again.") from error


def of_torchvision(name: str, root: str | Path, download: bool) -> Corpus:
    """A data set of `torchvision.datasets`. Imagenette and Caltech101 are opened as the folders that they are.

    torchvision has checked the download, so an item's place in the set is its digest.
    """
    parts = _torchvision_parts(name, str(root), download)
    if name in FOLDERS:
        folder = next(path for part in parts.values() if (path := FOLDERS[name](part)))
        return of_folder(folder)
    found = []
    for split, part in parts.items():
        classes = getattr(part, "classes", None) or getattr(part, "categories", None)
        targets = getattr(part, "targets", None) or getattr(part, "y", None) or getattr(part, "_labels", None)
        for index in range(len(part)):
            label = str(classes[int(targets[index])]) if classes and targets is not None else ""
            place = f"{split}-{index:07d}"
            found.append((str(PurePosixPath(name, label.replace("/", " "), place)), f"{name}:{place}"))
    return _corpus(name, found, TorchvisionStore(name, str(root)))


FOLDERS = {
    "Imagenette": lambda part: Path(part._image_root).parent,
    "Caltech101": lambda part: Path(part.root) / "101_ObjectCategories",
}


@lru_cache(maxsize=4)
def _torchvision_parts(name: str, root: str, download: bool) -> dict[str, Any]:
    """The data set's splits; torchvision prints the progress of a download to the terminal."""
    from torchvision import datasets

    make = getattr(datasets, name, None)
    if not inspect.isclass(make):
        raise CorpusError(
            f"{name} is neither a folder, nor a zip file, nor the name of a data set in torchvision; give one of them."
        )
    accepted = inspect.signature(make.__init__).parameters
    options: dict[str, Any] = {"root": root} if "root" in accepted else {}
    if "download" in accepted:
        options["download"] = download
    try:
        if "split" in accepted:
            return _splits(make, options)
        if "train" in accepted:
            return {"train": make(train=True, **options), "test": make(train=False, **options)}
        return {"all": make(**options)}
    except (RuntimeError, ValueError, TypeError, OSError, ImportError) as error:
        raise CorpusError(
            f"torchvision could not open its data set {name} below {root} ({error}); fetch it or allow the download."
        ) from error


def _splits(make: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    """Sets differ in what they call their splits; ValueError is how torchvision refuses a name."""
    parts, refusal = {}, ValueError("it has neither train nor val nor test")
    for split in ("train", "val", "test"):
        try:
            parts[split] = make(split=split, **options)
        except ValueError as error:
            refusal = error
    if not parts:
        raise refusal
    return parts


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
        return _photo_of(pixels[top : top + side, left : left + side], id)


CROP_PERCENTS = (100, 50, 33)


def crops_along(percent: int) -> int:
    """How many crops of one size lie along one side; they hardly overlap, so that the nine of a map differ."""
    return 100 // percent


def of_samples() -> Corpus:
    """The sample photos as square crops of three sizes (our choice): a corpus that is always there."""
    found = []
    for name in sample_photos.names():
        digest = hashlib.file_digest(sample_photos.sample(name).path.open("rb"), "sha256").hexdigest()
        for percent in CROP_PERCENTS:
            places = range(crops_along(percent))
            found += [(f"{name}/{percent}-{row}-{column}", digest) for row in places for column in places]
    return _corpus("the sample photos", found, SampleStore())


@lru_cache(maxsize=16)
def _archive(path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


def _corpus(title: str, found: Sequence[tuple[str, str]], store: Store) -> Corpus:
    found = sorted(found)
    ids = tuple(id for id, _ in found)
    parents = (PurePosixPath(id).parent.name for id in ids)
    return Corpus(title, ids, tuple(parents), tuple(digest for _, digest in found), store)


def _photo_of(pixels: np.ndarray, id: str) -> Photo:
    pixels = np.ascontiguousarray(pixels)
    sha = hashlib.sha256(pixels.tobytes()).hexdigest()
    return Photo(pixels, sha, id, (), (pixels.shape[1], pixels.shape[0]))


def _is_photo(name: str) -> bool:
    """Files that look like photos, without the hidden ones that file managers leave behind."""
    path = PurePosixPath(name)
    return path.suffix.lower() in SUFFIXES and not any(part.startswith((".", "__MACOSX")) for part in path.parts)


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=DIGEST_BYTES)).hexdigest()
    except OSError:
        return "unreadable"


def _names(id: str) -> tuple[str, str, str]:
    """An id, and what is left of it in another copy of the same photos."""
    path = PurePosixPath(id)
    stem = path.stem.lower()
    return id, f"{path.parent.name.lower()}/{stem}", stem

"""The photos of a data set that `torchvision.datasets` knows, fetched only if that is allowed."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch

from zfnet_core.errors import CorpusError, ImageError
from zfnet_core.language import phrase
from zfnet_core.photos.decoding import Photo, photo_of
from zfnet_core.photos.stores import Listing, Tell, list_folder

# Data sets that are folders of photos: where the folder lies, and what in it torchvision leaves out.
FOLDERS: dict[str, tuple[Callable[[Any], Path], frozenset[str]]] = {
    "Imagenette": (lambda part: Path(part._image_root).parent, frozenset()),
    "Caltech101": (lambda part: Path(part.root) / "101_ObjectCategories", frozenset({"BACKGROUND_Google"})),
}
TARGETS = ("targets", "y", "_labels", "labels")  # what data sets call the numbers of their items' classes
PAIRS = ("samples", "_samples")  # and their lists of (item, number)
UNNAMED = "unnamed"  # the class of items that have none


@dataclass(frozen=True)
class TorchvisionStore:
    """Items of a torchvision data set; an id is <name>/<split>/<class>/<index>, as a folder of it would be laid out."""

    name: str
    root: str

    def photo(self, id: str) -> Photo:
        path = PurePosixPath(id)
        try:
            split, index = path.parts[1], path.name
            picture = _parts(self.name, self.root, False)[split][int(index)][0]
            return photo_of(np.asarray(picture.convert("RGB")), id)
        except Exception as error:  # a data set's reader may fail in any way: all of them mean the same here
            raise ImageError(phrase("{id} cannot be decoded; fetch the data set again.", id=id)) from error

    def here(self) -> bool:
        try:
            return bool(_parts(self.name, self.root, False))
        except CorpusError:
            return False


def list_torchvision(name: str, root: str | Path, download: bool, tell: Tell | None = None) -> Listing:
    """A data set kept below `root`. Imagenette and Caltech101 are listed as the folders that they are.

    Raises CorpusError if there is no such data set or it is not there. torchvision itself prints how far a download is.
    """
    parts = _parts(name, str(root), download)
    if name in FOLDERS:
        folder_of, without = FOLDERS[name]
        return list_folder(folder_of(next(iter(parts.values()))), without, tell)
    found = []
    for split, part in parts.items():
        try:
            labels = _labels(part)
        except Exception as error:  # a data set's reader may fail in any way: all of them mean the same here
            raise CorpusError(
                phrase(
                    "The classes of {name} cannot be read ({error}); fetch the data set again.",
                    name=name,
                    error=str(error),
                )
            ) from error
        contents = fingerprint(part, Path(root))
        for index in range(len(part)):
            label = labels[index].replace("/", " ") if labels else UNNAMED
            found.append((str(PurePosixPath(name, split, label, f"{index:07d}")), f"{contents}-{index}"))
    return Listing(name, found, TorchvisionStore(name, str(root)))


def _labels(part: Any) -> list[str] | None:
    """The class name of every item; None where items have no class. Decodes them all if no list tells it cheaper."""
    targets = next((value for key in TARGETS if (value := getattr(part, key, None)) is not None), None)
    if targets is None:
        pairs = next((value for key in PAIRS if (value := getattr(part, key, None)) is not None), None)
        targets = pairs and [target for _, target in pairs]
    if targets is None and len(part) and isinstance(part[0][1], int):
        targets = [part[index][1] for index in range(len(part))]
    if targets is None:
        return None
    names = getattr(part, "classes", None) or getattr(part, "categories", None)
    labels = [names[int(target)] if names else int(target) for target in targets]
    return [str(label[0] if isinstance(label, tuple) else label) for label in labels]


def fingerprint(part: Any, root: Path) -> str:
    """Changes when a data set's contents do: a digest of the arrays it holds and the files it points to.

    Of files it takes names below `root` and sizes; of everything below `root` if the set does not say which are its.
    """
    digest = hashlib.blake2b(digest_size=16)
    places = set()
    for key, value in sorted(vars(part).items()):
        if isinstance(value, torch.Tensor | np.ndarray):
            digest.update(f"{key}{tuple(value.shape)}".encode())
            digest.update(np.ascontiguousarray(value).tobytes())
        elif isinstance(value, str | Path) and root.absolute() in Path(value).absolute().parents:
            places.add(Path(value).absolute())
    for file in sorted({file for place in places or {root.absolute()} for file in _files(place)}):
        digest.update(f"{file.relative_to(root.absolute()).as_posix()} {file.stat().st_size}\n".encode())
    return digest.hexdigest()


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    elif place.is_dir():
        yield from (path for path in place.rglob("*") if path.is_file())


@lru_cache(maxsize=4)
def _parts(name: str, root: str, download: bool) -> dict[str, Any]:
    """The data set's splits."""
    from torchvision import datasets

    make: Any = getattr(datasets, name, None)
    is_class = inspect.isclass(make)
    if not is_class:
        raise CorpusError(
            phrase(
                "{name} is neither a folder, nor a zip file, nor the name of a data set in torchvision; give one of "
                "them.",
                name=name,
            )
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
            phrase(
                "torchvision could not open its data set {name} below {root} ({error}); fetch it or allow the "
                "download.",
                name=name,
                root=root,
                error=str(error),
            )
        ) from error


def _splits(make: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    """Sets differ in what they call their splits; ValueError is how torchvision refuses a name."""
    parts, refusal = {}, ValueError("it has neither train nor val nor test")
    for split in ("train", "val", "valid", "validation", "test"):
        try:
            parts[split] = make(split=split, **options)
        except ValueError as error:
            refusal = error
    if not parts:
        raise refusal
    return parts

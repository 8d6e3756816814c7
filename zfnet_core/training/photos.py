"""Where training photos come from: a folder, zip files of such a folder, or a data set that torchvision knows."""

from __future__ import annotations

import inspect
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from PIL import Image
from torch.utils.data import Dataset

from zfnet_core.errors import CorpusError

SPLITS = ("train", "val")
SPLIT_NAMES = {"train": ("train",), "val": ("val", "valid", "validation", "test")}
SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True)
class Photo:
    """One labelled picture that is not decoded yet.

    `id` tells it from all others of its collection; `stamp` changes when the file does.
    """

    id: str
    split: str
    label: str
    open: Callable[[], Image.Image]
    stamp: str = ""


def find_photos(sources: Sequence[str], root: str = "data", download: bool = False) -> list[Photo]:
    """The photos of all `sources`, sorted by id.

    A source is a folder holding `train|val/<class>/<file>`, a zip file of such a folder, a folder of such zip files,
    or the name of a class in `torchvision.datasets` (looked for below `root`, fetched only if `download`).
    Raises CorpusError if a source cannot be understood or holds no photo of a split.
    """
    photos: list[Photo] = []
    for source in sources:
        path = Path(source)
        if path.is_dir():
            shards = sorted(path.glob("*.zip"))
            photos += [p for shard in shards for p in _zip_photos(shard)] if shards else _folder_photos(path)
        elif path.suffix == ".zip" and path.is_file():
            photos += _zip_photos(path)
        else:
            photos += _torchvision_photos(source, root, download)
    for split in SPLITS:
        if not any(photo.split == split for photo in photos):
            raise CorpusError(
                f"{', '.join(sources)} holds no photo under {split}/<class>/, but training needs "
                f"{' and '.join(f'{s}/<class>/<file>' for s in SPLITS)}; check the folder you gave."
            )
    return sorted(photos, key=lambda photo: photo.id)


def _split_and_label(name: str) -> tuple[str, str] | None:
    """`…/train/<class>/<file>` → (train, class); None for anything that is not such a photo."""
    parts = PurePosixPath(name).parts
    if len(parts) < 3 or parts[-3] not in SPLITS or PurePosixPath(name).suffix.lower() not in SUFFIXES:
        return None
    return parts[-3], parts[-2]


def _folder_photos(folder: Path) -> Iterator[Photo]:
    for split in SPLITS:
        for path in sorted(folder.glob(f"{split}/*/*")):
            if found := _split_and_label(path.as_posix()):
                file = path.stat()
                stamp = f"{file.st_size} {file.st_mtime_ns}"
                yield Photo("/".join(path.parts[-3:]), *found, partial(Image.open, path), stamp)


def _zip_photos(path: Path) -> Iterator[Photo]:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise CorpusError(f"{path} is not a readable zip file; make it again or leave it out.") from error
    for member in archive.infolist():
        name = member.filename
        if found := _split_and_label(name):
            opened = partial(_open_member, archive, name)
            yield Photo("/".join(PurePosixPath(name).parts[-3:]), *found, opened, f"{member.CRC:08x}")


def _open_member(archive: zipfile.ZipFile, name: str) -> Image.Image:
    return Image.open(archive.open(name))


def _torchvision_photos(name: str, root: str, download: bool) -> Iterator[Photo]:
    """Sets with a `split` or a `train` argument keep their own division; of others every fifth photo validates."""
    from torchvision import datasets

    make = getattr(datasets, name, None)
    if not (isinstance(make, type) and issubclass(make, Dataset)):
        raise CorpusError(
            f"{name} is neither a folder, nor a zip file, nor the name of a data set in torchvision; "
            "give a folder that holds train/<class>/… and val/<class>/…."
        )
    arguments = inspect.signature(make.__init__).parameters
    common = {"download": download} if "download" in arguments else {}
    if "root" in arguments:
        common["root"] = root
    try:
        if "split" in arguments:
            parts = {split: _of_split(make, names, common) for split, names in SPLIT_NAMES.items()}
        elif "train" in arguments:
            parts = {"train": make(train=True, **common), "val": make(train=False, **common)}
        else:
            parts = {"": make(**common)}
    except (RuntimeError, TypeError, ValueError, OSError) as error:
        raise CorpusError(f"torchvision could not open its data set {name} below {root}: {error}") from error
    for split, part in parts.items():
        labels = getattr(part, "classes", None) or getattr(part, "categories", None)
        targets = _targets(part)
        for index in range(len(part)):
            target = int(targets[index] if targets is not None else part[index][1])
            label = labels[target] if labels else str(target)
            label = label[0] if isinstance(label, tuple) else label
            own_split = split or ("val" if zlib.crc32(str(index).encode()) % 5 == 0 else "train")
            stamp = f"{Path(root).resolve()} {len(part)}"
            yield Photo(f"{own_split}/{label}/{name}-{index}", own_split, label, partial(_item, part, index), stamp)


def _of_split(make: type[Dataset], names: Sequence[str], common: Mapping[str, object]) -> Dataset:
    """The data set's part of the first of `names` that it knows; ValueError if it knows none."""
    for name in names[:-1]:
        try:
            return make(split=name, **common)
        except ValueError:  # torchvision's word for a split that this set does not have
            continue
    return make(split=names[-1], **common)


def _targets(part: Dataset) -> Sequence[int] | None:
    """The class of every photo, where the data set lists them without decoding the photos."""
    for key in ("targets", "y", "labels", "_labels"):
        if (listed := getattr(part, key, None)) is not None:
            return listed
    samples = getattr(part, "samples", None) or getattr(part, "_samples", None)
    return [target for _, target in samples] if samples else None


def _item(part: Dataset, index: int) -> Image.Image:
    return part[index][0]

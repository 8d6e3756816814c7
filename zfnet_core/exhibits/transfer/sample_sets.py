"""Classes to begin with that need no internet: small photos that come with this project, and pictures of the installed
packages. For each set it is known whether its classes were among the photos the bundled networks learned from."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from PIL import Image

from zfnet_core.assets import ASSETS
from zfnet_core.errors import UnknownName
from zfnet_core.language import later, phrase
from zfnet_core.photos.decoding import Photo, open_image, photo_of
from zfnet_core.photos.packages import folder_of

PHOTOS = ASSETS / "transfer_samples.zip"
DIGITS_EACH, DIGIT_SIDE = 12, 8
TEXTURES = ("brick", "grass", "gravel")
ALONG = 4  # patches of a texture in a row


@dataclass(frozen=True)
class SampleSet:
    """`seen`: whether its classes (not these very photos) were among what the bundled networks were taught on."""

    name: str
    title: str
    about: str
    seen: bool
    photos: Callable[[], Iterator[tuple[str, Photo]]]


def _objects() -> Iterator[tuple[str, Photo]]:
    with zipfile.ZipFile(PHOTOS) as archive:
        for name in sorted(archive.namelist()):
            path = PurePosixPath(name)
            if path.suffix == ".webp":
                yield path.parent.name, open_image(archive.read(name), f"{path.parent.name} {path.stem[-4:]}")


def _digits() -> Iterator[tuple[str, Photo]]:
    file = folder_of("sklearn") / "datasets" / "data" / "digits.csv.gz"
    table = np.loadtxt(io.BytesIO(gzip.decompress(file.read_bytes())), delimiter=",")
    for digit in range(10):
        rows = table[table[:, -1] == digit][:DIGITS_EACH, :-1]
        for number, row in enumerate(rows, 1):
            ink = np.rint(255 * (1 - row.reshape(DIGIT_SIDE, DIGIT_SIDE) / 16)).astype(np.uint8)
            large = Image.fromarray(ink).resize((128, 128), Image.Resampling.BICUBIC).convert("RGB")
            yield str(digit), photo_of(np.asarray(large), f"digit {digit} no. {number}")


def _textures() -> Iterator[tuple[str, Photo]]:
    for name in TEXTURES:
        whole = open_image((folder_of("skimage") / "data" / f"{name}.png").read_bytes(), name).pixels
        side = min(whole.shape[:2]) // ALONG
        for row in range(ALONG):
            for column in range(ALONG):
                patch = whole[row * side : (row + 1) * side, column * side : (column + 1) * side]
                yield name, photo_of(patch, f"{name} {row + 1}-{column + 1}")


SETS = (
    SampleSet(
        "objects",
        later("Dogs, laptops, starfish, sunflowers"),
        later("40 photos from Caltech-101 (Li, Andreetto, Ranzato, Perona), CC BY 4.0"),
        True,
        _objects,
    ),
    SampleSet(
        "digits",
        later("Handwritten digits"),
        later("120 pictures of 8 × 8 pixels that come with scikit-learn (Alpaydin, Kaynak; UCI), CC BY 4.0"),
        False,
        _digits,
    ),
    SampleSet(
        "textures",
        later("Brick, grass, gravel"),
        later("48 patches of the three textures that come with scikit-image, CC0"),
        False,
        _textures,
    ),
)


def sample_set(name: str) -> SampleSet:
    """The set of that name. Raises UnknownName."""
    for one in SETS:
        if one.name == name:
            return one
    raise UnknownName(
        phrase(
            "There is no sample set “{name}”; choose one of {names}.",
            name=name,
            names=", ".join(one.name for one in SETS),
        )
    )

"""Sets of five faces with both eyes and the nose marked, bundled or from the installed packages: nothing is fetched.

The paper uses five frontal photos of dogs and does not publish them; the dogs here are others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from zfnet_core.assets import ASSETS
from zfnet_core.errors import UnknownName
from zfnet_core.language import later, phrase
from zfnet_core.photos import samples
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.images import CENTRE, Crop, crop_box
from zfnet_core.photos.packages import folder_of
from zfnet_core.photos.preprocessing import Preprocessing

Point = tuple[float, float]
SIDE_PX = 256


@dataclass(frozen=True, eq=False)
class MarkedPhoto:
    """A photo with the centres of right eye, left eye and nose (the person's right and left), as (x, y) fractions of
    its width and height."""

    photo: Photo
    points: tuple[Point, ...]


@dataclass(frozen=True)
class FaceSet:
    """Five marked faces; `note` says what they are worth. It and the title are translated where they are shown."""

    name: str
    title: str
    credit: str
    note: str
    make: Callable[[], tuple[MarkedPhoto, ...]]


def input_points(marked: MarkedPhoto, preprocessing: Preprocessing, crop: Crop = CENTRE) -> tuple[Point, ...]:
    """The marked points (x, y) in pixels of the network's input; they may lie outside it."""
    top, left, bottom, right = crop_box(marked.photo, preprocessing, crop)
    (width, height), side = marked.photo.size, preprocessing.input_px
    return tuple(
        ((x * width - left) / (right - left) * side, (y * height - top) / (bottom - top) * side)
        for x, y in marked.points
    )


def names() -> tuple[str, ...]:
    """The names of the sets, the one to start with first."""
    return tuple(faces.name for faces in SETS)


def face_set(name: str) -> FaceSet:
    """The set of that name. Raises UnknownName."""
    for candidate in SETS:
        if candidate.name == name:
            return candidate
    raise UnknownName(
        phrase("There is no set of faces called “{name}”; choose one of {names}.", name=name, names=", ".join(names()))
    )


@cache
def load(name: str) -> tuple[MarkedPhoto, ...]:
    """The five marked photos of a set, made once. Raises UnknownName."""
    return face_set(name).make()


# Names in Caltech-101, and the marks as fractions of the bundled squares (assets/dogs/CREDIT.md).
DOGS: tuple[tuple[str, tuple[Point, ...]], ...] = (
    ("image_0014", ((0.343, 0.355), (0.656, 0.345), (0.497, 0.591))),
    ("image_0031", ((0.372, 0.408), (0.700, 0.465), (0.443, 0.742))),
    ("image_0037", ((0.315, 0.325), (0.628, 0.286), (0.457, 0.551))),
    ("image_0055", ((0.314, 0.325), (0.706, 0.408), (0.477, 0.674))),
    ("image_0028", ((0.350, 0.389), (0.661, 0.389), (0.500, 0.721))),
)
# Index in scikit-image's subset of Labeled Faces in the Wild, and the marks in its 25 × 25 pixels.
PEOPLE = (
    (3, ((5.8, 8.6), (16.3, 8.3), (10.4, 14.8))),
    (54, ((5.0, 8.1), (15.0, 7.5), (11.1, 14.6))),
    (62, ((6.2, 8.8), (15.0, 8.6), (10.8, 14.0))),
    (66, ((6.2, 8.3), (15.4, 8.3), (10.2, 14.0))),
    (72, ((6.0, 8.2), (15.8, 7.8), (10.4, 13.5))),
)
# Squares (left, top, side) in pixels of the sample photo, and the marks in the same pixels.
CAT_MARKS = ((171.0, 113.0), (314.0, 131.0), (267.0, 238.0))
CAT_CROPS = ((60, 0, 300), (75, 10, 290), (90, 15, 280), (100, 20, 270), (110, 30, 260))
ASTRONAUT_MARKS = ((203.5, 101.0), (246.5, 103.5), (226.0, 126.0))
ASTRONAUT_CROPS = ((164, 50, 124), (168, 58, 116), (158, 44, 130), (172, 52, 112), (162, 56, 120))


def _dogs() -> tuple[MarkedPhoto, ...]:
    marked: list[MarkedPhoto] = []
    for name, points in DOGS:
        picture = Image.open(ASSETS / "dogs" / f"{name}.webp").convert("RGB")
        marked.append(MarkedPhoto(_photo(picture, f"Dog {len(marked) + 1}", f"caltech-101 {name}"), points))
    return tuple(marked)


def _people() -> tuple[MarkedPhoto, ...]:
    faces = np.load(folder_of("skimage") / "data" / "lfw_subset.npy")
    marked: list[MarkedPhoto] = []
    for index, marks in PEOPLE:
        small = Image.fromarray(np.rint(faces[index] * 255).astype(np.uint8))
        picture = small.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC).convert("RGB")
        points = tuple((x / small.width, y / small.height) for x, y in marks)
        marked.append(MarkedPhoto(_photo(picture, f"Face {len(marked) + 1}", f"lfw {index}"), points))
    return tuple(marked)


def _crops(sample: str, marks: tuple[Point, ...], crops: tuple[tuple[int, int, int], ...]) -> tuple[MarkedPhoto, ...]:
    whole = samples.load(sample)
    picture = Image.fromarray(whole.pixels)
    marked: list[MarkedPhoto] = []
    for left, top, side in crops:
        cut = picture.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))
        points = tuple(((x - left) / side, (y - top) / side) for x, y in marks)
        name = f"{whole.name}, crop {len(marked) + 1}"
        marked.append(MarkedPhoto(_photo(cut, name, f"{sample} {left} {top} {side}"), points))
    return tuple(marked)


def _photo(picture: Image.Image, name: str, key: str) -> Photo:
    pixels = np.asarray(picture).copy()
    pixels.flags.writeable = False
    return Photo(pixels, hashlib.sha256(key.encode()).hexdigest(), name, (), picture.size)


SETS = (
    FaceSet(
        "dogs",
        later("Five dogs"),
        "Caltech-101 (Li, Andreeto, Ranzato, Perona), CC BY 4.0, cut to the head",
        later(
            "Five different dalmatians, marked by hand; the bundled networks were taught on photos of the same "
            "collection."
        ),
        _dogs,
    ),
    FaceSet(
        "people",
        later("Five people"),
        "Labeled Faces in the Wild, from scikit-image's subset of 25 × 25 pixels",
        later("Five different people, but enlarged from 25 × 25 pixels: the network sees blurred grey faces."),
        _people,
    ),
    FaceSet(
        "cat",
        later("Five crops of one cat"),
        "Stefan van der Walt, CC0",
        later("One photo cut five times: the five changes agree far more than those of five different animals would."),
        lambda: _crops("chelsea", CAT_MARKS, CAT_CROPS),
    ),
    FaceSet(
        "astronaut",
        later("Five crops of one portrait"),
        "NASA, public domain",
        later("One photo cut five times: the five changes agree far more than those of five different people would."),
        lambda: _crops("astronaut", ASTRONAUT_MARKS, ASTRONAUT_CROPS),
    ),
)

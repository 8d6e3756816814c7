"""Photos to start with, read from the packages that are installed anyway: nothing is fetched."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from zfnet_core.errors import UnknownName
from zfnet_core.language import later, phrase
from zfnet_core.photos.decoding import Photo, open_image
from zfnet_core.photos.packages import folder_of


@dataclass(frozen=True)
class SamplePhoto:
    """One photo on disk. `file` is its path inside `package`; `credit` names its author and licence; the `title` is
    English, and `t` of it the reader's."""

    name: str
    title: str
    credit: str
    package: str
    file: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return folder_of(self.package) / self.file


SAMPLES = (
    SamplePhoto("chelsea", later("Chelsea the cat"), "Stefan van der Walt, CC0", "skimage", "data/chelsea.png"),
    SamplePhoto("astronaut", later("Astronaut Eileen Collins"), "NASA, public domain", "skimage", "data/astronaut.png"),
    SamplePhoto("coffee", later("Cup of coffee"), "Rachel Michetti, CC0", "skimage", "data/coffee.png"),
    SamplePhoto(
        "motorcycle",
        later("Motorcycle"),
        "D. Scharstein et al., Middlebury stereo data sets 2014",
        "skimage",
        "data/motorcycle_left.png",
    ),
    SamplePhoto("rocket", later("Rocket at launch"), "SpaceX, public domain", "skimage", "data/rocket.jpg"),
    SamplePhoto(
        "china", later("Temple roofs in China"), "danielbuechele, CC BY 2.0", "sklearn", "datasets/images/china.jpg"
    ),
    SamplePhoto("flower", later("Flower"), "vultilion, CC BY 2.0", "sklearn", "datasets/images/flower.jpg"),
    SamplePhoto("camera", later("Photographer (grey)"), "Lav Varshney, CC0", "skimage", "data/camera.png"),
    SamplePhoto(
        "coins", later("Greek coins (grey)"), "Brooklyn Museum, no known copyright", "skimage", "data/coins.png"
    ),
    SamplePhoto(
        "clock",
        later("Wall clock, moving (grey)"),
        "Stefan van der Walt, public domain",
        "skimage",
        "data/clock_motion.png",
    ),
)

FIVE = ("chelsea", "astronaut", "coffee", "motorcycle", "rocket")
"""Those that experiments on several photos start with: five, as in the paper's Fig. 5."""

PUT_YOUR_OWN = "  # put your own file here"


def names() -> tuple[str, ...]:
    """The names of the samples, the one to start with first."""
    return tuple(sample.name for sample in SAMPLES)


def sample(name: str) -> SamplePhoto:
    """The sample of that name. Raises UnknownName."""
    for candidate in SAMPLES:
        if candidate.name == name:
            return candidate
    raise UnknownName(
        phrase("There is no sample photo called “{name}”; choose one of {names}.", name=name, names=", ".join(names()))
    )


def as_code(name: str | None) -> str:
    """The expression that opens a photo in a saved script: the sample of that name, or a file to be named there.

    The script imports `samples`, `open_image` and `Path`; where a file is to be named, `PUT_YOUR_OWN` says so.
    """
    return f"samples.load({name!r})" if name else 'open_image(Path("my-photo.jpg").read_bytes(), "my-photo.jpg")'


@cache
def load(name: str) -> Photo:
    """The sample as a Photo, decoded once; its `sha` is that of its name. Raises UnknownName."""
    chosen = sample(name)
    photo = open_image(chosen.path.read_bytes())
    return replace(photo, name=phrase(chosen.title), sha=hashlib.sha256(name.encode()).hexdigest())

"""Play with the stem: AlexNet and ZFNet differ in the windows of two layers, and everything after follows from them."""

from __future__ import annotations

from dataclasses import dataclass

from zfnet_core.exhibits.architectures.windows import SlidingWindow
from zfnet_core.models.receptive_field import ONE_PIXEL

COLOURS, CLASSES = 3, 1000
MAPS = (96, 256, 384, 384, 256)
UNITS = (4096, 4096)
ZFNETS = (SlidingWindow(7, 2, 1), SlidingWindow(5, 2, 0))


@dataclass(frozen=True)
class Settings:
    """The two windows that can be played with, and whether the three pools (3 × 3, stride 2) round up."""

    input_px: int = 224
    first: SlidingWindow = ZFNETS[0]
    second: SlidingWindow = ZFNETS[1]
    pools_up: bool = True


ALEXNET = Settings(224, SlidingWindow(11, 4, 2), SlidingWindow(5, 1, 2))
ZFNET = Settings()


@dataclass(frozen=True)
class Row:
    """One layer: what slides over how many units, how many places it has, what a unit of it sees, what it costs.

    `field` and `jump` are in pixels; a fully connected layer has no `window`, sees everything, and its `size` is 1.
    """

    name: str
    window: SlidingWindow | None
    before: int
    size: int
    maps: int
    field: int
    jump: int
    parameters: int
    macs: int


@dataclass(frozen=True)
class Stem:
    """All layers that the settings lead to. `stops_at` names the first whose window does not fit: there it ends."""

    settings: Settings
    rows: tuple[Row, ...]
    stops_at: str = ""

    @property
    def parameters(self) -> int:
        """Trained numbers of the whole network."""
        return sum(row.parameters for row in self.rows)

    @property
    def macs(self) -> int:
        """Multiply–adds for one photo."""
        return sum(row.macs for row in self.rows)

    def row(self, name: str) -> Row | None:
        """The layer of that name, if it is reached."""
        return next((row for row in self.rows if row.name == name), None)


def compute(settings: Settings) -> Stem:
    """Follow the sizes from the photo to the classes."""
    small, pool = SlidingWindow(3, 1, 1), SlidingWindow(3, 2, up=settings.pools_up)
    way = (
        ("conv1", settings.first, MAPS[0]),
        ("pool1", pool, None),
        ("conv2", settings.second, MAPS[1]),
        ("pool2", pool, None),
        ("conv3", small, MAPS[2]),
        ("conv4", small, MAPS[3]),
        ("conv5", small, MAPS[4]),
        ("pool5", pool, None),
    )
    size, channels, field = settings.input_px, COLOURS, ONE_PIXEL
    rows: list[Row] = []
    for name, window, maps in way:
        places = window.places(size)
        if places < 1:
            return Stem(settings, tuple(rows), name)
        field = field.through_window(window.kernel, window.stride, window.padding)
        weights = 0 if maps is None else maps * channels * window.kernel**2
        channels = channels if maps is None else maps
        parameters = 0 if maps is None else weights + maps
        rows.append(Row(name, window, size, places, channels, field.size, field.jump, parameters, weights * places**2))
        size = places
    inputs = channels * size * size
    for name, units in zip(("fc6", "fc7", "fc8"), (*UNITS, CLASSES), strict=True):
        weights = inputs * units
        rows.append(Row(name, None, inputs, 1, units, settings.input_px, 0, weights + units, weights))
        inputs = units
    return Stem(settings, tuple(rows))


def puzzle() -> tuple[tuple[int, SlidingWindow], ...]:
    """Five ways to lay AlexNet's 11 × 11 windows with stride 4: they give 54, 55 or 56 places."""
    return (
        (224, SlidingWindow(11, 4)),
        (224, SlidingWindow(11, 4, up=True)),
        (227, SlidingWindow(11, 4)),
        (224, SlidingWindow(11, 4, 2)),
        (224, SlidingWindow(11, 4, 2, up=True)),
    )

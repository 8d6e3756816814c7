"""A white page to draw figures on that people save: pictures, words, shapes and panels with axes, as PNG, PDF or SVG.

matplotlib draws it and is imported only here and in `fonts`, when somebody saves something.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import Image

from zfnet_core.drawing.fonts import families, shortened
from zfnet_core.drawing.palette import AXIS, GRID

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = ("png", "pdf", "svg")
TEXT_PX, LARGE_PX, LINE_PX = 15, 20, 21
SCREEN_DPI, SAVED_DPI = 100, 200
POINT_PX = SCREEN_DPI / 72
Place = tuple[float, float]

# matplotlib's fonts and settings belong to the whole process; pages are saved by many threads.
_drawing = threading.Lock()


class WhitePage:
    """A page of `wide` × `high` px; places are (x, y) in px from its upper left corner, y downwards.

    A PNG has twice as many pixels each way; in PDF and SVG words stay words and lines stay lines.
    """

    def __init__(self, wide: float, high: float) -> None:
        from matplotlib.figure import Figure

        self.wide, self.high = wide, high
        self._figure = Figure((wide / SCREEN_DPI, high / SCREEN_DPI), dpi=SCREEN_DPI, facecolor="white")
        self._ground = self._figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0, wide), ylim=(high, 0), autoscale_on=False)
        self._ground.axis("off")

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        anchor: str = "la",
        large: bool = False,
        colour: str = "black",
        within: float | None = None,
    ) -> None:
        """Write `text`; `anchor` is left, middle or right, then ascender, middle or baseline: "la", "mm", "rs" …

        `within`: how wide it may be in px; what is longer is shortened.
        """
        size = LARGE_PX if large else TEXT_PX
        words = text if within is None else shortened(text, within, size)
        self._ground.text(
            x,
            y,
            words,
            size=size / POINT_PX,
            color=colour,
            ha={"l": "left", "m": "center", "r": "right"}[anchor[0]],
            va={"a": "top", "m": "center", "s": "baseline"}[anchor[1]],
        )

    def line(self, places: Sequence[Place], colour: str, width: float) -> None:
        """A line from place to place, `width` px wide."""
        self._ground.plot(*zip(*places, strict=True), color=colour, lw=width / POINT_PX, solid_capstyle="round")

    def box(self, left: float, top: float, right: float, bottom: float, colour: str, outline: str = "none") -> None:
        """A filled rectangle."""
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        self.polygon(corners, colour, outline)

    def polygon(self, corners: Sequence[Place], colour: str, outline: str, width: float = 1.5) -> None:
        """A filled shape with an outline of `width` px."""
        self._ground.fill(*zip(*corners, strict=True), fc=colour, ec=outline, lw=width / POINT_PX)

    def picture(
        self,
        left: float,
        top: float,
        wide: float,
        pixels: np.ndarray,
        high: float | None = None,
        smooth: bool | None = True,
    ) -> None:
        """A picture, uint8 [h, w, 3 or 4], `wide` × `high` px large (a square if `high` is not given).

        Unless `smooth`, its pixels stay visible as squares. None: they go into PDF and SVG as they are, which is quick.
        """
        extent = (left, left + wide, top + (wide if high is None else high), top)
        ways: dict[bool | None, Literal["auto", "nearest", "none"]] = {True: "auto", False: "nearest", None: "none"}
        self._ground.imshow(pixels, extent=extent, aspect="auto", interpolation=ways[smooth])
        self._ground.set(xlim=(0, self.wide), ylim=(self.high, 0))

    def panel(self, left: float, top: float, wide: float, high: float, **settings: Any) -> Axes:
        """Axes framed by the rectangle; ticks and words stand outside it. `settings` as of matplotlib's `Axes.set`."""
        place = (left / self.wide, 1 - (top + high) / self.high, wide / self.wide, high / self.high)
        axes = self._figure.add_axes(place)
        axes.tick_params(labelsize=13 / POINT_PX, color=AXIS, length=3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(AXIS)
        axes.grid(axis="y", color=GRID, lw=1 / POINT_PX)
        axes.set_axisbelow(True)
        axes.set(**settings)
        for words in (axes.xaxis.label, axes.yaxis.label, axes.title):
            words.set_fontsize(TEXT_PX / POINT_PX)
        return axes

    def file(self, kind: str) -> bytes:
        """The page as a file of one of the `KINDS`; the same page gives the same bytes."""
        return self._drawn(kind, SAVED_DPI)

    def pixels(self) -> np.ndarray:
        """The page as uint8 [high, wide, 3]."""
        return np.asarray(Image.open(io.BytesIO(self._drawn("png", SCREEN_DPI))).convert("RGB"))

    def _drawn(self, kind: str, dpi: int) -> bytes:
        from matplotlib import rc_context
        from matplotlib.image import AxesImage
        from matplotlib.text import Text

        stream = io.BytesIO()
        undated = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}[kind]
        with _drawing, rc_context({"svg.fonttype": "none", "svg.hashsalt": "zfnet", "pdf.fonttype": 42}):
            for _ in range(2):
                for words in self._figure.findobj(Text):
                    words.set_parse_math(False)  # a dollar sign in a photo's name is a dollar sign
                    words.set_fontfamily(families(words.get_text()))
                # The words of the ticks are made when they are drawn; without pictures that costs little.
                for picture in (pictures := self._figure.findobj(AxesImage)):
                    picture.set_visible(False)
                self._figure.draw_without_rendering()
                for picture in pictures:
                    picture.set_visible(True)
            self._figure.savefig(stream, format=kind, dpi=dpi, metadata=undated)
        return stream.getvalue()

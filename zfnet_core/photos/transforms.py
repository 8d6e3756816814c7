"""Move, enlarge and turn photos on the device: many photos, each by its own amount, in one sampling.

The three rows of Fig. 5, and horizontal shifts beside the paper's vertical ones. The paper states neither the
interpolation nor what fills the border; bilinear sampling and the fills below are our choice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch.nn import functional as F

from zfnet_core.language import later

PAPER_PX = 224  # the side of the photos that Fig. 5 moves
Kind = Literal["down", "right", "scale", "rotation"]
Border = Literal["mean colour", "edge", "reflect"]

BORDERS: dict[Border, str] = {"mean colour": "zeros", "edge": "border", "reflect": "reflection"}


@dataclass(frozen=True)
class Transformation:
    """One kind of change: its name on screen (English, translated where it is shown), the unit of its amounts, the
    amount that changes nothing, the amounts of Fig. 5 (their number is our choice; the paper states the range only),
    and a few very small ones."""

    kind: Kind
    title: str
    unit: str
    identity: float
    amounts: tuple[float, ...]
    fine: tuple[float, ...]

    def on(self, side_px: int, fine: bool = False) -> tuple[float, ...]:
        """Its amounts, or the very small ones, on a photo of that side: as large a part of it, in whole pixels or, of
        the very small ones, in as many steps. Factors and angles are the same on every photo."""
        amounts = self.fine if fine else self.amounts
        if self.unit != "px" or side_px == PAPER_PX:
            return amounts
        share, farthest = side_px / PAPER_PX, max(amounts)
        if fine:
            largest = max(1, round(farthest * share))
            return evenly(-largest, largest, len(amounts))
        step = max(1, round(2 * farthest / (len(amounts) - 1) * share))
        count = max(1, round(farthest * share / step))
        return evenly(-count * step, count * step, 2 * count + 1)

    def text(self, amount: float) -> str:
        """An amount with its unit: 25 px, ×1.25, 350°."""
        if self.kind == "scale":
            return f"×{amount:.3g}"
        number = f"{amount:g}".replace("-", "−")
        return f"{number}{self.unit}" if self.kind == "rotation" else f"{number} {self.unit}"


def evenly(first: float, last: float, steps: int) -> tuple[float, ...]:
    """`steps` amounts from `first` to `last`, both included."""
    return tuple(round(float(value), 6) for value in np.linspace(first, last, steps))


TRANSFORMATIONS: dict[Kind, Transformation] = {
    "down": Transformation("down", later("Vertical shift"), "px", 0.0, evenly(-60, 60, 25), evenly(-10, 10, 21)),
    "right": Transformation("right", later("Horizontal shift"), "px", 0.0, evenly(-60, 60, 25), evenly(-10, 10, 21)),
    "scale": Transformation("scale", later("Scale"), "×", 1.0, evenly(1.0, 1.8, 17), evenly(1.0, 1.1, 21)),
    "rotation": Transformation("rotation", later("Rotation"), "°", 0.0, evenly(0, 350, 36), evenly(-10, 10, 21)),
}


def matrices(kind: Kind, amounts: Sequence[float], size_px: int) -> torch.Tensor:
    """Where each output pixel is read from: affine matrices [N, 2, 3] in coordinates from −1 to 1, x first.

    Positive amounts move down or right by pixels, enlarge about the centre by a factor, and turn counter-clockwise
    about the centre by degrees.
    """
    rows = []
    for amount in amounts:
        if kind == "down":
            rows.append([[1, 0, 0], [0, 1, -2 * amount / size_px]])
        elif kind == "right":
            rows.append([[1, 0, -2 * amount / size_px], [0, 1, 0]])
        elif kind == "scale":
            rows.append([[1 / amount, 0, 0], [0, 1 / amount, 0]])
        else:
            cosine, sine = math.cos(math.radians(amount)), math.sin(math.radians(amount))
            rows.append([[cosine, -sine, 0], [sine, cosine, 0]])
    return torch.tensor(rows, dtype=torch.float32)


def transformed(
    images: torch.Tensor, kind: Kind, amounts: Sequence[float], border: Border = "mean colour"
) -> torch.Tensor:
    """`images` [N, 3, size, size], normalised, each changed by its own amount; same shape and device.

    What comes from outside the photo is the mean colour (0 in normalised units), the nearest edge pixel, or the photo's
    mirror image. An amount that changes nothing gives the photo itself.
    """
    identity = TRANSFORMATIONS[kind].identity
    grid = F.affine_grid(
        matrices(kind, amounts, images.shape[-1]).to(images.device), list(images.shape), align_corners=False
    )
    moved = F.grid_sample(images, grid, mode="bilinear", padding_mode=BORDERS[border], align_corners=False)
    same = [index for index, amount in enumerate(amounts) if amount == identity]
    moved[same] = images[same]
    return moved

"""What a covered part of a photo shows, and which settings a sweep has.

The paper covers with a grey square and gives neither its size nor its step (Fig. 7); sizes, steps and the other fills
are our choice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from torchvision.transforms.functional import gaussian_blur

from zfnet_core.errors import ExplorerError
from zfnet_core.language import phrase
from zfnet_core.photos.preprocessing import Preprocessing

FILLS = ("mean", "grey", "black", "blur")
GREY_LEVEL = 128 / 255
BLUR_PX, BLURRED_OF_PX = 12.0, 224
MOST_POSITIONS = 10_000
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Occluder:
    """What covers the photo, at its place: a rectangle of pixels, from its top left corner."""

    top_px: int
    left_px: int
    height_px: int
    width_px: int


@dataclass(frozen=True)
class OcclusionSettings:
    """An occluder that moves in steps of `stride_px` over the whole photo, always inside it.

    Where the steps do not end at the far edge, one more position lies there.

    `fill` is one of `FILLS` (the mean colour of the training photos, middle grey, black, the blurred photo) or any
    colour as #rrggbb.
    """

    height_px: int = 48
    width_px: int = 48
    stride_px: int = 8
    fill: str = "mean"

    @classmethod
    def square(cls, side_px: int, stride_px: int = 8, fill: str = "mean") -> OcclusionSettings:
        """A square of `side_px`."""
        return cls(side_px, side_px, stride_px, fill)

    def starts(self, photo_px: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Top edges and left edges of all positions on a photo of `photo_px` × `photo_px`.

        Raises ExplorerError where the settings do not fit the photo.
        """
        check_size(self.height_px, self.width_px, photo_px)
        if self.stride_px < 1:
            raise ExplorerError(
                phrase("A step of {px} px does not move the occluder; choose 1 px or more.", px=self.stride_px)
            )
        tops, lefts = (_starts(photo_px - side, self.stride_px) for side in (self.height_px, self.width_px))
        if len(tops) * len(lefts) > MOST_POSITIONS:
            raise ExplorerError(
                phrase(
                    "A step of {px} px gives {n:,} positions, more than {most:,}; choose a larger step.",
                    px=self.stride_px,
                    n=len(tops) * len(lefts),
                    most=MOST_POSITIONS,
                )
            )
        return tops, lefts


def _starts(last: int, stride: int) -> tuple[int, ...]:
    """0, stride, 2·stride … and `last` itself."""
    return tuple(sorted({*range(0, last + 1, stride), last}))


def check_size(height_px: int, width_px: int, photo_px: int) -> None:
    """Raises ExplorerError for an occluder that is empty or larger than the photo."""
    if not (1 <= height_px <= photo_px and 1 <= width_px <= photo_px):
        raise ExplorerError(
            phrase(
                "An occluder of {height} × {width} px does not fit a photo of {side} px; choose sides from 1 to {side} "
                "px.",
                height=height_px,
                width=width_px,
                side=photo_px,
            )
        )


def fill_picture(image: torch.Tensor, fill: str, preprocessing: Preprocessing) -> torch.Tensor:
    """What shows where the photo is covered: normalised, of the same shape as `image` [1, 3, H, W].

    Raises ExplorerError for an unknown fill.
    """
    if fill == "mean":
        return torch.zeros_like(image)
    if fill == "blur":
        sigma = BLUR_PX * image.shape[-1] / BLURRED_OF_PX  # a small photo keeps as much of what it shows
        size = 4 * int(sigma) + 1
        across = gaussian_blur(image, kernel_size=[size, 1], sigma=sigma)
        return gaussian_blur(across, kernel_size=[1, size], sigma=sigma)  # one axis at a time: 25 times fewer products
    if fill in ("grey", "black"):
        colour = [GREY_LEVEL if fill == "grey" else 0.0] * 3
    elif _COLOUR.fullmatch(fill):
        colour = [int(fill[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    else:
        raise ExplorerError(
            phrase(
                "There is no fill “{fill}”; choose one of {fills} or a colour such as #00aaff.",
                fill=fill,
                fills=", ".join(FILLS),
            )
        )
    pixels = torch.tensor(colour, dtype=image.dtype, device=image.device).view(1, 3, 1, 1)
    return preprocessing.normalise(pixels).expand_as(image)


def covered(image: torch.Tensor, picture: torch.Tensor, occluder: Occluder) -> torch.Tensor:
    """A copy of `image` [1, 3, H, W] that shows `picture` under the occluder."""
    result = image.clone()
    rows = slice(occluder.top_px, occluder.top_px + occluder.height_px)
    columns = slice(occluder.left_px, occluder.left_px + occluder.width_px)
    result[..., rows, columns] = picture[..., rows, columns]
    return result

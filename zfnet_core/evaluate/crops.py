"""A photo as a network sees it when it is evaluated: step by step what torchvision's transforms do.

One crop: `Resize(256), CenterCrop(224)`. The paper's ten (§3): the corners and the centre of the central square of
256 px, and their mirror images: `Resize(256), CenterCrop(256), TenCrop(224)`.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageOps

from zfnet_core.errors import ImageError
from zfnet_core.language import phrase
from zfnet_core.photos.decoding import FORMATS, MAX_PIXELS
from zfnet_core.photos.preprocessing import Preprocessing


def opened(data: bytes, id: str) -> Image.Image:
    """The photo in RGB as torchvision's loader gives it: whole, not turned, whatever its colour profile says.

    Raises ImageError if it cannot be decoded or has too many pixels.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height <= MAX_PIXELS:
                return picture.convert("RGB")
    except Exception as error:  # decoders answer damaged bytes with almost any exception; here all mean the same
        raise ImageError(phrase("{id} cannot be decoded.", id=id)) from error
    raise ImageError(phrase("{id} has more than {most} million pixels.", id=id, most=MAX_PIXELS // 10**6))


def crops(picture: Image.Image, preprocessing: Preprocessing, kind: str, id: str = "") -> np.ndarray:
    """The crops of `kind`, “one” or “ten”: uint8 [crops, input_px, input_px, 3].

    Raises ImageError for a picture so long that its resized form would have too many pixels.
    """
    resize_px, side = preprocessing.resize_px, preprocessing.input_px
    short, long = min(picture.size), max(picture.size)
    along = int(resize_px * long / short)
    if resize_px * along > MAX_PIXELS:
        raise ImageError(phrase("{id} is {times} times as long as wide.", id=id, times=long // short))
    size = (along, resize_px) if picture.width > picture.height else (resize_px, along)
    resized = picture if picture.size == size else picture.resize(size, Image.Resampling.BILINEAR)
    if kind == "one":
        return np.asarray(_centre(resized, side))[None]
    square = _centre(resized, resize_px)
    return np.stack([np.asarray(part) for form in (square, ImageOps.mirror(square)) for part in _five(form, side)])


def _centre(picture: Image.Image, side: int) -> Image.Image:
    left, top = round((picture.width - side) / 2.0), round((picture.height - side) / 2.0)
    return picture.crop((left, top, left + side, top + side))


def _five(picture: Image.Image, side: int) -> list[Image.Image]:
    """The four corners, row by row, and the centre."""
    far_x, far_y = picture.width - side, picture.height - side
    corners = [(0, 0), (far_x, 0), (0, far_y), (far_x, far_y)]
    return [picture.crop((x, y, x + side, y + side)) for x, y in corners] + [_centre(picture, side)]

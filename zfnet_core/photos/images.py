"""From a photo to what a network sees of it: a square crop, resized, normalised.

bytes → `decoding.open_image` → Photo → `prepare` → tensor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.preprocessing import Preprocessing


@dataclass(frozen=True)
class Crop:
    """Where the square crop lies in the resized photo: 0 is the left or top end of its free range, 1 the other end.

    The photo is enlarged `zoom` times before the crop is cut out, so that a larger zoom shows a smaller part of it; a
    small one shows more, up to the whole short side.
    """

    left: float = 0.5
    top: float = 0.5
    zoom: float = 1.0


CENTRE = Crop()
LEAST_ZOOM, MOST_ZOOM = 0.5, 8.0


def shown(photo: Photo, preprocessing: Preprocessing, crop: Crop = CENTRE) -> np.ndarray:
    """The very pixels that the network sees: uint8 [input_px, input_px, 3].

    The short side is resized to `resize_px` times the crop's zoom (bilinear, antialiased), then the crop is cut out.
    Only the crop is ever computed, so that a very long picture costs no more than a square one.
    """
    side = preprocessing.input_px
    top, left, bottom, right = crop_box(photo, preprocessing, crop)
    image = Image.fromarray(photo.pixels).resize(
        (side, side), Image.Resampling.BILINEAR, box=(left, top, right, bottom)
    )
    return np.asarray(image)


def prepare(photo: Photo, preprocessing: Preprocessing, crop: Crop = CENTRE) -> torch.Tensor:
    """The network's input: float32 [1, 3, input_px, input_px], normalised."""
    pixels = torch.from_numpy(shown(photo, preprocessing, crop).astype(np.float32)).permute(2, 0, 1)
    return preprocessing.normalise(pixels[None] / 255)


def crop_box(photo: Photo, preprocessing: Preprocessing, crop: Crop = CENTRE) -> tuple[float, float, float, float]:
    """What the network sees as (top, left, bottom, right) in pixels of `photo.pixels`; not rounded."""
    width, height = photo.size
    short = min(width, height)
    side = preprocessing.input_px
    zoom = min(MOST_ZOOM, max(LEAST_ZOOM, crop.zoom))
    short_resized = max(side, round(preprocessing.resize_px * zoom))  # the crop is never larger than the short side
    spans = []
    for length, fraction in ((width, crop.left), (height, crop.top)):
        resized = length * short_resized // short
        start = round(min(1.0, max(0.0, fraction)) * (resized - side))
        spans.append((start * length / resized, (start + side) * length / resized))
    (left, right), (top, bottom) = spans
    return top, left, bottom, right

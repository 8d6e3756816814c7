"""A photo together with the crop that networks see of it; several of them as one input, and as lines of a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from zfnet_core.photos import samples
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.images import CENTRE, Crop, prepare
from zfnet_core.photos.preprocessing import Preprocessing


@dataclass(frozen=True, eq=False)
class FramedPhoto:
    """A photo and where its square crop lies."""

    photo: Photo
    crop: Crop = CENTRE

    @property
    def title(self) -> str:
        """What it is called on screen."""
        return self.photo.title

    @property
    def key(self) -> str:
        """Identifies the photo together with its crop."""
        return f"{self.photo.sha}@{self.crop.left!r},{self.crop.top!r},{self.crop.zoom!r}"

    def as_code(self) -> str:
        """The expression that makes it; a photo that is no sample is read from a file to be named there."""
        sample = next((name for name in samples.names() if samples.load(name).sha == self.photo.sha), None)
        photo = samples.as_code(sample)
        return f"FramedPhoto({photo})" if self.crop == CENTRE else f"FramedPhoto({photo}, {self.crop!r})"


def inputs(photos: Sequence[FramedPhoto], preprocessing: Preprocessing) -> torch.Tensor:
    """The photos as a network sees them: float32 [P, 3, input_px, input_px], normalised."""
    return torch.cat([prepare(one.photo, preprocessing, one.crop) for one in photos])


def list_as_code(photos: Sequence[FramedPhoto]) -> str:
    """A list of photos in a script, one on each line; where a file is to be named, a comment says so."""
    lines = [(one.as_code(), samples.PUT_YOUR_OWN if "my-photo" in one.as_code() else "") for one in photos]
    return "\n".join(["[", *(f"    {code},{comment}" for code, comment in lines), "]"])

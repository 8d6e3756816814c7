"""Decoded photos of any shape, one after the other in one block of bytes.

Decoding is paid once. The block is a file that is mapped into memory, so it is shared by all processes of a machine
and the operating system keeps of it what fits; a later run of the same photos finds it again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from zfnet_core.errors import CorpusError
from zfnet_core.training.photos import Photo


@dataclass(frozen=True)
class PackedPhotos:
    """`pixels` holds the RGB bytes of photo i as [height, width, 3] from `offsets[i]`; `labels` index `classes`.

    Pictures made of them are computed on `device`, whether the bytes lie there too or are sent crop by crop.
    """

    pixels: torch.Tensor
    offsets: np.ndarray
    heights: np.ndarray
    widths: np.ndarray
    labels: torch.Tensor
    ids: tuple[str, ...]
    classes: tuple[str, ...]
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def __len__(self) -> int:
        return len(self.ids)

    def photo(self, index: int) -> torch.Tensor:
        """Photo `index` as uint8 [3, height, width]: a view, with the channels lying innermost in memory."""
        start, height, width = int(self.offsets[index]), int(self.heights[index]), int(self.widths[index])
        return self.pixels[start : start + height * width * 3].view(height, width, 3).permute(2, 0, 1)

    def on(self, device: torch.device) -> PackedPhotos:
        """The same photos for pictures on `device`; their bytes go along if they fill less than half a free GPU."""
        fits = device.type == "cuda" and self.pixels.numel() < torch.cuda.mem_get_info(device)[0] // 2
        return replace(self, device=device, pixels=self.pixels.to(device) if fits else self.pixels)

    def subset(self, indices: Sequence[int]) -> PackedPhotos:
        """Some of the photos, sharing the same block of bytes."""
        indices = np.asarray(indices)
        return replace(
            self,
            offsets=self.offsets[indices],
            heights=self.heights[indices],
            widths=self.widths[indices],
            labels=self.labels[torch.from_numpy(indices)],
            ids=tuple(self.ids[i] for i in indices),
        )


def pack(photos: Sequence[Photo], folder: Path, short_side_px: int = 256, threads: int = 2) -> dict[str, PackedPhotos]:
    """Decode `photos` below `folder`, or find them there, and return {"train": …, "val": …}.

    Photos whose short side is longer than `short_side_px` are made smaller; smaller ones are kept as they are.
    """
    classes = tuple(sorted({photo.label for photo in photos if photo.split == "train"}))
    packed = {}
    for split in ("train", "val"):
        chosen = [photo for photo in photos if photo.split == split and photo.label in classes]
        listing = "\n".join([str(short_side_px), *(f"{photo.id} {photo.stamp}" for photo in chosen)])
        place = folder / f"{split}-{hashlib.sha256(listing.encode()).hexdigest()[:16]}"
        if not place.with_suffix(".json").exists():
            _write(chosen, place, short_side_px, threads)
        packed[split] = _read(chosen, place, classes)
    return packed


def _decode(photo: Photo, short_side_px: int) -> np.ndarray:
    try:
        with photo.open() as image:
            image = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise CorpusError(f"The photo {photo.id} cannot be decoded; repair it or leave it out.") from error
    if (short := min(image.size)) > short_side_px:
        size = tuple(max(1, round(side * short_side_px / short)) for side in image.size)
        image = image.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(image)


def _write(photos: Sequence[Photo], place: Path, short_side_px: int, threads: int) -> None:
    """Bytes first, then the listing: a listing that exists vouches for all bytes, whenever the process is killed."""
    place.parent.mkdir(parents=True, exist_ok=True)
    bytes_being_written = place.with_suffix(f".{os.getpid()}")
    sizes = []
    with bytes_being_written.open("wb") as file, ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(photos), 256):
            for pixels in pool.map(lambda photo: _decode(photo, short_side_px), photos[start : start + 256]):
                sizes.append(pixels.shape[:2])
                file.write(pixels.tobytes())
    bytes_being_written.replace(place.with_suffix(".rgb"))
    listing = place.with_suffix(f".{os.getpid()}")
    listing.write_text(json.dumps(sizes))
    listing.replace(place.with_suffix(".json"))


def _read(photos: Sequence[Photo], place: Path, classes: tuple[str, ...]) -> PackedPhotos:
    sizes = np.array(json.loads(place.with_suffix(".json").read_text()), dtype=np.int64).reshape(-1, 2)
    ends = np.cumsum(sizes.prod(axis=1) * 3)
    pixels = np.memmap(place.with_suffix(".rgb"), dtype=np.uint8, mode="c")
    index = {name: number for number, name in enumerate(classes)}
    return PackedPhotos(
        torch.from_numpy(pixels),
        offsets=np.concatenate([[0], ends[:-1]]),
        heights=sizes[:, 0],
        widths=sizes[:, 1],
        labels=torch.tensor([index[photo.label] for photo in photos]),
        ids=tuple(photo.id for photo in photos),
        classes=classes,
    )

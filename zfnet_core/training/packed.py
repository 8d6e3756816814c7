"""Decoded photos of any shape, one after the other in one block of bytes.

Decoding is paid once. The block is a file that is mapped into memory, so it is shared by all processes of a machine
and the operating system keeps of it what fits; a later run of the same photos finds it again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from zfnet_core.errors import CorpusError, ImageError
from zfnet_core.files import clear_abandoned, replaced
from zfnet_core.language import phrase
from zfnet_core.photos.corpus import Corpus
from zfnet_core.training.canvases import Canvases

PARTS = ("train", "val")
SHORT_SIDE_PX = 256
DECODED_AT_ONCE = 256
NAMED = 3  # how many photos that were left out are named


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

    @cached_property
    def ratios(self) -> torch.Tensor:
        """Width / height of every photo, float32 [N]."""
        return torch.from_numpy(self.widths / self.heights).float()

    def crops(self, indices: Sequence[int], boxes: torch.Tensor, px: int) -> torch.Tensor:
        """Float [n, 3, px, px] in 0…1 on `device`: of each photo its box (left, top, width, height), shares of it.

        Boxes are rounded to whole pixels; each crop is cut out of its photo and resized with antialiasing.
        """
        pictures = []
        for index, box in zip(indices, boxes.tolist(), strict=True):
            photo = self.photo(index)
            (top, height), (left, width) = (
                _whole_pixels(*span) for span in ((box[1], box[3], photo.shape[1]), (box[0], box[2], photo.shape[2]))
            )
            crop = photo[:, top : top + height, left : left + width]
            pictures.append(resized(crop.to(self.device), (px, px)))
        return torch.cat(pictures).float().div_(255)

    def relabelled(self, labels: torch.Tensor, classes: Sequence[str]) -> PackedPhotos:
        """The same photos as examples of other classes: `labels` [N] index `classes`."""
        return replace(self, labels=labels, classes=tuple(classes))

    def on(self, device: torch.device) -> PackedPhotos:
        """The same photos for pictures on `device`; their bytes go along if they fill less than half a free GPU."""
        fits = device.type == "cuda" and self.pixels.numel() < torch.cuda.mem_get_info(device)[0] // 2
        return replace(self, device=device, pixels=self.pixels.to(device) if fits else self.pixels)

    def subset(self, indices: Sequence[int] | np.ndarray) -> PackedPhotos:
        """Some of the photos, sharing the same block of bytes."""
        chosen = np.asarray(indices)
        return replace(
            self,
            offsets=self.offsets[chosen],
            heights=self.heights[chosen],
            widths=self.widths[chosen],
            labels=self.labels[torch.from_numpy(chosen)],
            ids=tuple(self.ids[i] for i in chosen),
        )


def _whole_pixels(start: float, length: float, whole: int) -> tuple[int, int]:
    pixels = max(1, round(length * whole))
    return min(round(start * whole), whole - pixels), pixels


def resized(photo: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """uint8 [3, H, W] → [1, 3, *size], antialiased: whole numbers on a CPU, where that is faster, else float."""
    picture = photo[None] if photo.device.type == "cpu" else photo[None].float()
    return F.interpolate(picture, size, mode="bilinear", align_corners=False, antialias=True)


@dataclass(frozen=True)
class Packed:
    """A corpus ready for training: `train` in either form, `val` as photos of any shape.

    `left_out` says in sentences which of the corpus's photos are in neither; `key` changes when the training photos do.
    """

    train: PackedPhotos | Canvases
    val: PackedPhotos
    left_out: tuple[str, ...]
    key: str

    @property
    def whole_train(self) -> PackedPhotos:
        """The training photos where they have not been pressed into squares; ValueError where they have."""
        if isinstance(self.train, PackedPhotos):
            return self.train
        raise ValueError("These photos are squares; pack them without canvas_px to look at them as they are.")

    def on(self, device: torch.device) -> Packed:
        """All photos for pictures on `device`."""
        return replace(self, train=self.train.on(device), val=self.val.on(device))


def pack(
    corpus: Corpus,
    folder: Path,
    short_side_px: int = SHORT_SIDE_PX,
    *,
    canvas_px: int = 0,
    every_class: bool = False,
    threads: int = 0,
) -> Packed:
    """Decode the photos of `corpus` below `folder`, or find them there.

    Photos whose short side is longer than `short_side_px` are made smaller; smaller ones are kept as they are. With
    `canvas_px`, the training photos are pressed into squares of that side instead. Left out is what lies in neither
    part, has a class without a training photo (except for `every_class`), or cannot be decoded. `threads`: 0 takes one
    for each processor. Raises CorpusError if a part has no photo.
    """
    counted = PARTS if every_class else ("train",)
    classes = sorted({label for label, part in zip(corpus.labels, corpus.parts, strict=True) if part in counted})
    index = {name: number for number, name in enumerate(classes)}
    elsewhere = [id for id, part in zip(corpus.ids, corpus.parts, strict=True) if part not in PARTS]
    left_out = [*corpus.left_out, *_sentence(elsewhere, "below neither train nor val")]
    found: dict[str, PackedPhotos | Canvases] = {}
    for name in PARTS:
        whole = corpus.part(name)
        known = [photo for photo, label in enumerate(whole.labels) if label in index]
        chosen = whole if len(known) == len(whole) else whole.subset(known)
        unknown = [id for id, label in zip(whole.ids, whole.labels, strict=True) if label not in index]
        left_out += _sentence(unknown, "of a class without a photo to train on")
        form = _Form(short_side_px, canvas_px if name == "train" else 0)
        if len(chosen):
            place = folder / f"{name}-{form}-{chosen.key[:16]}"
            if not place.with_suffix(".json").exists():
                _write(chosen, place, form, threads or os.cpu_count() or 1)
            found[name], broken = _read(chosen, place, form, index)
            left_out += _sentence([chosen.ids[photo] for photo in broken], "cannot be decoded")
        if name not in found or not len(found[name]):
            first, second = (f"{part}/<class>/<file>" for part in PARTS)
            raise CorpusError(
                phrase(
                    "{title} holds no photo under {name}/<class>/ that can be read, but training needs {first} and "
                    "{second}; check the folder you gave.",
                    title=corpus.title,
                    name=name,
                    first=first,
                    second=second,
                )
            )
    val = found["val"]
    assert isinstance(val, PackedPhotos)
    return Packed(found["train"], val, tuple(left_out), corpus.part("train").key)


def _sentence(ids: Sequence[str], why: str) -> list[str]:
    if not ids:
        return []
    more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
    return [f"{len(ids):,} photo{'s' if len(ids) > 1 else ''} {why}: {', '.join(ids[:NAMED])}{more}."]


@dataclass(frozen=True)
class _Form:
    """How photos are kept: their short side at most so long, or pressed into squares (`canvas_px` is not 0)."""

    short_side_px: int
    canvas_px: int

    def __str__(self) -> str:
        return f"square{self.canvas_px}" if self.canvas_px else str(self.short_side_px)

    def of(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 [height, width, 3] → the same photo as it is kept."""
        height, width = pixels.shape[:2]
        if self.canvas_px:
            square = Image.fromarray(pixels).resize((self.canvas_px, self.canvas_px), Image.Resampling.BICUBIC)
            return np.asarray(square)
        if (short := min(height, width)) <= self.short_side_px:
            return pixels
        size = tuple(max(1, round(side * self.short_side_px / short)) for side in (width, height))
        return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))


Decoded = tuple[np.ndarray, tuple[int, int]]  # as it is kept, and the photo's height and width


def _decode(corpus: Corpus, index: int, form: _Form) -> Decoded | None:
    """None for what cannot be decoded."""
    try:
        pixels = corpus.photo(index).pixels
    except ImageError:
        return None
    kept = form.of(pixels)
    return kept, pixels.shape[:2] if form.canvas_px else kept.shape[:2]


def _write(corpus: Corpus, place: Path, form: _Form, threads: int) -> None:
    """Bytes first, then the listing: a listing that exists vouches for all bytes, whenever the process is killed."""
    if not corpus.store.here():
        raise CorpusError(
            phrase("The files of {title} are not there any more; put them back or choose others.", title=corpus.title)
        )
    clear_abandoned(place.parent)
    sizes: list[tuple[int, int]] = []
    with replaced(place.with_suffix(".rgb")) as bytes_, bytes_.open("wb") as file, ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(corpus), DECODED_AT_ONCE):
            photos = range(start, min(start + DECODED_AT_ONCE, len(corpus)))
            for decoded in pool.map(lambda photo: _decode(corpus, photo, form), photos):
                pixels, size = decoded or (None, (0, 0))
                sizes.append(size)
                if pixels is not None:
                    file.write(pixels.tobytes())
    with replaced(place.with_suffix(".json")) as listing:
        listing.write_text(json.dumps(sizes))


def _read(
    corpus: Corpus, place: Path, form: _Form, index: Mapping[str, int]
) -> tuple[PackedPhotos | Canvases, list[int]]:
    """The photos, and the numbers of those that could not be decoded."""
    sizes = np.array(json.loads(place.with_suffix(".json").read_text()), dtype=np.int64).reshape(-1, 2)
    good, file = np.flatnonzero(sizes[:, 0]), place.with_suffix(".rgb")
    pixels = np.memmap(file, dtype=np.uint8, mode="c") if file.stat().st_size else np.empty(0, np.uint8)
    heights, widths = sizes[good].T
    ids = tuple(corpus.ids[photo] for photo in good)
    labels = torch.tensor([index[corpus.labels[photo]] for photo in good], dtype=torch.long)
    broken = np.flatnonzero(sizes[:, 0] == 0).tolist()
    if side := form.canvas_px:
        squares = torch.from_numpy(pixels).view(-1, side, side, 3).permute(0, 3, 1, 2)
        return Canvases(squares, torch.from_numpy(widths / heights).float(), labels, ids, tuple(index)), broken
    ends = np.cumsum(heights * widths * 3)
    offsets = np.concatenate([[0], ends[:-1]])
    return PackedPhotos(torch.from_numpy(pixels), offsets, heights, widths, labels, ids, tuple(index)), broken

"""From packed photos to batches: random crops and colours to train on, one fixed crop to be judged on.

Dice are thrown on the CPU, so that they fall alike on every device; everything else works on the whole batch, on the
photos' device.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import torch

from zfnet_core.training.packed import PackedPhotos, resized
from zfnet_core.training.recipe import Recipe

LUMINANCE = (0.299, 0.587, 0.114)


class TrainingPhotos(Protocol):
    """Photos that crops can be cut out of, whatever form they are kept in."""

    @property
    def ratios(self) -> torch.Tensor:
        """Width / height of every photo [N]."""
        ...

    @property
    def labels(self) -> torch.Tensor:
        """Numbers of their classes [N]."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the folders they lie in."""
        ...

    @property
    def ids(self) -> tuple[str, ...]:
        """Their names in the corpus."""
        ...

    @property
    def device(self) -> torch.device:
        """Where pictures of them are made."""
        ...

    def __len__(self) -> int: ...

    def crops(self, indices: Sequence[int], boxes: torch.Tensor, px: int) -> torch.Tensor:
        """Float [n, 3, px, px] in 0…1: of each photo its box (left, top, width, height), shares of the photo."""
        ...


def training_batch(
    photos: TrainingPhotos,
    indices: Sequence[int],
    px: int,
    area: tuple[float, float],
    recipe: Recipe,
    generator: torch.Generator,
    part: slice = slice(None),
    jitter: float | None = None,
) -> torch.Tensor:
    """Random crops of `area` (shares of the photo), mirrored and recoloured, normalised float [N, 3, px, px].

    The dice are thrown for all `indices`; pictures are made for `part` of them. So several processes that share one
    batch see together exactly what one process would see.
    """
    dice, chosen = torch.rand(8, len(indices), generator=generator), torch.as_tensor(indices)
    boxes = random_boxes(dice[:4], photos.ratios[chosen], area, recipe.crop_ratio)  # of all: the last digits are alike
    pictures = photos.crops(chosen[part].tolist(), boxes[part], px)
    return varied(pictures, dice[4:, part], recipe.jitter if jitter is None else jitter, recipe)


def varied(pictures: torch.Tensor, dice: torch.Tensor, jitter: float, recipe: Recipe) -> torch.Tensor:
    """RGB in 0…1, mirrored, recoloured by up to `jitter` and normalised, by four numbers in 0…1 for each [4, N]."""
    dice = dice.to(pictures.device, non_blocking=True)
    pictures = torch.where(dice[0].view(-1, 1, 1, 1) < 0.5, pictures.flip(3), pictures)
    pictures = recoloured(pictures, *(1 + jitter * (2 * dice[1:4] - 1)))
    return normalised(pictures, recipe)


def random_boxes(
    dice: torch.Tensor, ratios: torch.Tensor, area: tuple[float, float], crop_ratio: tuple[float, float]
) -> torch.Tensor:
    """Crops (left, top, width, height) as shares of photos of these `ratios` (width / height) [N, 4].

    Four numbers in 0…1 for each photo, `dice` [4, N], say its size, shape and place down and right: Inception's crop.
    """
    size, shape, down, right = dice
    low, high = area
    surface = (low + (high - low) * size) * ratios  # for photos of height 1
    thin, wide = (math.log(value) for value in crop_ratio)
    shapes = torch.exp(thin + (wide - thin) * shape)
    width = ((surface * shapes).sqrt() / ratios).clamp_max(1)
    height = (surface / shapes).sqrt().clamp_max(1)
    return torch.stack([right * (1 - width), down * (1 - height), width, height], 1)


def recoloured(
    batch: torch.Tensor, brightness: torch.Tensor, contrast: torch.Tensor, saturation: torch.Tensor
) -> torch.Tensor:
    """Factors [N] around 1 applied to RGB in 0…1 [N, 3, H, W]; 1 changes nothing."""
    weights = batch.new_tensor(LUMINANCE).view(1, 3, 1, 1)
    gray = (batch * weights).sum(1, keepdim=True)
    batch = torch.lerp(gray, batch, saturation.view(-1, 1, 1, 1))
    middle = gray.mean((2, 3), keepdim=True)
    return torch.lerp(middle, batch, contrast.view(-1, 1, 1, 1)).mul_(brightness.view(-1, 1, 1, 1)).clamp_(0, 1)


def normalised(batch: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """RGB in 0…1 → what the network reads, channels innermost in memory."""
    mean, std = (batch.new_tensor(values).view(1, 3, 1, 1) for values in (recipe.mean, recipe.std))
    return batch.sub_(mean).div_(std).contiguous(memory_format=torch.channels_last)


def evaluation_batch(photos: PackedPhotos, indices: Sequence[int], px: int, recipe: Recipe) -> torch.Tensor:
    """The product's own preparation: short side to 256/224 of `px`, antialiased, then the central `px` square."""
    pictures = [central_square(photos.photo(index).to(photos.device), px) for index in indices]
    return normalised(torch.cat(pictures).float().div_(255), recipe)


def central_square(photo: torch.Tensor, px: int) -> torch.Tensor:
    """uint8 [3, H, W] → [1, 3, px, px]: short side resized to px · 256/224, the middle cut out."""
    height, width = photo.shape[1:]
    short = round(px * 256 / 224)
    scale = short / min(height, width)
    size = (short, max(short, int(width * scale))) if height <= width else (max(short, int(height * scale)), short)
    resized_photo = resized(photo, size)
    top, left = (round((side - px) / 2) for side in size)
    return resized_photo[:, :, top : top + px, left : left + px]

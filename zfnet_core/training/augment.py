"""From packed photos to batches: random crops and colours to train on, one fixed crop to be judged on.

Crops are cut out one by one, because photos differ in shape, and resized with antialiasing; everything after that
works on the whole batch, on the photos' device.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch.nn import functional as F

from zfnet_core.training.packed import PackedPhotos
from zfnet_core.training.recipe import Recipe

LUMINANCE = (0.299, 0.587, 0.114)


def training_batch(
    photos: PackedPhotos,
    indices: Sequence[int],
    px: int,
    area: tuple[float, float],
    recipe: Recipe,
    generator: torch.Generator,
    part: slice = slice(None),
) -> torch.Tensor:
    """Random crops of `area` (shares of the photo), mirrored and recoloured, normalised float [N, 3, px, px].

    The dice are thrown for all `indices`; pictures are made for `part` of them. So several processes that share one
    batch see together exactly what one process would see.
    """
    count = len(indices)
    dice = torch.rand(8, count, generator=generator).tolist()
    boxes = [
        random_box(*(row[i] for row in dice[:4]), photos.heights[k], photos.widths[k], area, recipe)
        for i, k in enumerate(indices)
    ]
    pictures = []
    for i in range(count)[part]:
        top, left, height, width = boxes[i]
        crop = photos.photo(indices[i])[:, top : top + height, left : left + width]
        pictures.append(_resized(crop.to(photos.device), (px, px)))
    batch = torch.cat(pictures).float().div_(255)
    dice = torch.tensor(dice, device=batch.device)[:, part]
    batch = torch.where(dice[4].view(-1, 1, 1, 1) < 0.5, batch.flip(3), batch)
    batch = recoloured(batch, *(1 + recipe.jitter * (2 * dice[5:8] - 1)))
    return normalised(batch, recipe)


def random_box(
    size: float,
    ratio: float,
    down: float,
    right: float,
    height: int,
    width: int,
    area: tuple[float, float],
    recipe: Recipe,
) -> tuple[int, int, int, int]:
    """(top, left, height, width) of a crop, from four numbers in 0…1: its size, shape and place (Inception's crop)."""
    low, high = area
    surface = (low + (high - low) * size) * height * width
    thin, wide = (math.log(value) for value in recipe.crop_ratio)
    shape = math.exp(thin + (wide - thin) * ratio)
    crop_height = min(int(height), max(1, round(math.sqrt(surface / shape))))
    crop_width = min(int(width), max(1, round(math.sqrt(surface * shape))))
    top, left = int(down * (height - crop_height + 1)), int(right * (width - crop_width + 1))
    return min(top, int(height) - crop_height), min(left, int(width) - crop_width), crop_height, crop_width


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


def judged_batch(photos: PackedPhotos, indices: Sequence[int], px: int, recipe: Recipe) -> torch.Tensor:
    """The product's own preparation: short side to 256/224 of `px`, antialiased, then the central `px` square."""
    pictures = [central_square(photos.photo(index).to(photos.device), px) for index in indices]
    return normalised(torch.cat(pictures).float().div_(255), recipe)


def central_square(photo: torch.Tensor, px: int) -> torch.Tensor:
    """uint8 [3, H, W] → [1, 3, px, px]: short side resized to px · 256/224, the middle cut out."""
    height, width = photo.shape[1:]
    short = round(px * 256 / 224)
    scale = short / min(height, width)
    size = (short, max(short, int(width * scale))) if height <= width else (max(short, int(height * scale)), short)
    resized = _resized(photo, size)
    top, left = (round((side - px) / 2) for side in size)
    return resized[:, :, top : top + px, left : left + px]


def _resized(photo: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    picture = photo[None] if photo.device.type == "cpu" else photo[None].float()
    return F.interpolate(picture, size, mode="bilinear", align_corners=False, antialias=True)

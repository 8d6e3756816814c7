"""Photos pressed into squares of one size, so that any number of crops is cut in one sampling on the device.

What a square loses is remembered: `ratios` say how wide each photo was. A crop is read bilinearly, without
antialiasing; it is at most a little larger than the pictures made of it when the squares are not much larger than they
are (our choice; per-photo crops in `packed` are antialiased and slower).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch.nn import functional as F


@dataclass(frozen=True)
class Canvases:
    """`pixels` uint8 [N, 3, side, side]; `ratios` [N], width / height of the photos; `labels` [N] index `classes`.

    Pictures are made on `device`, whether the squares lie there too or are sent batch by batch.
    """

    pixels: torch.Tensor
    ratios: torch.Tensor
    labels: torch.Tensor
    ids: tuple[str, ...]
    classes: tuple[str, ...]
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def __len__(self) -> int:
        return len(self.ids)

    def crops(self, indices: Sequence[int] | torch.Tensor, boxes: torch.Tensor, px: int) -> torch.Tensor:
        """Float [n, 3, px, px] in 0…1 on `device`: of each photo its box (left, top, width, height), shares of it."""
        chosen = torch.as_tensor(indices, device=self.pixels.device)
        squares = self.pixels[chosen].to(self.device, non_blocking=True).float()
        return sampled(squares, boxes.to(self.device, non_blocking=True), px).div_(255)

    def on(self, device: torch.device) -> Canvases:
        """The same for pictures on `device`; the squares go along if they fill less than half a free GPU."""
        fits = device.type == "cuda" and self.pixels.numel() < torch.cuda.mem_get_info(device)[0] // 2
        return replace(self, device=device, pixels=self.pixels.to(device).contiguous() if fits else self.pixels)


def sampled(squares: torch.Tensor, boxes: torch.Tensor, px: int) -> torch.Tensor:
    """[n, 3, side, side] and boxes [n, 4] (left, top, width, height in 0…1) → [n, 3, px, px], bilinear."""
    left, top, width, height = boxes.unbind(1)
    nothing = torch.zeros_like(left)
    rows = (width, nothing, 2 * left + width - 1), (nothing, height, 2 * top + height - 1)
    places = torch.stack([torch.stack(row, 1) for row in rows], 1)
    grid = F.affine_grid(places, [len(boxes), 3, px, px], align_corners=False)
    return F.grid_sample(squares, grid, mode="bilinear", padding_mode="border", align_corners=False)

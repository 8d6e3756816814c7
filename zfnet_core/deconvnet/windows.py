"""The part of each feature map that one unit's projection can reach, for a whole batch of units at once.

A unit's receptive field, measured on a map in between instead of on the image, is a square window whose corner moves
with the unit. All signals on the way down live on such windows: values [B, size, size, maps], the maps last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from zfnet_core.models.receptive_field import ReceptiveField as Window
from zfnet_core.models.receptive_field import whole_image as whole_map


@dataclass(frozen=True, eq=False)
class Anchors:
    """Where the B units of a batch stand: the image, row and column of each, int64 [B].

    `lowest` and `highest` are the least and greatest row or column among them.
    """

    images: torch.Tensor
    rows: torch.Tensor
    columns: torch.Tensor
    lowest: int
    highest: int

    @staticmethod
    def of(places: Sequence[tuple[int, int, int]], device: torch.device) -> Anchors:
        """Anchors of (image, row, column) triples."""
        images, rows, columns = torch.tensor(places, dtype=torch.int64).T.to(device)
        positions = [position for _, *place in places for position in place]
        return Anchors(images, rows, columns, min(positions), max(positions))

    def corners(self, window: Window) -> tuple[torch.Tensor, torch.Tensor]:
        """First row and first column of each unit's window, int64 [B]; outside the map at its border."""
        return window.jump * self.rows + window.first, window.jump * self.columns + window.first

    def inside(self, window: Window, map_size: int) -> bool:
        """True if no unit's window reaches over the border of the map."""
        return window.jump * self.lowest + window.first >= 0 and window.jump * self.highest + window.last < map_size


def below(window: Window, kernel: int, stride: int, padding: int) -> Window:
    """The window on a convolution's or pool's input that belongs to `window` on its output."""
    return Window(
        jump=window.jump * stride,
        first=window.first * stride - padding,
        last=window.last * stride - padding + kernel - 1,
    )


def merged(one: Window, other: Window) -> Window:
    """The window that holds two others on the same map."""
    return one if is_whole(one) else other if is_whole(other) else one.merged(other)


def settled(window: Window, map_size: int, whole: bool = False) -> Window:
    """The window to keep: the whole map as soon as a window would be no smaller than that, or when `whole` is asked."""
    return whole_map(map_size) if whole or is_whole(window) or window.size >= map_size else window


def is_whole(window: Window) -> bool:
    """True for a window that is the same for all units: the whole map."""
    return window.jump == 0


def read(maps: torch.Tensor, anchors: Anchors, window: Window) -> torch.Tensor:
    """Cut each unit's window out of `maps` [N, rows, columns, C]: [B, size, size, C].

    What lies outside the map is filled with its border; no signal is ever there.
    """
    if is_whole(window):
        return maps if maps.shape[0] == 1 else maps.index_select(0, anchors.images)
    _, height, width, channels = maps.shape
    steps = torch.arange(window.size, device=maps.device)
    tops, lefts = anchors.corners(window)
    rows = (tops[:, None] + steps).clamp_(0, height - 1) + anchors.images[:, None] * height
    columns = (lefts[:, None] + steps).clamp_(0, width - 1)
    index = rows[:, :, None] * width + columns[:, None, :]
    return maps.reshape(-1, channels).index_select(0, index.view(-1)).view(*index.shape, channels)


def clear_outside(values: torch.Tensor, anchors: Anchors, window: Window, map_size: int) -> torch.Tensor:
    """Set to zero, in place, what a transposed filter wrote beyond the border of the map, where there are no units.

    A whole map is cropped to its size anyway.
    """
    if is_whole(window) or anchors.inside(window, map_size):
        return values
    steps = torch.arange(window.size, device=values.device)
    rows, columns = (
        ((corner[:, None] + steps >= 0) & (corner[:, None] + steps < map_size)).to(values.dtype)
        for corner in anchors.corners(window)
    )
    return values.mul_(rows[:, :, None, None] * columns[:, None, :, None])


def refit(values: torch.Tensor, anchors: Anchors, window: Window, target: Window) -> torch.Tensor:
    """Move values from `window` to the `target` window of the same map: crop or add zeros around them."""
    if window == target:
        return values
    if window.jump == target.jump:
        before, after = window.first - target.first, target.last - window.last
        return F.pad(values, (0, 0, before, after, before, after))
    tops, lefts = anchors.corners(window)
    batch, _, _, channels = values.shape
    maps = values.new_zeros(batch, target.size, target.size, channels)
    return paste(values, maps, tops.tolist(), lefts.tolist())


def paste(values: torch.Tensor, maps: torch.Tensor, tops: Sequence[int], lefts: Sequence[int]) -> torch.Tensor:
    """Put windows [B, n, n, C] on empty maps [B, rows, columns, C], in place, dropping what lies outside."""
    height, width = maps.shape[1:3]
    size = values.shape[1]
    for value, whole, top, left in zip(values, maps, tops, lefts, strict=True):
        rows = slice(max(0, top), max(0, min(height, top + size)))
        columns = slice(max(0, left), max(0, min(width, left + size)))
        whole[rows, columns] = value[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return maps

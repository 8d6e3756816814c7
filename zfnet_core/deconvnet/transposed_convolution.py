"""The transposed convolution, five ways: the same numbers, each the fastest for one kind of signal."""

from __future__ import annotations

import torch
from torch.nn import functional as F

COLOURS = 4
SPARSE = 1 / 6
FEW_PLACES = 5


def transposed(signal: torch.Tensor, weight: torch.Tensor, stride: int) -> torch.Tensor:
    """Every unit of `signal` [B, n, n, maps] adds its filter, times its value, at its place on the input map.

    `weight` [maps, inputs, k, k] as a convolution has it; returns [B, (n − 1)·stride + k, …, inputs], whose corner
    lies `padding` places outside the input map. No bias.
    """
    if signal.shape[1] == 1:
        return _of_one_place(signal, weight)
    if weight.shape[1] <= COLOURS and stride > 1:
        return _by_phases(signal, weight, stride)
    on_cpu = signal.device.type == "cpu"
    if on_cpu and stride == 1 and len(signal) > 1 and signal.shape[1] <= FEW_PLACES:
        return _as_product(signal, weight)
    overlapping = weight.shape[-1] > stride > 1
    if overlapping and on_cpu and signal.count_nonzero() < SPARSE * signal.numel():
        return _by_lit_units(signal, weight, stride)
    return F.conv_transpose2d(signal.permute(0, 3, 1, 2), weight, stride=stride).permute(0, 2, 3, 1)


def sum_of_rows(signal: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """`signal` [B, units] @ `matrix` [units, …]; where most units are silent in the whole batch, only the rows of the
    others are read."""
    lit = signal.any(dim=0).nonzero().view(-1)
    if 4 * len(lit) < len(matrix):
        return signal[:, lit] @ matrix[lit]
    return signal @ matrix


def _of_one_place(signal: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Where the walk starts there is one place, and nothing to overlap: a sum of filters is a matrix product."""
    maps, inputs, kernel, _ = weight.shape
    filters = weight.permute(0, 2, 3, 1).reshape(maps, -1)
    return sum_of_rows(signal.view(-1, maps), filters).view(-1, kernel, kernel, inputs)


def _as_product(signal: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """On the few places just below the start, of several units: one matrix product, whose rows are then laid over each
    other. Convolution routines are made for large maps and take more than twice as long there."""
    maps, inputs, kernel, _ = weight.shape
    batch, size = signal.shape[:2]
    filters = weight.permute(0, 2, 3, 1).reshape(maps, -1)
    patches = (signal.reshape(-1, maps) @ filters).view(batch, size, size, kernel, kernel, inputs)
    filtered = signal.new_zeros(batch, size + kernel - 1, size + kernel - 1, inputs)
    for down in range(kernel):
        for right in range(kernel):
            filtered[:, down : down + size, right : right + size] += patches[:, :, :, down, right]
    return filtered


def _by_phases(signal: torch.Tensor, weight: torch.Tensor, stride: int) -> torch.Tensor:
    """Down to the few colours of the image: pixels whose position has the same remainder by the stride meet the same
    taps of the filter, so a transposed convolution without stride makes all stride² such pictures, and they are
    interleaved. It runs along the columns, with the taps of the rows as further pictures that are then added up: many
    narrow outputs at once keep the processor's vectors full."""
    maps, inputs, kernel, _ = weight.shape
    batch, size = signal.shape[:2]
    taps = -(-kernel // stride)
    spare = taps * stride - kernel
    phases = F.pad(weight, (0, spare, 0, spare)).view(maps, inputs, taps, stride, taps, stride)
    phases = phases.permute(0, 2, 1, 3, 5, 4).reshape(maps, taps * inputs * stride**2, 1, taps)
    lines = F.conv_transpose2d(signal.permute(0, 3, 1, 2), phases.contiguous(memory_format=torch.channels_last))
    lines = lines.permute(0, 2, 3, 1).unflatten(3, (taps, inputs * stride**2))
    pictures = signal.new_zeros(batch, size + taps - 1, size + taps - 1, inputs * stride**2)
    for down in range(taps):
        pictures[:, down : down + size] += lines[:, :, :, down]
    size = (size - 1) * stride + kernel
    return F.pixel_shuffle(pictures.permute(0, 3, 1, 2), stride).permute(0, 2, 3, 1)[:, :size, :size]


def _by_lit_units(signal: torch.Tensor, weight: torch.Tensor, stride: int) -> torch.Tensor:
    """Just below an unpooling nine tenths of the signal are zero: add up the filters of the others only.

    One row of the filters at a time, so that the table of rows fits the processor's cache.
    """
    batch, size, _, maps = signal.shape
    _, inputs, kernel, _ = weight.shape
    values = signal.reshape(-1)
    lit = values.nonzero().view(-1)
    place = lit.div(maps, rounding_mode="floor")
    unit = lit - place * maps
    starts = torch.searchsorted(place, torch.arange(batch * size**2))
    strengths = values[lit]
    span = (size - 1) * stride + 1
    filtered = signal.new_zeros(batch, span + kernel - 1, span + kernel - 1, inputs)
    for down in range(kernel):
        taps = weight[:, :, down].transpose(1, 2).reshape(maps, -1)
        patches = F.embedding_bag(unit, taps, starts, mode="sum", per_sample_weights=strengths)
        patches = patches.view(batch, size, size, kernel, inputs)
        for right in range(kernel):
            filtered[:, down : down + span : stride, right : right + span : stride] += patches[:, :, :, right]
    return filtered

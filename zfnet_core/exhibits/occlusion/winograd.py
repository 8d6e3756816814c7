"""3×3 convolution with fewer multiplications, after Winograd (1980) and Lavin & Gray (2016).

A tile of m×m outputs needs (m + 2)² products instead of 9·m². Along one axis the filter and the m + 2 inputs are read
as polynomials, evaluated at m + 2 points, multiplied point by point and interpolated: y = A · [(G g) ⊙ (B d)].

Tiles are 3 or 4 units high and wide. The five points of a tile of three are the first five of a tile of four, so all
tiles share the same transformed filters and meet in the same matrix products.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

LARGE, SMALL = TILE_SIZES = (4, 3)
TAPS = 3
FINITE_POINTS = (0.0, 1.0, -1.0, 2.0, -0.5)
"""Evaluation points after the first, which is infinity; −½ beside 2 keeps float32 errors smaller than −2 would."""

SHARED = LARGE + 1
POINT_PAIRS = (
    *((row, SHARED) for row in range(SHARED)),
    *((row, column) for row in range(SHARED) for column in range(SHARED)),
    *((SHARED, column) for column in range(SHARED)),
    (SHARED, SHARED),
)
"""(row point, column point) of the 36 products of a 4×4 tile; every tile shape uses a run of them without gaps."""

TILE_SHAPES = ((SMALL, LARGE), (LARGE, LARGE), (LARGE, SMALL), (SMALL, SMALL))
"""(rows, columns) of the tiles; every point pair is used by a run of them without gaps."""


@cache
def pairs_used(shape: tuple[int, int]) -> slice:
    """The run of `POINT_PAIRS` that a tile of this shape (rows, columns) uses."""
    used = [place for place, pair in enumerate(POINT_PAIRS) if _uses(shape, pair)]
    return slice(used[0], used[-1] + 1)


def shapes_using(pair: tuple[int, int]) -> slice:
    """The run of `TILE_SHAPES` that uses a point pair."""
    used = [place for place, shape in enumerate(TILE_SHAPES) if _uses(shape, pair)]
    return slice(used[0], used[-1] + 1)


def _runs() -> tuple[tuple[slice, slice], ...]:
    runs: list[tuple[slice, slice]] = []
    for place, pair in enumerate(POINT_PAIRS):
        shapes = shapes_using(pair)
        if runs and runs[-1][1] == shapes:
            runs[-1] = slice(runs[-1][0].start, place + 1), shapes
        else:
            runs.append((slice(place, place + 1), shapes))
    return tuple(runs)


def _uses(shape: tuple[int, int], pair: tuple[int, int]) -> bool:
    return all(point < outputs + TAPS - 1 for outputs, point in zip(shape, pair, strict=True))


RUNS = _runs()
"""Runs of `POINT_PAIRS`, each with the run of `TILE_SHAPES` that uses all of them: one batch of products each."""


def _powers(points: tuple[float, ...], count: int) -> np.ndarray:
    """Row i holds 1, p, p², … of point i; the row of infinity picks the highest power."""
    return np.vstack([np.eye(count)[-1:], np.vander(points, count, increasing=True)])


@cache
def axis_transforms(outputs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The matrices A [m, m+2], G [m+2, 3] and B [m+2, m+2] for m = `outputs` (3 or 4), in float64.

    Each row of G is scaled by a power of two that keeps B near one; the scale is the same for both tile sizes.
    """
    largest = np.linalg.inv(_powers(FINITE_POINTS, LARGE + TAPS - 1)).T
    scale = 2.0 ** np.round(np.log2(np.abs(largest).max(axis=1, keepdims=True)))[: outputs + TAPS - 1]
    points = FINITE_POINTS[: outputs + 1]
    to_points = np.linalg.inv(_powers(points, outputs + TAPS - 1)).T
    return _powers(points, outputs).T, _powers(points, TAPS) * scale, to_points / scale


def transformed_filters(weight: torch.Tensor) -> torch.Tensor:
    """Filters [maps, C, 3, 3] at each of `POINT_PAIRS`: [36, C, maps], computed in float64 on the CPU.

    Not every device has float64 (Apple's has none).
    """
    _, g, _ = axis_transforms(LARGE)
    at_pairs = np.stack([np.kron(g[row], g[column]) for row, column in POINT_PAIRS])
    maps, channels = weight.shape[:2]
    taps = weight.cpu().double().reshape(maps * channels, TAPS * TAPS)
    spread = torch.from_numpy(at_pairs) @ taps.T
    return spread.float().view(-1, maps, channels).transpose(1, 2).contiguous().to(weight.device)


@cache
def tile_transforms(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """For one tile shape: inputs → points [pairs used, taps] and points → outputs [rows · columns, pairs used]."""
    (a_rows, _, b_rows), (a_columns, _, b_columns) = axis_transforms(rows), axis_transforms(columns)
    pairs = POINT_PAIRS[pairs_used((rows, columns))]
    to_points = np.stack([np.kron(b_rows[row], b_columns[column]) for row, column in pairs])
    to_outputs = np.stack([np.kron(a_rows[:, row], a_columns[:, column]) for row, column in pairs], axis=1)
    return to_points.astype(np.float32), to_outputs.astype(np.float32)

"""The one-axis plans against brute force: push labelled pixels through every window and compare what is seen."""

import numpy as np
import pytest

from zfnet_core.exhibits.occlusion.plan import (
    CLEAN,
    SlidingWindow,
    coarse_to_fine,
    covered_pixels,
    cut,
    through_tiles,
    through_windows,
)
from zfnet_core.exhibits.occlusion.winograd import TILE_SIZES

ZFNET = [(7, 2, 1), (3, 2, 0), (5, 2, 0), (3, 2, 0), (3, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2, 0)]
ALEXNET = [(11, 4, 2), (3, 2, 0), (5, 1, 2), (3, 2, 0), (3, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2, 0)]
VGG_BLOCK = [(3, 1, 1), (3, 1, 1), (2, 2, 0), (3, 1, 1), (3, 1, 1), (2, 2, 0)]


def windows_of(geometry, size):
    """Windows with the last one allowed to overhang where a pool rounds up (kernel 3, stride 2)."""
    windows = []
    for kernel, stride, padding in geometry:
        reach = size + 2 * padding - kernel
        out = (-(reach // -stride) if (kernel, stride) == (3, 2) else reach // stride) + 1
        windows.append(SlidingWindow(kernel, stride, padding, size, out))
        size = out
    return windows


def literal(window, below):
    """What each unit of one position sees: the tuple of everything in its window, None where nothing changed."""
    values = []
    for unit in range(window.size_out):
        places = [unit * window.stride - window.padding + tap for tap in range(window.kernel)]
        seen = tuple(below[p] if 0 <= p < window.size_in else "outside" for p in places)
        values.append(("unit", unit, seen) if any(part is not None and part != "outside" for part in seen) else None)
    return values


@pytest.mark.parametrize("geometry", [ZFNET, ALEXNET, VGG_BLOCK], ids=["zfnet", "alexnet", "vgg block"])
@pytest.mark.parametrize(("length", "starts"), [(1, [0, 30, 63]), (9, [0, 5, 10, 27, 55]), (32, [0, 1, 32]), (64, [0])])
@pytest.mark.parametrize("tiled", [False, True])
def test_every_position_sees_what_the_windows_hold(geometry, length, starts, tiled):
    view = covered_pixels(64, starts, length)
    below = [[("pixel", u) if s <= u < s + length else None for u in range(64)] for s in starts]
    for window in windows_of(geometry, 64):
        use_tiles = tiled and (window.kernel, window.stride) == (3, 1)
        plan = through_tiles(view, window, TILE_SIZES) if use_tiles else through_windows(view, window)
        above = [literal(window, values) for values in below]
        value_of_entry = {}
        for position, values in enumerate(above):
            for unit, value in enumerate(values):
                entry = plan.view.seen[position, unit]
                assert (entry == CLEAN) == (value is None)
                if value is not None:
                    assert plan.view.unit[entry] == unit
                    assert value_of_entry.setdefault(entry, value) == value, "two different values share an entry"
        _check_readings(plan, view, window)
        if not tiled:
            distinct = {value for values in above for value in values if value is not None}
            assert plan.view.entries == len(distinct), "a value is computed twice"
        view, below = plan.view, above


def _check_readings(plan, below, window):
    """Each block reads, for some position, exactly what that position sees below."""
    first = 0
    for reading in plan.readings:
        for block in range(reading.blocks):
            entries = range(first + block * reading.outputs, first + (block + 1) * reading.outputs)
            owners = [p for p in range(len(below.seen)) if np.isin(plan.view.seen[p], list(entries)).any()]
            assert owners
            start = plan.view.unit[entries[0]] * window.stride - window.padding
            for owner in owners:
                for tap in range(reading.taps):
                    place = start + tap
                    inside = 0 <= place < window.size_in
                    assert reading.unit[block, tap] == (place if inside else window.size_in)
                    assert reading.entry[block, tap] == (below.seen[owner, place] if inside else CLEAN)
        first += reading.blocks * reading.outputs
    assert first == plan.view.entries


@pytest.mark.parametrize(("rows", "columns", "coarsest"), [(21, 21, 4), (1, 7, 8), (12, 5, 1), (2, 2, 2)])
def test_levels_visit_every_position_once_and_start_coarse(rows, columns, coarsest):
    visits = np.zeros((rows, columns), dtype=int)
    levels = coarse_to_fine(rows, columns, coarsest)
    for number, level in enumerate(levels):
        for block_rows, block_columns in level:
            for some_rows, some_columns in cut(block_rows, block_columns, 10):
                assert len(some_rows) * len(some_columns) <= 10
                visits[np.ix_(some_rows, some_columns)] += 1
        step = coarsest >> number
        assert (visits[::step, ::step] == 1).all()
        assert visits.sum() == visits[::step, ::step].sum()
    assert (visits == 1).all()

"""One layer at a time against PyTorch's own, on photos that are really covered."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from zfnet_core.exhibits.occlusion.incremental_layers import PushedConvolution, pushed_filters
from zfnet_core.exhibits.occlusion.pixel_rows import PixelRows, scratch_on
from zfnet_core.exhibits.occlusion.plan import SlidingWindow, covered_pixels, through_windows
from zfnet_core.models.steps import INPUT, Conv


def convolution(weight: torch.Tensor, stride: int, padding: int, size: int) -> Conv:
    """A step of that weight on maps of `size`."""
    maps, _, kernel, _ = weight.shape
    out = (size + 2 * padding - kernel) // stride + 1
    return Conv(
        name="conv",
        inputs=(INPUT,),
        shape=(maps, out, out),
        kernel=kernel,
        stride=stride,
        padding=padding,
        weight=weight,
        bias=torch.arange(maps).float(),
    )


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(5, 2, 0), (5, 1, 2), (1, 2, 0), (3, 4, 0), (2, 3, 1)])
@pytest.mark.parametrize("length", [1, 2, 5, 24])
@torch.inference_mode()  # as a sweep runs: the thread's memory may be one's from before
def test_pushed_differences_equal_the_convolution(kernel: int, stride: int, padding: int, length: int) -> None:
    """Also where a phase of the stride meets no changed unit, or no tap at all."""
    size, starts = 24, [0, 3, 8, 24 - length]
    starts = [start for start in starts if start + length <= size]
    generator = torch.Generator().manual_seed(kernel)
    step = convolution(torch.randn(6, 20, kernel, kernel, generator=generator), stride, padding, size)
    photo = torch.randn(1, 20, size, size, generator=generator)
    clean = step.run(photo)
    window = SlidingWindow(kernel, stride, padding, size, clean.shape[-1])
    view = covered_pixels(size, starts, length)
    plan = through_windows(view, window)
    below = PixelRows(photo, 0.0)
    below.change(view, view).fill_(0.5)
    above = PixelRows(clean, 0.0)
    out = above.change(plan.view, plan.view)
    layer = PushedConvolution(step, pushed_filters(step), clean)
    if len(out):
        layer.fill(out, below, plan, plan, scratch_on(out.device))
    seen = above.all[above.seen()].view(len(starts), len(starts), *clean.shape[-2:], 6)
    for (row, top), (column, left) in product(enumerate(starts), repeat=2):
        covered = photo.clone()
        covered[..., top : top + length, left : left + length] = 0.5
        truth = step.run(covered)[0].permute(1, 2, 0)
        assert (seen[row, column] - truth).abs().max() < 1e-5 * truth.abs().max()

"""Whichever way is taken for a signal, every unit adds its filter at its place: summed here unit by unit."""

from __future__ import annotations

import pytest
import torch

from zfnet_core.deconvnet import transposed_convolution
from zfnet_core.deconvnet.transposed_convolution import transposed


def unit_by_unit(signal: torch.Tensor, weight: torch.Tensor, stride: int) -> torch.Tensor:
    batch, size, _, _ = signal.shape
    _, inputs, kernel, _ = weight.shape
    side = (size - 1) * stride + kernel
    picture = torch.zeros(batch, side, side, inputs, dtype=torch.float64)
    for image, row, column, map in signal.nonzero().tolist():
        top, left = row * stride, column * stride
        patch = weight[map].permute(1, 2, 0).double() * signal[image, row, column, map].double()
        picture[image, top : top + kernel, left : left + kernel] += patch
    return picture


@pytest.mark.parametrize(
    ("way", "batch", "size", "inputs", "kernel", "stride", "lit"),
    [
        ("_of_one_place", 3, 1, 6, 3, 1, 0.5),
        ("_as_product", 2, 2, 6, 3, 1, 0.5),
        ("_as_product", 4, 5, 7, 3, 1, 1.0),
        ("_as_product", 3, 5, 7, 5, 1, 0.05),
        ("_by_phases", 2, 6, 3, 7, 2, 0.4),
        ("_by_phases", 1, 5, 3, 11, 4, 1.0),
        ("_by_lit_units", 2, 6, 8, 5, 2, 0.05),
        (None, 1, 4, 6, 3, 1, 0.5),
        (None, 2, 7, 6, 3, 1, 0.5),
        (None, 2, 6, 8, 5, 2, 0.9),
    ],
)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last], ids=["rows", "channels"])
def test_every_way_gives_the_sum_over_units(monkeypatch, way, batch, size, inputs, kernel, stride, lit, memory_format):
    dice = torch.Generator().manual_seed(size * kernel + batch)
    weight = torch.randn(10, inputs, kernel, kernel, generator=dice).to(memory_format=memory_format)
    signal = torch.randn(batch, size, size, 10, generator=dice)
    signal *= torch.rand(signal.shape, generator=dice) < lit
    taken = []
    for name in ("_of_one_place", "_as_product", "_by_phases", "_by_lit_units"):
        original = getattr(transposed_convolution, name)
        monkeypatch.setattr(
            transposed_convolution, name, lambda *given, name=name, run=original: taken.append(name) or run(*given)
        )
    found = transposed(signal, weight, stride)
    assert taken == ([] if way is None else [way])
    expected = unit_by_unit(signal, weight, stride)
    assert found.shape == expected.shape and (found - expected).abs().max() < 1e-4

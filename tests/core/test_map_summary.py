"""Summaries of feature maps against plain NumPy."""

from __future__ import annotations

import numpy as np
import torch

from zfnet_core.forward.map_summary import summarise


def test_small_maps_are_kept_as_they_are() -> None:
    maps = torch.rand(7, 13, 13, generator=torch.Generator().manual_seed(0))
    maps[3] = 0
    summary = summarise(maps)
    values = maps.numpy()
    assert summary.reduction == 1
    np.testing.assert_allclose(summary.maxima, values.max((1, 2)))
    np.testing.assert_allclose(summary.means, values.mean((1, 2)), rtol=1e-6)
    for number in range(7):
        top = values[number].max()
        expected = np.round(values[number] / top * 255) if top else np.zeros((13, 13))
        assert np.abs(summary.pictures[number].astype(int) - expected).max() <= 1


def test_large_maps_keep_their_maxima_when_reduced() -> None:
    maps = torch.rand(4, 110, 110, generator=torch.Generator().manual_seed(1))
    summary = summarise(maps)
    assert summary.reduction == 2 and summary.pictures.shape == (4, 55, 55)
    for number in range(4):
        blocks = maps[number].numpy().reshape(55, 2, 55, 2).max((1, 3))
        assert np.abs(summary.pictures[number] - blocks / blocks.max() * 255).max() <= 0.51
    np.testing.assert_allclose(summary.means, maps.numpy().mean((1, 2)), rtol=1e-5)


def test_fully_connected_units_are_maps_of_one() -> None:
    summary = summarise(torch.tensor([0.5, -1.0, 2.0]))
    assert summary.pictures.shape == (3, 1, 1)
    np.testing.assert_allclose(summary.maxima, [0.5, -1.0, 2.0])
    assert summary.pictures.reshape(-1).tolist() == [255, 0, 255]

"""Tiles of fast convolution against PyTorch's own convolution, and how much they round."""

import numpy as np
import pytest
import torch

from zfnet_core.exhibits.occlusion.winograd import (
    POINT_PAIRS,
    TILE_SHAPES,
    pairs_used,
    shapes_using,
    tile_transforms,
    transformed_filters,
)


@pytest.mark.parametrize("shape", TILE_SHAPES)
def test_a_tile_equals_the_plain_convolution(shape):
    generator = torch.Generator().manual_seed(0)
    rows, columns = shape
    inputs = torch.randn(1, 64, rows + 2, columns + 2, generator=generator)
    weight = torch.randn(32, 64, 3, 3, generator=generator)
    to_points, to_outputs = map(torch.from_numpy, tile_transforms(rows, columns))
    points = to_points @ inputs[0].permute(1, 2, 0).reshape(-1, 64)
    products = torch.bmm(points[:, None], transformed_filters(weight)[pairs_used(shape)])[:, 0]
    outputs = (to_outputs @ products).T.reshape(32, rows, columns)
    reference = torch.nn.functional.conv2d(inputs.double(), weight.double())[0]
    error = (outputs - reference).abs().max() / reference.abs().max()
    assert error < 2e-6


def test_shapes_and_point_pairs_use_each_other_without_gaps():
    assert sorted(POINT_PAIRS) == [(row, column) for row in range(6) for column in range(6)]
    for place, shape in enumerate(TILE_SHAPES):
        used = range(len(POINT_PAIRS))[pairs_used(shape)]
        assert len(used) == (shape[0] + 2) * (shape[1] + 2)
        assert [place in range(4)[shapes_using(POINT_PAIRS[pair])] for pair in used] == [True] * len(used)
    users = sum(len(range(4)[shapes_using(pair)]) for pair in POINT_PAIRS)
    assert users == sum((rows + 2) * (columns + 2) for rows, columns in TILE_SHAPES)


def test_float64_filters_do_not_depend_on_the_weights_precision():
    weight = torch.randn(4, 3, 3, 3, generator=torch.Generator().manual_seed(1))
    assert np.array_equal(transformed_filters(weight), transformed_filters(weight.double()))

"""Signed projections as pictures: zero is mid-grey whatever else is in the picture."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from zfnet_core.deconvnet.scaling import DESCRIPTIONS, as_picture
from zfnet_core.errors import UnknownName

SCALINGS = tuple(DESCRIPTIONS)


def projection(seed: int = 0) -> torch.Tensor:
    """Something in a corner, nothing elsewhere, [3, 40, 50]."""
    pixels = torch.zeros(3, 40, 50)
    pixels[:, 5:30, 10:35] = torch.randn(3, 25, 25, generator=torch.Generator().manual_seed(seed))
    return pixels


@pytest.mark.parametrize("scaling", SCALINGS)
def test_zero_is_exactly_mid_grey(scaling: str):
    picture = as_picture(projection() * 1e-6, scaling)
    assert picture.shape == (40, 50, 3)
    assert picture.dtype == np.uint8
    assert (picture[:5] == 128).all()
    assert (picture[30:] == 128).all()
    assert (picture[5:30, 10:35] != 128).any()


@pytest.mark.parametrize("scaling", SCALINGS)
def test_an_empty_projection_is_flat_grey(scaling: str):
    assert (as_picture(torch.zeros(3, 8, 8), scaling) == 128).all()


@pytest.mark.parametrize("scaling", SCALINGS)
def test_brightness_keeps_order_sign_and_does_not_depend_on_scale(scaling: str):
    pixels = projection()
    picture = as_picture(pixels, scaling).astype(int)
    values, levels = pixels.permute(1, 2, 0).flatten().numpy(), picture.flatten()
    assert (np.diff(levels[np.argsort(values, kind="stable")]) >= 0).all()
    assert (levels[values > 0] >= 128).all()
    assert (levels[values < 0] <= 128).all()
    assert np.abs(as_picture(pixels * 1000, scaling).astype(int) - picture).max() <= 1


def test_the_logistic_curve_gives_the_root_mean_square_its_share_of_contrast():
    """1 / (1 + exp(−k · x)), k from the value that has to come out at x = r: 70 % of full brightness."""
    pixels = projection()
    lit = pixels[pixels != 0].double().numpy()
    r = math.sqrt(sum(value * value for value in lit.tolist()) / len(lit))
    k = math.log(0.7 / 0.3) / r
    expected = 255 / (1 + np.exp(-k * pixels.numpy()))
    assert np.abs(as_picture(pixels, "sigmoid").transpose(2, 0, 1) - expected).max() <= 1.01


def test_pictures_of_every_kind_get_like_contrast():
    """Values all of one size (a filter of layer 1) are not driven to pure colours, rare large ones not left pale."""
    dice = torch.Generator().manual_seed(5)
    even = torch.rand(3, 30, 30, generator=dice) * 2 - 1
    peaked = torch.randn(3, 30, 30, generator=dice) ** 3
    contrast = [np.abs(as_picture(pixels, "sigmoid").astype(int) - 128).mean() for pixels in (even, peaked)]
    assert all(15 < value < 60 for value in contrast)
    saturated = [(np.abs(as_picture(pixels, "sigmoid").astype(int) - 128) > 120).mean() for pixels in (even, peaked)]
    assert saturated[0] == 0 and saturated[1] < 0.05


def test_the_linear_scale_clips_half_a_percent():
    pixels = projection()
    high = np.quantile(pixels[pixels != 0].abs().numpy(), 0.995)
    expected = 255 * (0.5 + 0.5 * pixels.numpy() / high).clip(0, 1)
    assert np.abs(as_picture(pixels, "symmetric").transpose(2, 0, 1) - expected).max() <= 1.01


def test_each_picture_of_a_batch_is_scaled_by_itself():
    batch = torch.stack([projection(0), projection(1) * 1000, torch.zeros(3, 40, 50)])
    pictures = as_picture(batch)
    assert pictures.shape == (3, 40, 50, 3)
    for picture, pixels in zip(pictures, batch, strict=True):
        assert np.array_equal(picture, as_picture(pixels))


def test_only_positive_values_still_make_a_picture():
    picture = as_picture(projection().abs(), "sigmoid")
    assert picture.min() == 128
    assert 200 < picture.max() <= 255
    assert len(np.unique(picture)) > 30


def test_wrong_questions_are_refused():
    with pytest.raises(UnknownName, match="no scaling “min–max”"):
        as_picture(projection(), "min–max")
    with pytest.raises(ValueError, match=r"this one has \[1, 4, 4\]"):
        as_picture(torch.zeros(1, 4, 4))


def test_every_scaling_says_that_it_is_our_choice():
    assert all("our choice" in sentence and "mid-grey" in sentence for sentence in DESCRIPTIONS.values())

"""What a training film says in numbers, with numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.core.test_run_film import film_by_hand
from zfnet_core.exhibits.evolution.summary import change_per_epoch, changed_and_stayed, settled_epoch


@pytest.fixture
def pictures() -> np.ndarray:
    """Map 3 turns by 90° and then stays; map 8 appears in column 2 and turns to its negative. Epochs 0, 1, 5, 10."""
    made = np.full((2, 4, 1, 2, 3), 128, np.uint8)
    made[0, 0, 0, 0], made[0, 1:, 0, 1] = 228, 228
    made[1, 2, 0, 0], made[1, 3, 0, 0] = 228, 28
    return made


def test_change_is_spread_over_the_epochs_of_a_gap(pictures):
    film = film_by_hand([[1, 1, 1, 1], [0, 0, 1, 1]], pictures)
    change = change_per_epoch(film, "conv1")
    assert np.isnan(change[0])
    np.testing.assert_allclose(change[1:], [1 / 1, 0.5 / 4, 1 / 5], atol=1e-6)
    assert settled_epoch(film, "conv1") is None
    assert settled_epoch(film, "conv1", below=0.15) is None
    assert settled_epoch(film, "conv1", below=0.25) == 5


def test_maps_whose_photo_changed_are_told_from_the_others(pictures):
    film = film_by_hand([[1, 1, 1, 1], [0, 0, 1, 1]], pictures)
    layer = film.layers[0]
    layer.photo_ids[:] = [["a", "b", "b", "b"], ["a", "a", "c", "d"]]
    changed, stayed = changed_and_stayed(layer)
    np.testing.assert_allclose(changed, [np.nan, 1, 1, 2], atol=1e-6)
    np.testing.assert_allclose(stayed, [np.nan, np.nan, 0, 0], atol=1e-6)

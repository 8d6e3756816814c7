"""Games: each round has one right photo by its rule, against a literal second look at the maps."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from zfnet_core.exhibits.games import OFFERED, SHOWN, deal_map, deal_photo
from zfnet_core.exhibits.games.rounds import CLEAR
from zfnet_core.forward.map_summary import MapSummary

PHOTOS = ("a", "b", "c", "d", "e", "f")


def summary_of(photo: str) -> MapSummary:
    maxima = np.random.default_rng(ord(photo)).exponential(1.0, 40).astype(np.float32)
    return MapSummary(np.zeros((40, 2, 2), np.uint8), maxima, maxima / 2, 1)


@pytest.mark.parametrize("seed", range(8))
def test_the_maps_are_the_right_photos_strongest(seed: int) -> None:
    dealt = deal_photo(Random(seed), PHOTOS, "conv3", summary_of)
    assert len(set(dealt.photos)) == OFFERED and len(dealt.maps) == SHOWN
    maxima = summary_of(dealt.photos[dealt.right]).maxima
    left = sorted(set(range(40)) - set(dealt.maps))
    assert min(maxima[list(dealt.maps)]) >= max(maxima[left])
    assert list(maxima[list(dealt.maps)]) == sorted(maxima[list(dealt.maps)], reverse=True)


@pytest.mark.parametrize("seed", range(8))
def test_the_right_photo_excites_the_map_most_and_clearly(seed: int) -> None:
    dealt = deal_map(Random(seed), PHOTOS, "conv4", summary_of)
    (number,) = dealt.maps
    values = [float(summary_of(photo).maxima[number]) for photo in dealt.photos]
    assert list(dealt.activations) == values
    first, second = sorted(values, reverse=True)[:2]
    assert values[dealt.right] == first >= CLEAR * second


def test_where_no_map_is_clear_the_clearest_is_taken() -> None:
    flat = MapSummary(np.zeros((3, 1, 1), np.uint8), np.ones(3, np.float32), np.ones(3, np.float32), 1)
    assert deal_map(Random(1), PHOTOS, "conv5", lambda photo: flat).right in range(OFFERED)


def test_every_photo_is_right_sometimes() -> None:
    right = {deal_photo(Random(seed), PHOTOS, "conv1", summary_of).right for seed in range(40)}
    assert right == set(range(OFFERED))

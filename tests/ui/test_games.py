"""The pictures of a round."""

from __future__ import annotations

import numpy as np

from ui.games.pictures import GAP, sheet
from ui.games.play import TOGETHER
from zfnet_core.exhibits.games import OFFERED
from zfnet_core.photos import samples


def test_tiles_lie_side_by_side() -> None:
    tiles = [np.full((4, 5, 3), value, np.uint8) for value in (10, 20, 30)]
    picture = sheet(tiles, 2)
    assert picture.shape == (2 * (4 + GAP) + GAP, 2 * (5 + GAP) + GAP, 3)
    assert (picture[GAP, GAP, 0], picture[GAP, 2 * GAP + 5, 0], picture[2 * GAP + 4, GAP, 0]) == (10, 20, 30)


def test_there_are_enough_photos_for_a_round() -> None:
    assert set(samples.names()) >= TOGETHER
    assert len(set(samples.names()) - TOGETHER) > OFFERED

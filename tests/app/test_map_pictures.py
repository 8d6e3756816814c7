"""Saved pictures: their colours at known values, and the field's frame where it belongs."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from ui.shell.saving import csv_file, png_file
from zfnet_core.drawing.map_pictures import atlas_picture, crop_picture, field_picture, map_picture, viridis
from zfnet_core.forward.map_summary import MapSummary


def test_a_map_runs_from_dark_violet_to_yellow() -> None:
    picture = map_picture(np.array([[0.0, 1.0], [2.0, 4.0]]))
    side = picture.shape[0] // 2
    assert picture[0, 0].tolist() == [68, 1, 84] and picture[-1, -1].tolist() == [253, 231, 37]
    assert picture[side + 1, 0].tolist() == viridis()[128].tolist()
    assert map_picture(np.zeros((3, 3))).reshape(-1, 3).max(0).tolist() == [68, 1, 84]


def test_the_atlas_keeps_the_order() -> None:
    pictures = np.zeros((3, 2, 2), np.uint8)
    pictures[2] = 255
    sheet = atlas_picture(MapSummary(pictures, np.ones(3), np.ones(3), 1), [2, 0, 1], "map")
    assert sheet[4, 4].tolist() == [253, 231, 37] and sheet[0, 0].tolist() == [255, 255, 255]


def test_the_atlas_can_share_one_scale() -> None:
    pictures = np.full((2, 1, 1), 255, np.uint8)  # both reach their own maximum
    summary = MapSummary(pictures, np.array([4.0, 2.0], np.float32), np.ones(2), 1)
    colours = {tuple(colour) for colour in atlas_picture(summary, [0, 1], "layer").reshape(-1, 3).tolist()}
    assert colours == {(255, 255, 255), (253, 231, 37), tuple(viridis()[128].tolist())}
    assert len({tuple(c) for c in atlas_picture(summary, [0, 1], "map").reshape(-1, 3).tolist()}) == 2


def test_the_crop_is_bright_and_framed() -> None:
    photo = np.full((40, 60, 3), 200, np.uint8)
    picture = crop_picture(photo, (5, 10, 35, 40))
    assert picture[20, 20].tolist() == [200] * 3 and picture[20, 50].tolist() == [90] * 3
    assert picture[5, 10].tolist() == picture[34, 39].tolist() == [255] * 3


def test_outside_the_field_is_dim() -> None:
    photo = np.full((20, 20, 3), 100, np.uint8)
    picture = field_picture(photo, (5, 6, 12, 14))
    assert picture[8, 9].tolist() == [100] * 3 and picture[0, 0].tolist() == [20] * 3
    assert picture[5, 6].tolist() == picture[11, 13].tolist() == [255, 77, 109]


def test_files_can_be_read_back() -> None:
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png_file(lambda: pixels)()))), pixels)
    values = np.array([[0.5, 1.25], [2.0, 3e-7]])
    assert np.allclose(np.loadtxt(io.BytesIO(csv_file(values)()), delimiter=","), values)

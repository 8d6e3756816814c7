"""What is saved of Table 1: the hidden photos, every pair, and the script, which must repeat both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.core.saved_scripts import in_this_python
from zfnet_core.exhibits import correspondence
from zfnet_core.exhibits.correspondence.measure import PARTS, RANDOM, verdict
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import marked_faces, samples
from zfnet_core.photos.framed import FramedPhoto, inputs

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def network() -> Network:
    return zoo.load(zoo.DEFAULT)


@pytest.fixture(scope="module")
def photos() -> list[FramedPhoto]:
    return [FramedPhoto(one.photo) for one in marked_faces.load("people")]


@pytest.fixture(scope="module")
def found(network: Network, photos: list[FramedPhoto]) -> correspondence.Result:
    faces = marked_faces.load("people")
    points = (marked_faces.input_points(face, network.preprocessing) for face in faces)
    whole = tuple(tuple((round(x), round(y)) for x, y in one) for one in points)
    images = inputs(photos, network.preprocessing)
    *_, result = correspondence.compute(network, images, correspondence.Settings(whole, ("fc7",), repeats=2))
    return result


def test_the_script_repeats_numbers_and_figure(
    network: Network,
    photos: list[FramedPhoto],
    found: correspondence.Result,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = in_this_python(correspondence.script(network, photos, found.settings, "people"), tmp_path, capsys)
    for part in (*PARTS, RANDOM):
        assert f"{found.mean(part, 'fc7'):.4f} ± {found.spread(part, 'fc7'):.4f}" in printed
    assert verdict(found) in printed
    images = inputs(photos, network.preprocessing)
    page = correspondence.figure(network, images, found, [one.title for one in photos])
    assert (tmp_path / "correspondence.png").read_bytes() == page.file("png")


def test_the_script_names_photos_that_are_no_marked_set(network: Network, found: correspondence.Result) -> None:
    chosen = [FramedPhoto(samples.load("rocket")), FramedPhoto(samples.load("coins"))]
    text = correspondence.script(network, chosen, found.settings)
    assert "FramedPhoto(samples.load('rocket'))," in text and "marked_faces.load" not in text


def test_the_csv_holds_every_pair(found: correspondence.Result) -> None:
    lines = [line.split(",") for line in correspondence.csv(found).splitlines()]
    assert len(lines) == 1 + 10 * (3 + 2) and lines[0][-1] == "fc7"
    assert lines[1][:4] == ["right eye", "1", "1", "2"] and lines[-1][:4] == [RANDOM, "2", "4", "5"]
    assert float(lines[-1][4]) == pytest.approx(found.signs_differ[RANDOM][1, -1, 0], rel=1e-5)


def test_the_figure_hides_what_was_hidden(
    network: Network, photos: list[FramedPhoto], found: correspondence.Result
) -> None:
    drawn = correspondence.figure(network, inputs(photos, network.preprocessing), found, ["a"] * 5).pixels()
    side, step = 180, 192
    first = drawn[33 : 33 + side, 12 : 12 + side].astype(int)
    mean = np.array([round(255 * value) for value in network.preprocessing.mean])
    for column, part in enumerate((*PARTS, RANDOM), start=1):
        hidden = drawn[33 : 33 + side, 12 + column * step : 12 + column * step + side].astype(int)
        top, left, bottom, right = found.boxes[part][0][0] * side // 224
        inside = hidden[top + 3 : bottom - 2, left + 3 : right - 2]
        assert np.abs(inside - mean).max() <= 1
        changed = np.abs(hidden - first).max(axis=2) > 4
        changed[max(0, top - 3) : bottom + 3, max(0, left - 3) : right + 3] = False
        assert not changed.any()

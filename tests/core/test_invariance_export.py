"""What is saved of Fig. 5: the figure, the numbers, and the script, which must repeat both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.core.saved_scripts import in_this_python
from zfnet_core.exhibits import invariance
from zfnet_core.exhibits.invariance.figure import COLOURS, Panel, amount_ticks, words
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.decoding import open_image
from zfnet_core.photos.framed import FramedPhoto, inputs
from zfnet_core.photos.images import Crop, shown
from zfnet_core.photos.transforms import TRANSFORMATIONS

torch.set_num_threads(1)
PHOTOS = [FramedPhoto(samples.load("chelsea")), FramedPhoto(samples.load("coffee"), Crop(0.0, 1.0))]
VIEW = invariance.View(("Cat", "Cup"), (3, 4), (4, 1), step=2)


@pytest.fixture(scope="module")
def network() -> Network:
    return zoo.load(zoo.DEFAULT)


@pytest.fixture(scope="module")
def curves(network: Network) -> invariance.Result:
    settings = invariance.Settings("down", (-10.0, 0.0, 10.0), "edge")
    *_, found = invariance.compute(network, inputs(PHOTOS, network.preprocessing), settings)
    return found


def test_the_script_repeats_numbers_and_figure(
    network: Network, curves: invariance.Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = in_this_python(invariance.script(network, PHOTOS, curves.settings, VIEW), tmp_path, capsys)
    columns = curves.distance("conv1")[1], curves.distance("fc7")[1], curves.probabilities[1, :, 4]
    for low, high, probability in zip(*columns, strict=True):
        assert f"{low:.5f} {high:.5f} {probability:.5f}" in printed
    images = inputs(PHOTOS, network.preprocessing)
    page = invariance.figure(network, images, curves, VIEW)
    assert (tmp_path / "invariance.png").read_bytes() == page.file("png")


def test_photos_and_weights_of_ones_own_are_read_from_files(network: Network, curves: invariance.Result) -> None:
    photo = samples.load("coffee")
    own = open_image(samples.sample("coffee").path.read_bytes(), "cup.png")
    text = invariance.script(network, [FramedPhoto(own), FramedPhoto(photo)], curves.settings, VIEW)
    assert text.count("# put your own file here") == 1 and "samples.load('coffee')" in text
    assert 'open_image(Path("my-photo.jpg").read_bytes()' in text


def test_the_csv_holds_every_number(network: Network, curves: invariance.Result) -> None:
    lines = invariance.csv(curves, network.labels, VIEW).splitlines()
    assert len(lines) == 1 + 2 * 3
    cells = lines[4].split(",")
    assert cells[:3] == ["Cup", "-10", network.labels[4]]
    assert float(cells[5 + curves.layers.index("fc7")]) == pytest.approx(curves.distance("fc7")[1, 0], rel=1e-4)


def test_the_figure_shows_the_photos_as_they_are_moved_and_the_curves_in_their_colours(
    network: Network, curves: invariance.Result
) -> None:
    drawn = invariance.figure(network, inputs(PHOTOS, network.preprocessing), curves, VIEW).pixels()
    found = {tuple(pixel) for pixel in drawn.reshape(-1, 3)}
    colours = [tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5)) for colour in COLOURS]
    assert [colour in found for colour in colours] == [False, True, False, False, True]
    photo_px = (1320 - 6 * 20) // 5
    picture = drawn[62 : 62 + photo_px, 20 : 20 + photo_px].astype(float)
    expected = np.asarray(
        Image.fromarray(shown(PHOTOS[0].photo, network.preprocessing)).resize((photo_px, photo_px)), float
    )
    shift = round(10 * photo_px / 224)  # the last of the three amounts: 10 px down
    assert np.abs(picture[shift:] - expected[:-shift]).mean() < 6 < np.abs(picture - expected).mean()


def test_panels_are_put_in_words(curves: invariance.Result) -> None:
    values, names = curves.distance("conv1"), ["Cat", "Cup"]
    said = words(Panel("conv1", "conv1, relative distance", values), curves, names)
    assert f"Cup: {values[1, 0]:.3g} at −10 px" in said and said.startswith("Line chart, conv1, relative distance over")
    partly = values.copy()
    partly[1] = np.nan
    assert "Cup is not computed yet" in words(Panel("conv1", "conv1", partly), curves, names)


def test_axes_have_round_ticks_that_reach_the_data() -> None:
    panel = Panel("probability", "", np.array([[0.1, 0.93, np.nan]]), share=True)
    assert [text for _, text in panel.ticks] == ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]
    assert panel.top == pytest.approx(1.02)
    assert [text for _, text in Panel("", "", np.array([[0.0, 7.0]])).ticks] == ["0", "2", "4", "6"]
    assert Panel("", "", np.array([[np.nan]])).top == Panel("", "", np.zeros((1, 1))).top == 1
    kinds = TRANSFORMATIONS
    assert [text for _, text in amount_ticks(kinds["rotation"], kinds["rotation"].amounts)] == ["0", "90", "180", "270"]
    assert [text for _, text in amount_ticks(kinds["down"], kinds["down"].fine)] == ["−10", "−5", "0", "5", "10"]
    steps = [text for _, text in amount_ticks(kinds["scale"], kinds["scale"].amounts)]
    assert steps == ["1", "1.2", "1.4", "1.6", "1.8"]

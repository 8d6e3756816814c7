"""What is saved of Fig. 6: the pictures, the measures, and the script, which must repeat them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.core.saved_scripts import in_a_fresh_python
from zfnet_core.drawing.tiles import GAP_PX, tiled
from zfnet_core.exhibits import comparison
from zfnet_core.exhibits.comparison.comparison import MEASURES
from zfnet_core.exhibits.comparison.figure import filter_sheet, gallery_sheet, side_by_side
from zfnet_core.exhibits.comparison.filter_spectrum import filter_spectrum
from zfnet_core.exhibits.comparison.findings import verdict
from zfnet_core.exhibits.comparison.layer_pictures import filter_pictures, strongest_pictures
from zfnet_core.exhibits.comparison.measurements import Portrait, portrait_of
from zfnet_core.forward.trace import trace
from zfnet_core.models import checkpoints, zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.framed import FramedPhoto, inputs
from zfnet_core.photos.images import Crop, shown

torch.set_num_threads(1)
PHOTOS = [FramedPhoto(samples.load("coffee"), Crop(0.0, 1.0))]


def test_the_script_for_weights_of_ones_own_repeats_the_numbers_from_files(tmp_path: Path) -> None:
    """A network of somebody's against a bundled one, in a fresh Python, with the file where the script says."""
    entry = zoo.entry("zfnet-classroom")
    module = zoo.untrained(entry, seed=3).module
    state = {key: value.contiguous() for key, value in module.state_dict().items()}
    save_file(state, tmp_path / "my-first-weights.safetensors")
    own = checkpoints.load_checkpoint(tmp_path / "my-first-weights.safetensors", entry)
    assert own.name not in zoo.names()
    networks = own, zoo.load("alexnet-classroom")
    *_, found = comparison.compute(*networks, inputs(PHOTOS, own.preprocessing))
    text = comparison.script(networks, PHOTOS)
    assert text.count("# put your own file here") == 1
    printed = in_a_fresh_python(text, tmp_path)
    for measure in MEASURES:
        assert found.sentence(measure) in printed
    further = [pair for measure in MEASURES for pair in measure.further]
    for key, title in further:
        first, second = found.values(key)
        assert f"{title}: {100 * first:.1f} % | {100 * second:.1f} %" in printed
    assert verdict(found) in printed


def test_the_csv_holds_every_measure() -> None:
    networks = [zoo.load(name) for name in ("zfnet-classroom", "alexnet-classroom")]
    found = comparison.Result(*(from_filters(network) for network in networks), done=1.0)
    lines = list(csv.reader(io.StringIO(comparison.csv(found))))
    titles = [title for measure in MEASURES for title in (measure.title, *dict(measure.further).values())]
    assert [line[0] for line in lines] == ["measure", *titles]
    for measure in MEASURES:
        line = next(line for line in lines if line[0] == measure.title)
        values = ["" if value is None else f"{value:.6g}" for value in found.values(measure.key)]
        assert line[1:4] == [*values, found.outcome(measure)]


def from_filters(network: Network) -> Portrait:
    """What needs no photos: enough for a table."""
    return replace(portrait_of(network), spectrum=filter_spectrum(network))


def test_the_figure_holds_both_networks_at_one_scale() -> None:
    networks = [zoo.load(name) for name in ("zfnet-classroom", "alexnet-classroom")]
    found = comparison.Result(*(from_filters(network) for network in networks), done=1.0)
    second = []
    for network in networks:
        traced = trace(network, inputs(PHOTOS, network.preprocessing))
        pixels = shown(PHOTOS[0].photo, network.preprocessing, PHOTOS[0].crop)
        second.append(strongest_pictures(traced, pixels, "conv2", 4))
    drawn = comparison.figure(networks, found, second).pixels()
    assert drawn.dtype == np.uint8 and drawn.shape[2] == 3
    for sheet in (filter_sheet(networks[0]), filter_sheet(networks[1])):
        assert contains(drawn[:120], sheet[GAP_PX : GAP_PX + 28, GAP_PX : GAP_PX + 28, :3])


def contains(picture: np.ndarray, part: np.ndarray) -> bool:
    windows = np.lib.stride_tricks.sliding_window_view(picture[..., 0], part.shape[:2])
    return bool((windows == part[..., 0]).all(axis=(2, 3)).any())


def test_tiles_keep_every_pixel_and_mark_what_is_dead() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (5, 7, 7, 3), np.uint8)
    sheet = tiled(pictures, columns=3, times=4, marked=[4])
    step = 7 * 4 + 2 * GAP_PX
    assert sheet.shape == (2 * step, 3 * step, 4)
    assert np.array_equal(sheet[step + GAP_PX + 4 * 6, GAP_PX + 4 * 2, :3], pictures[3, 6, 2])
    assert sheet[0, 0, 3] == 0 and sheet[step, step, 3] == 255
    assert sheet[-1, -1, 3] == 0


def test_sheets_side_by_side_keep_their_sizes() -> None:
    small, large = np.full((4, 5, 4), 7, np.uint8), np.full((9, 8, 4), 9, np.uint8)
    both = side_by_side([small, large])
    assert both.shape[0] == 9 and np.array_equal(both[:4, :5], small) and np.array_equal(both[:, -8:], large)
    assert not both[4:, :5].any() and not both[:, 5:-8].any()


def test_filters_are_drawn_pixel_by_pixel() -> None:
    network = zoo.load("alexnet-classroom")
    sheet, pictures = filter_sheet(network, times=2), filter_pictures(network)
    assert np.array_equal(sheet[GAP_PX : GAP_PX + 22 : 2, GAP_PX : GAP_PX + 22 : 2, :3], pictures[0])


def test_a_gallery_is_drawn_from_the_strongest_of_maps_over_the_whole_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    network = zoo.untrained(zoo.entry("zfnet-classroom"))
    assert gallery_sheet(network) is None, "the gallery is of other weights"
    asked: list[int] = []

    class Gallery:
        def tiles(self, layer: str, map: int) -> np.ndarray:
            asked.append(map)
            return np.full((9, 5, 5, 3), map % 256, np.uint8)

    monkeypatch.setitem(gallery_sheet.__globals__, "bundled", lambda network: Gallery())
    sheet = gallery_sheet(network)
    assert sheet is not None and (asked[0], asked[-1], len(asked)) == (0, 255, 24)
    assert sheet.shape[:2] == (4 * (5 * 2 + 6), 6 * (5 * 2 + 6)) and set(sheet[..., 0].ravel()) >= set(asked)

"""The pictures behind the strongest units: made right, kept small, found again."""

from __future__ import annotations

import io
import shutil
import zipfile
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.core.tiny_searches import tiny_zfnet
from zfnet_core.deconvnet.projection import Unit, project
from zfnet_core.deconvnet.scaling import as_picture
from zfnet_core.forward.trace import trace
from zfnet_core.models import zoo
from zfnet_core.photos.corpus import Corpus, open_corpus
from zfnet_core.photos.graphics import extreme_share, is_graphic, two_tone_share
from zfnet_core.top_activations import gallery as galleries
from zfnet_core.top_activations.gallery import Gallery, build, cell_px, sprite, tile
from zfnet_core.top_activations.order import descending, response, unlike_maps, unlikeness
from zfnet_core.top_activations.patches import in_parts_by_photo, patch, places, projections, window
from zfnet_core.top_activations.search import search
from zfnet_core.top_activations.strongest import Strongest, TopActivations

LAYERS = ["conv1", "conv2", "conv3", "conv4", "conv5"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Corpus:
    """Photos without flat parts: where everything is equal, the last digits decide which switch a pool takes."""
    folder = tmp_path_factory.mktemp("photos")
    for number in range(30):
        pixels = np.random.default_rng(number).integers(0, 256, (20, 22, 3), np.uint8)
        Image.fromarray(pixels).resize((90, 80), Image.Resampling.BICUBIC).save(folder / f"{number:02d}.png")
    return open_corpus([folder])


@pytest.fixture(scope="module")
def found(network, corpus, tmp_path_factory) -> TopActivations:
    *_, last = search(network, corpus, batch_size=8, folder=tmp_path_factory.mktemp("found"))
    return last.result


@pytest.fixture(scope="module")
def gallery(network, corpus, found, tmp_path_factory) -> Gallery:
    path = tmp_path_factory.mktemp("gallery") / "tiny.zip"
    steps = list(build(network, corpus, found, path, 95, "test photos", credit="by nobody", patch_quality=95))
    units = sum(len(places(found, layer, range(network.layer(layer).maps))) for layer in LAYERS)
    assert steps == [(done, units) for done in range(1, units + 1)]
    return Gallery.open(path)


def test_projections_are_those_of_each_unit_on_its_own_photo(network, corpus, found):
    wanted = [place for layer in LAYERS for place in places(found, layer, [0, 2, 5])]
    made = dict(projections(network, corpus, wanted, photos_at_once=5))
    assert sorted(made) == list(range(len(wanted)))
    for index in range(0, len(wanted), 7):
        place = wanted[index]
        traced = trace(network, corpus.prepare(place.photo, network.preprocessing)[None])
        whole = project(traced, place.layer, [place.unit])
        top, left, size = window(network, place.layer, place.unit)
        padded = torch.nn.functional.pad(whole.pixels[0], (size,) * 4)
        part = padded[:, size + top : size + top + size, size + left : size + left + size]
        torch.testing.assert_close(made[index], part, rtol=1e-4, atol=1e-6)
        value = found.layers[place.layer].values[place.unit.map, place.rank]
        assert whole.values[0] == pytest.approx(float(value), rel=1e-4, abs=1e-5)


def test_workers_share_photos_without_sharing_any(found):
    wanted = places(found, "conv3", range(10))
    parts = in_parts_by_photo(wanted, 2)
    assert sorted(map(repr, parts[0] + parts[1])) == sorted(map(repr, wanted))
    assert not {place.photo for place in parts[0]} & {place.photo for place in parts[1]}


def test_a_patch_is_the_receptive_field_with_grey_beyond_the_edge():
    network = zoo.untrained(zoo.entry("zfnet-classroom"))
    shown = np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)
    for name in LAYERS:
        field, (_, rows, columns) = network.layer(name).receptive_field, network.layer(name).shape
        for row, column in ((0, 0), (rows - 1, columns - 1), (rows // 2, 0)):
            seen = patch(shown, window(network, name, Unit(0, row, column)))
            assert seen.shape == (field.size, field.size, 3)
            for y in range(0, field.size, 6):
                for x in range(0, field.size, 6):
                    v, u = field.jump * row + field.first + y, field.jump * column + field.first + x
                    inside = 0 <= v < 224 and 0 <= u < 224
                    assert (seen[y, x] == (shown[v, u] if inside else 128)).all()


def test_units_that_see_more_than_the_photo_are_shown_the_photo():
    network = zoo.untrained(zoo.entry("resnet18"))
    deepest = network.layers[-2]
    assert deepest.receptive_field.size > 224
    assert window(network, deepest.name, Unit(0, 3, 3)) == (0, 0, 224)


def smaller(pixels: torch.Tensor, side: int) -> torch.Tensor:
    """[3, H, W] → [3, side, side] by Pillow, which averages over what becomes one pixel."""
    parts = [Image.fromarray(part.numpy(), "F").resize((side, side), Image.Resampling.BILINEAR) for part in pixels]
    return torch.from_numpy(np.stack([np.asarray(part) for part in parts]))


def test_a_gallery_shows_every_patch_beside_its_projection(network, corpus, found, gallery):
    assert gallery.has_patches and gallery.credit == "by nobody"
    for layer in LAYERS:
        side = gallery.tile_px(layer)
        for map in (1, 4):
            kept = gallery.patches(layer, map)
            for place in places(found, layer, [map]):
                seen = corpus.shown(place.photo, network.preprocessing)
                cut = Image.fromarray(patch(seen, window(network, layer, place.unit)))
                expected = np.asarray(cut.resize((side, side), Image.Resampling.LANCZOS))
                if side <= 16:
                    np.testing.assert_array_equal(kept[place.rank], expected)
                else:  # as with the projections
                    brightness = [picture @ np.array([0.299, 0.587, 0.114]) for picture in (kept[place.rank], expected)]
                    assert np.abs(brightness[0] - brightness[1]).mean() < 4


def test_a_gallery_says_what_the_photos_of_a_map_show(tmp_path, network):
    """Counted here over the folders; a map that nothing excites shows nothing."""
    for folder, numbers in (("wild_cat", range(3)), ("sail", range(3, 7))):
        (tmp_path / "photos" / folder).mkdir(parents=True)
        for number in numbers:
            pixels = np.random.default_rng(number).integers(0, 256, (80, 90, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / folder / f"{number}.png")
    corpus = open_corpus([tmp_path / "photos"])
    *_, last = search(network, corpus, layers=["conv1", "conv2"], batch_size=4, folder=tmp_path / "found")
    for _ in build(network, corpus, last.result, tmp_path / "gallery.zip", 50, "test photos"):
        pass
    gallery = Gallery.open(tmp_path / "gallery.zip")
    assert not gallery.has_patches and gallery.patches("conv1", 0) is None and gallery.credit == ""
    assert gallery.shows("conv1", 1) == [("sail", 4), ("wild cat", 3)]
    assert gallery.shows("conv2", 3) == []


def test_graphics_are_told_from_photographs():
    dice = np.random.default_rng(1)
    noise = dice.integers(30, 220, (224, 224, 3), np.uint8)
    assert not is_graphic(noise)
    on_white = noise.copy()
    on_white[:, :60] = 250
    assert extreme_share(on_white) == pytest.approx(60 / 224) and is_graphic(on_white)
    on_black = noise.copy()
    on_black[:60] = (3, 9, 15)
    assert is_graphic(on_black) and not is_graphic(np.where(on_black < 20, 40, on_black).astype(np.uint8))
    two = np.full((224, 224, 3), (90, 160, 60), np.uint8)
    two[50:90] = (200, 20, 20)
    assert two_tone_share(two) == 1 and is_graphic(two)


def test_a_gallery_shows_every_projection(network, corpus, found, gallery):
    assert gallery.fits(network)
    for layer in LAYERS:
        wanted = places(found, layer, [1, 4])
        side = gallery.tile_px(layer)
        for index, pixels in projections(network, corpus, wanted):
            place = wanted[index]
            expected = as_picture(smaller(pixels, side))
            kept = gallery.tiles(layer, place.unit.map)[place.rank]
            if side <= 16:
                assert np.abs(kept.astype(int) - expected).max() <= 1
            else:  # lossy, and random weights make random colours, of which WebP keeps a quarter: compare brightness
                brightness = [picture @ np.array([0.299, 0.587, 0.114]) for picture in (kept, expected)]
                assert np.abs(brightness[0] - brightness[1]).mean() < 4


def test_silent_maps_are_flat_grey(gallery):
    tiles = gallery.tiles("conv2", 3)
    assert np.abs(tiles.astype(int) - 128).max() <= 2


def test_a_gallery_can_be_drawn_with_another_scaling(network, corpus, found, gallery):
    wanted = places(found, "conv1", [1])
    for index, pixels in projections(network, corpus, wanted):
        signed = gallery.projections("conv1", 1)[wanted[index].rank]
        expected, redrawn = as_picture(pixels, "symmetric"), as_picture(signed, "symmetric")
        assert np.abs(expected.astype(int) - redrawn).mean() < 8


def test_the_index_in_a_gallery_is_the_search(found, gallery):
    for layer in LAYERS:
        for part, array in vars(found.layers[layer]).items():
            np.testing.assert_array_equal(getattr(gallery.found.layers[layer], part), array)
    assert gallery.found.ids == found.ids


def test_another_network_does_not_get_this_gallery(network, gallery, monkeypatch):
    other = tiny_zfnet()
    with torch.no_grad():
        other.module.conv5.bias[0] += 1
    assert not gallery.fits(other)
    monkeypatch.setattr(galleries, "FOLDER", gallery.path.parent)
    assert galleries.bundled(other) is None and galleries.bundled(network) is not None


def test_the_same_pictures_make_the_same_file(network, corpus, found, gallery, tmp_path):
    for _ in build(network, corpus, found, tmp_path / "again.zip", 95, "test photos", "by nobody", 95):
        pass
    assert (tmp_path / "again.zip").read_bytes() == gallery.path.read_bytes()


def test_tiles_do_not_bleed_into_their_neighbours():
    for side in (7, 27, 48):
        black, white = np.zeros((side, side, 3), np.uint8), np.full((side, side, 3), 255, np.uint8)
        tiles = {rank: white if rank == 4 else black for rank in range(9)}
        picture = np.asarray(Image.open(io.BytesIO(sprite(tiles, side, quality=25))).convert("RGB")).astype(int)
        cell = cell_px(side)
        margin = (cell - side) // 2
        middle = picture[cell + margin : cell + margin + side, cell + margin : cell + margin + side]
        left = picture[cell + margin : cell + margin + side, margin : margin + side]
        assert middle.mean() > 245 and left.mean() < 10


def test_tiles_of_pictures_and_of_projections():
    assert (tile(torch.zeros(3, 20, 20), 10) == 128).all()
    flat = np.full((20, 20, 3), 77, np.uint8)
    assert (tile(flat, 10) == 77).all()


def test_unlikeness_is_the_mean_over_pairs():
    pictures = list(torch.randn(5, 3, 6, 6, generator=torch.Generator().manual_seed(0)))
    pairs = [1 - float((a * b).sum() / (a.norm() * b.norm())) for a, b in combinations(pictures, 2)]
    assert unlikeness(pictures) == pytest.approx(sum(pairs) / len(pairs), abs=1e-5)
    assert unlikeness([pictures[0], 3 * pictures[0]]) == pytest.approx(0, abs=1e-6)
    assert unlikeness([pictures[0], torch.zeros(3, 6, 6)]) == 0


def test_the_gallery_holds_the_same_unlikeness_as_one_worked_out_on_the_spot(network, corpus, found, gallery):
    *_, (done, total, scores) = unlike_maps(network, corpus, found, "conv3")
    assert done == total == 9 * network.layer("conv3").maps
    np.testing.assert_allclose(scores, gallery.unlike("conv3"), atol=1e-3)


def test_orders():
    kept = Strongest(np.array([[4.0, 2], [0, 0], [8, 1]], np.float32), *(np.zeros((3, 2), int),) * 3)
    assert response(kept, np.array([5.0, 1, 2])).tolist() == [1.25, 0, 0.25]
    assert descending(np.array([1.0, 3, 3, 2])).tolist() == [1, 2, 3, 0]


def test_what_comes_with_the_project_is_small():
    files = [path for path in galleries.FOLDER.parent.rglob("*") if path.is_file()]
    assert len(files) > 10 and sum(path.stat().st_size for path in files) < 120e6


def test_a_gallery_finds_its_photos_by_a_name_only_where_it_is_theirs_alone(network, tmp_path):
    ids = ("n01/n01_7.png", "sedan/image_1.png", "umbrella/image_1.png")
    for id in ids:
        (tmp_path / "photos" / id).parent.mkdir(parents=True)
        Image.effect_noise((90, 80), 60).convert("RGB").save(tmp_path / "photos" / id)
    corpus = open_corpus([tmp_path / "photos"])
    *_, last = search(network, corpus, layers=["conv1"], k=3, batch_size=4, folder=tmp_path / "found")
    for _ in build(network, corpus, last.result, tmp_path / "gallery.zip", quality=50, source="test photos"):
        pass
    gallery = Gallery.open(tmp_path / "gallery.zip")
    assert [gallery.find(corpus, photo) for photo in range(3)] == [0, 1, 2]
    for id, elsewhere in zip(ids, ("tench/n01_7.jpg", "cars/image_1.jpg", "Umbrella/image_1.jpg"), strict=True):
        (tmp_path / "other" / elsewhere).parent.mkdir(parents=True)
        (tmp_path / "photos" / id).rename(tmp_path / "other" / elsewhere)
    other = open_corpus([tmp_path / "other"])
    assert [other.ids[0], other.ids[2]] == ["Umbrella/image_1.jpg", "tench/n01_7.jpg"]
    assert [gallery.find(other, photo) for photo in range(3)] == [2, None, 0]
    shutil.rmtree(tmp_path / "other" / "Umbrella")
    assert gallery.find(open_corpus([tmp_path / "other"]), 2) is None


BUNDLED = [galleries.FOLDER / f"{name}.zip" for name in ("alexnet-classroom", "zfnet-classroom")]


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_the_bundled_galleries_belong_to_the_bundled_weights(path):
    network = zoo.load(path.stem)
    gallery = galleries.bundled(network)
    assert gallery is not None, "the weights were trained anew: make the gallery anew"
    assert path.stat().st_size < 12e6
    assert gallery.has_patches and "CC BY 4.0" in gallery.credit
    assert all(Path(id).name.startswith("image_") for id in gallery.found.ids.values())  # only Caltech-101 may be shown
    assert gallery.about["photos"] == gallery.found.settings.photos
    assert f"{gallery.about['photos']:,}" in gallery.about["source"]
    for layer in gallery.found.layers:
        shape = network.layer(layer).shape
        kept = gallery.found.layers[layer]
        assert kept.values.shape == (shape[0], 9)
        assert (np.diff(kept.values, axis=1) <= 0).all()
        assert (kept.rows < shape[1]).all() and (kept.columns < shape[2]).all()
        assert all(len(set(row)) == 9 for row in kept.photos.tolist())
        assert len(gallery.unlike(layer)) == shape[0]
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_a_bundled_gallery_can_be_checked_with_its_photos(path):
    """With the training data at hand: activations at the stored places, and projections, are what is shipped."""
    data = Path(__file__).parents[3] / "shared" / "data"
    if not data.is_dir():
        pytest.skip("the training photos are not here")
    network, gallery = zoo.load(path.stem), Gallery.open(path)
    corpus = open_corpus(sorted(data.glob("classroom-*.zip")))
    for layer, map in (("conv2", 17), ("conv3", 100), ("conv5", 30)):
        for place in places(gallery.found, layer, [map])[:2]:
            photo = corpus.find(gallery.found.ids[place.photo])
            traced = trace(network, corpus.prepare(photo, network.preprocessing)[None], until=layer)
            projection = project(traced, layer, [Unit(map, place.unit.row, place.unit.column)])
            assert projection.values[0] == pytest.approx(
                float(gallery.found.layers[layer].values[map, place.rank]), rel=1e-3, abs=1e-4
            )
            seen = patch(corpus.shown(photo, network.preprocessing), window(network, layer, place.unit))
            side = gallery.tile_px(layer)
            expected = np.asarray(Image.fromarray(seen).resize((side, side), Image.Resampling.LANCZOS))
            assert np.abs(gallery.patches(layer, map)[place.rank].astype(int) - expected).mean() < 15

"""The question, the scenes and the files of the wall of features, without a running app."""

from __future__ import annotations

import base64
import csv
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ui.features.drawn import cards_of, wall_of
from ui.features.fields import Fields
from ui.features.files import feature_files
from ui.features.question import MAPS_A_PAGE, Question, resolve
from ui.features.scene import nine_scene, wall_scene
from ui.features.words import SHIPPED, scaling_sentence, what_it_shows
from ui.shell.current import Current
from zfnet_core.drawing.page import LINE_PX
from zfnet_core.drawing.sheets import FINER, GAP_PX
from zfnet_core.exhibits.features import Source
from zfnet_core.exhibits.features.figure import NINE_PX
from zfnet_core.forward.trace import trace
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.images import Crop, prepare
from zfnet_core.top_activations.gallery import Gallery, bundled
from zfnet_core.top_activations.strongest import NOBODY, Settings, Strongest, TopActivations

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def network() -> Network:
    return zoo.load(zoo.DEFAULT)


@pytest.fixture(scope="module")
def gallery(network: Network) -> Gallery:
    found = bundled(network)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def source(network: Network, gallery: Gallery) -> Source:
    return Source(network, gallery.found, None, gallery, "shipped")


@pytest.fixture(scope="module")
def now(network: Network) -> Current:
    return Current(network, "chelsea", samples.load("chelsea"), Crop())


@pytest.fixture
def ask(source: Source, now: Current) -> Any:
    def asked(scaling: str = "sigmoid", unlike: Any = None, maxima: Any = None, **fields: Any) -> Question:
        return resolve(Fields(**fields), now, source, scaling, unlike=unlike, maxima=maxima)  # type: ignore[arg-type]

    return asked


def pixels(url: str) -> np.ndarray:
    """What a data URL shows, uint8 [H, W, 3]."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))).convert("RGB"))


def test_what_the_bundled_galleries_say_of_themselves_can_be_translated() -> None:
    galleries = [Gallery.open(path) for path in sorted((ROOT / "assets/gallery").glob("*.zip"))]
    assert {text for one in galleries for text in (one.about["source"], one.credit)} == set(SHIPPED)


def test_every_order_puts_each_map_in_one_part(ask: Any, network: Network, gallery: Gallery) -> None:
    maps = network.layer("conv5").maps
    scores = {
        "number": None,
        "strength": gallery.found.layers["conv5"].values[:, 0],
        "unlike": gallery.unlike("conv5"),
        "photo": np.random.default_rng(0).random(maps).astype(np.float32),
    }
    for order, given in scores.items():
        first = ask(layer="conv5", order=order, unlike=scores["unlike"], maxima=scores["photo"])
        parts = [
            ask(layer="conv5", order=order, page=page, unlike=scores["unlike"], maxima=scores["photo"])
            for page in range(1, first.pages + 1)
        ]
        shown = [map for part in parts for map in part.settings.maps]
        assert sorted(shown) == list(range(maps)) and len(parts[0].settings.maps) == MAPS_A_PAGE
        if order == "number":
            assert shown == sorted(shown)
        elif order == "photo":
            record = gallery.found.layers["conv5"].values[:, 0]
            shares = [float(given[map] / record[map]) if record[map] > 0 else 0.0 for map in shown]
            assert shares == sorted(shares, reverse=True)
            assert parts[0].numbers[0] == f"your photo {100 * shares[0]:.0f}\u202f%"
        else:
            assert [float(given[map]) for map in shown] == sorted(map(float, given), reverse=True)


def test_while_nobody_knows_how_unlike_they_are_maps_come_by_number(ask: Any) -> None:
    assert ask(layer="conv3", order="unlike").settings.maps == tuple(range(MAPS_A_PAGE))


def test_what_was_asked_for_and_is_not_there_is_said(ask: Any) -> None:
    assert ask().notes == () and ask().layer.name == "conv4"
    lost = ask(layer="conv99", page=9999, map=9999)
    assert lost.layer.name == "conv1" and lost.page == lost.pages and lost.map == lost.settings.maps[0]
    assert [any(word in note for note in lost.notes) for word in ("conv99", "no part 9999", "no map 9999")] == [
        True
    ] * 3
    assert ask(layer="conv2", page=3).map == 2 * MAPS_A_PAGE, "the first of its part"
    assert ask(layer="conv2", page=3, map=5).map == 5, "a map of another part may be looked at"


def test_the_wall_is_the_gallerys_own_pictures(ask: Any, gallery: Gallery) -> None:
    asked = ask(layer="conv3", page=2, map=20)
    scene = wall_scene(asked, wall_of(asked))
    assert [one["map"] for one in scene["maps"]] == list(range(16, 32)) and scene["chosen"] == 20
    for one in scene["maps"]:
        assert base64.b64decode(one["projections"].split(",", 1)[1]) == gallery.sprite("conv3", one["map"])
        assert base64.b64decode(one["patches"].split(",", 1)[1]) == gallery.patches_sprite("conv3", one["map"])
        assert one["note"].startswith("max ") and "activations" in one["alt"]
    redrawn = ask(layer="conv3", page=2, map=20, scaling="symmetric")
    other = wall_scene(redrawn, wall_of(redrawn))
    assert all(
        one["projections"] != same["projections"] for one, same in zip(scene["maps"], other["maps"], strict=True)
    )


@pytest.mark.parametrize("layer", ["conv1", "conv5"])
def test_the_nine_are_the_shipped_tiles_where_they_lay(
    ask: Any, network: Network, gallery: Gallery, now: Current, layer: str
) -> None:
    asked, kept = ask(layer=layer, map=2), gallery.found.layers[layer]
    traced = trace(network, prepare(now.photo, network.preprocessing, now.crop))
    scene, field = nine_scene(asked, cards_of(asked, traced)), network.layer(layer).receptive_field
    assert scene["places"] and [card["own"] for card in scene["cards"]] == [False] * 9 + [True]
    for rank, card in enumerate(scene["cards"][:9]):
        np.testing.assert_array_equal(pixels(card["projection"]), gallery.tiles(layer, 2)[rank])
        row, column = int(kept.rows[2, rank]), int(kept.columns[2, rank])
        top, left = max(0, field.jump * row + field.first), max(0, field.jump * column + field.first)
        bottom, right = min(224, field.jump * row + field.last + 1), min(224, field.jump * column + field.last + 1)
        assert card["box"] == (top, left, bottom, right) and card["photo"] is None
        assert np.abs(pixels(card["patch"]).astype(int) - gallery.patches(layer, 2)[rank]).mean() < 12
    own = scene["cards"][9]
    assert own["photo"] and own["patch"] and own["title"].startswith("Your photo")
    redrawn = ask(layer=layer, map=2, scaling="symmetric")
    other = nine_scene(redrawn, cards_of(redrawn, traced))["cards"][0]
    assert (pixels(other["projection"]) != gallery.tiles(layer, 2)[0]).any()


def test_only_redrawn_galleries_are_called_approximate(source: Source) -> None:
    assert "approximation" not in scaling_sentence(source, "sigmoid")
    assert "approximation" in scaling_sentence(source, "symmetric")


def test_what_a_map_shows_is_counted() -> None:
    ids = {
        0: "train/zebra/1.jpg",
        1: "train/zebra/2.jpg",
        2: "train/tall_ship/1.jpg",
        3: "x/dog/1.jpg",
        4: "y/cup/1.jpg",
    }
    photos = np.array([[2, 0, 1, 3, 4, NOBODY], [0, 1, 2, 3, 4, NOBODY]], np.int32)
    values = np.array([[5, 4, 3, 2, 1, -np.inf], [0, 0, 0, 0, 0, -np.inf]], np.float32)
    places = np.zeros((2, 6), np.int16)
    settings = Settings("any", "", "", 5, {"conv1": 2}, 6, 1)
    found = TopActivations(settings, {"conv1": Strongest(values, photos, places, places)}, np.ones(5, bool), {}, ids)
    source = Source(zoo.untrained(zoo.entry(zoo.DEFAULT)), found)
    assert what_it_shows(source, "conv1", 0) == "2\u00a0zebra · 1\u00a0tall ship · 1\u00a0dog · 1\u00a0other"
    assert what_it_shows(source, "conv1", 1) == "nothing excites it"


def test_what_is_saved_of_a_wall(ask: Any, gallery: Gallery, tmp_path: Path) -> None:
    asked = ask(layer="conv2", map=7)
    files = {name: make for _, name, make in feature_files(asked, wall_of(asked), lambda: wall_of(asked, asked.alone))}
    one = np.asarray(Image.open(io.BytesIO(files["zfnet-classroom-conv2-map-7-projections.png"]())).convert("RGB"))
    top, left, side = FINER * LINE_PX, FINER * GAP_PX, FINER * NINE_PX
    for rank, tile in ((0, gallery.tiles("conv2", 7)[0]), (8, gallery.tiles("conv2", 7)[8])):
        y, x = top + rank // 3 * (side + left), left + rank % 3 * (side + left)
        assert np.abs(one[y : y + side, x : x + side].mean((0, 1)) - tile.mean((0, 1))).max() < 1
    assert files["zfnet-classroom-conv2-map-7-patches.pdf"]().startswith(b"%PDF")
    assert "Map 7 · " in files["zfnet-classroom-conv2-map-7-projections.svg"]().decode()
    lines = list(csv.DictReader(io.StringIO(files["zfnet-classroom-conv2-strongest.csv"]().decode())))
    kept = gallery.found.layers["conv2"]
    assert len(lines) == kept.values.size
    assert [float(line["activation"]) for line in lines] == pytest.approx(kept.values.ravel().tolist(), rel=1e-5)
    assert [(int(line["row"]), int(line["column"])) for line in lines[:9]] == [
        (int(row), int(column)) for row, column in zip(kept.rows[0], kept.columns[0], strict=True)
    ]
    assert lines[9]["photo"] == gallery.found.ids[int(kept.photos[1, 0])]
    (tmp_path / "wall.py").write_bytes(files["zfnet-classroom-conv2-wall.py"]())
    environment = {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, "wall.py"], cwd=tmp_path, env=environment, check=True, timeout=120)
    assert (tmp_path / "strongest.csv").read_bytes() == files["zfnet-classroom-conv2-strongest.csv"]()
    assert Image.open(tmp_path / "wall.png").width > 800

"""The wall of features through app.py: choices, links, sources, and what goes wrong said plainly."""

from __future__ import annotations

import base64
import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.app.visit import choose, visit
from ui.features import comparison, source
from ui.features import search as feature_search
from ui.features import wall as wall_component
from ui.features.choices import HandedOver
from ui.features.fields import Fields
from ui.shell import current, received
from zfnet_core.errors import CorpusError
from zfnet_core.exhibits.features import photos
from zfnet_core.photos.corpus import open_corpus
from zfnet_core.photos.handed_over import corpus_of
from zfnet_core.serving.cache_budget import Cache
from zfnet_core.serving.scheduler import Scheduler
from zfnet_core.top_activations.gallery import FOLDER, Gallery
from zfnet_core.top_activations.search import search

ROOT = Path(__file__).parents[2]
COLOURS = [(230, 30, 30), (30, 200, 30), (30, 30, 230)]


@pytest.fixture
def app(tmp_path, monkeypatch) -> AppTest:
    monkeypatch.setenv("ZFNET_EXPLORER_CACHE", str(tmp_path))
    monkeypatch.delenv("ZFNET_EXPLORER_PHOTOS", raising=False)
    monkeypatch.setenv("ZFNET_EXPLORER_FOLDERS", "1")
    few = open_corpus(["samples"]).sample(10)
    monkeypatch.setattr(source, "samples", lambda: few)
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)


def open_page(app: AppTest, **link: str) -> AppTest:
    app.run()
    for name, value in link.items():
        app.query_params[name] = value
    return app.switch_page("pages/features_page.py").run()


def components(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(part.proto.json) for part in app.get("bidi_component") if part.proto.json]


def wall(app: AppTest) -> dict[str, Any]:
    return next(data for data in components(app) if "maps" in data and "cell" in data)


def nine(app: AppTest) -> dict[str, Any]:
    return next(data for data in components(app) if "cards" in data)


def searched(app: AppTest) -> AppTest:
    """Wait until the search is done."""
    return until(app, lambda: any("cards" in data for data in components(app)))


def until(app: AppTest, reached: Any) -> AppTest:
    end = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end and not app.exception and not app.error
        time.sleep(0.3)
        app.run()
    return app


def said(app: AppTest) -> str:
    return " ".join(one.value for kind in (app.caption, app.warning, app.error) for one in kind)


def pixels(url: str) -> np.ndarray:
    """What a data URL shows, uint8 [H, W, 3]."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))).convert("RGB"))


def noise(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), np.uint8)
    Image.fromarray(values).resize((240, 240), Image.Resampling.BICUBIC).save(path)


def forget_pictures(monkeypatch) -> None:
    monkeypatch.setattr(photos, "_seen", Cache())


def test_the_gallery_opens_at_once_and_says_what_it_is(app: AppTest) -> None:
    open_page(app)
    assert not app.exception and not app.error
    shown = wall(app)
    assert [one["map"] for one in shown["maps"]] == list(range(16)) and shown["chosen"] == 0
    assert all(one[part].startswith("data:image/webp") for one in shown["maps"] for part in ("projections", "patches"))
    assert all("activations" in one["alt"] for one in shown["maps"])
    cards = nine(app)["cards"]
    assert len(cards) == 10 and [card["own"] for card in cards] == [False] * 9 + [True]
    assert all(card["photo"] is None and card["patch"] for card in cards[:9]), "the patches are shipped, the photos not"
    assert cards[9]["photo"] and cards[9]["patch"], "your own photo is at hand"
    assert any("Zero is mid-grey" in caption.value and "CC BY 4.0" in caption.value for caption in app.caption)
    assert app.selectbox(key="choice-network").value == "zfnet-classroom"


@pytest.fixture
def some_of_the_gallerys_photos(tmp_path: Path) -> Path:
    """A folder with the photos of the first three of conv5's map 0, as plain colours."""
    gallery = Gallery.open(FOLDER / "zfnet-classroom.zip")
    for photo, colour in zip(gallery.found.layers["conv5"].photos[0], COLOURS, strict=False):
        path = tmp_path / "mine" / gallery.found.ids[int(photo)]
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (250, 230), colour).save(path, "WEBP", lossless=True)
    return tmp_path / "mine"


@pytest.mark.parametrize("by", ["server", "visitor"])
def test_patches_appear_when_the_person_has_the_data(
    app: AppTest, some_of_the_gallerys_photos: Path, monkeypatch, by: str
) -> None:
    if by == "server":
        monkeypatch.setenv("ZFNET_EXPLORER_PHOTOS", str(some_of_the_gallerys_photos))
    open_page(app, features_layer="conv5", features_map="0")
    if by == "visitor":
        app.text_input(key="photos folder asked").set_value(str(some_of_the_gallerys_photos)).run()
    assert not app.exception and not app.error and not app.warning
    cards = nine(app)["cards"]
    assert [card["photo"] is not None for card in cards] == [True] * 3 + [False] * 6 + [True]
    assert not nine(app)["places"] and all(card["projection"] for card in cards)
    for card, colour in zip(cards, COLOURS, strict=False):
        top, left, bottom, right = card["box"]
        seen = pixels(card["photo"])
        assert seen.shape == (224, 224, 3)
        assert np.abs(seen[top:bottom, left:right].astype(int) - colour).max() < 12
    first = next(one for one in wall(app)["maps"] if one["map"] == 0)
    cell, tile = wall(app)["cell"], wall(app)["tile"]
    middle = (cell - tile) // 2 + tile // 2
    sprite = pixels(first["patches"]).astype(int)
    for rank, colour in enumerate([*COLOURS, (128, 128, 128)]):
        shown = sprite[rank // 3 * cell + middle, rank % 3 * cell + middle]
        assert np.abs(shown - colour).max() < 25, (rank, shown)


@pytest.mark.parametrize("place", ["no/such/folder", "~nobody-of-this-name/photos", "x" * 5000, "photos\0.zip"])
def test_a_mistyped_place_leaves_the_gallery_standing(app: AppTest, place: str) -> None:
    open_page(app)
    app.text_input(key="photos folder asked").set_value(place).run()
    assert not app.exception and not app.error and len(wall(app)["maps"]) == 16
    assert len(app.warning) == 1 and place[:10] in app.warning[0].value


def test_a_bad_setting_of_the_server_leaves_the_gallery_standing(app: AppTest, monkeypatch) -> None:
    monkeypatch.setenv("ZFNET_EXPLORER_PHOTOS", "/no/such/folder")
    open_page(app)
    assert not app.exception and not app.error and len(wall(app)["maps"]) == 16
    assert "$ZFNET_EXPLORER_PHOTOS" in app.warning[0].value and "/no/such/folder" in app.warning[0].value
    monkeypatch.delenv("ZFNET_EXPLORER_FOLDERS")
    app.run()
    assert "$ZFNET_EXPLORER_PHOTOS" in app.warning[0].value and "/no/such" not in app.warning[0].value


def test_nonsense_in_a_link_falls_back_with_a_sentence_each(app: AppTest) -> None:
    open_page(app, features_layer="conv99", features_page="9999", features_order="random", features_from="moon")
    assert not app.exception and not app.error
    assert len(wall(app)["maps"]) == 16 and wall(app)["maps"][0]["alt"].startswith("Map 80 of conv1")
    assert "conv99" in said(app) and "no part 9999" in said(app)


def test_the_sample_photos_are_searched_first_and_then_have_patches(app: AppTest) -> None:
    searched(open_page(app, features_from="samples", features_layer="conv2", features_map="7"))
    shown = wall(app)
    assert shown["chosen"] == 7
    assert all(one["patches"] for one in shown["maps"])
    cards = nine(app)["cards"]
    assert len(cards) == 10 and all(card["photo"] and card["patch"] for card in cards)
    assert all(0 <= top < bottom <= 224 for card in cards for top, _, bottom, _ in [card["box"]])
    app.selectbox(key="choice-features_order").set_value("unlike").run()
    end = time.monotonic() + 60
    while not wall(app)["maps"][0]["note"].startswith("unlike"):
        assert time.monotonic() < end and not app.exception and not app.error
        time.sleep(0.3)
        app.run()
    scores = [float(one["note"].removeprefix("unlike ")) for one in wall(app)["maps"]]
    assert scores == sorted(scores, reverse=True)


def test_a_folder_of_yours(app: AppTest, tmp_path: Path) -> None:
    open_page(app, features_from="folder")
    assert any("Name a folder" in info.value for info in app.info)
    app.text_input(key="photos folder asked").set_value(str(tmp_path / "nowhere")).run()
    assert not app.exception and len(app.error) == 1 and "nowhere" in app.error[0].value
    assert app.selectbox(key="choice-network").value == "zfnet-classroom"


def test_a_folder_is_searched_and_what_happens_to_its_files_is_said(app: AppTest, tmp_path: Path, monkeypatch) -> None:
    folder = tmp_path / "mine"
    for number in range(11):
        noise(folder / "pets" / f"{number:02d}.png", number)
    (folder / "pets" / "torn.jpg").write_bytes(b"not a photo")
    open_page(app, features_from="folder", features_layer="conv3")
    app.text_input(key="photos folder asked").set_value(str(folder)).run()
    searched(app)
    assert "1 photo could not be read: pets/torn.jpg." in said(app)
    assert all(one["patches"] for one in wall(app)["maps"]) and "12 photos: mine" in said(app)

    forget_pictures(monkeypatch)
    (folder / "pets" / "04.png").unlink()
    app.selectbox(key="choice-features_layer").set_value("conv2").run()
    assert not app.exception and not app.error and len(wall(app)["maps"]) == 16
    assert "Crossed out" in said(app) and "pets/04.png" in said(app)
    hit = [one for one in wall(app)["maps"] if "cannot be read any more" in one["alt"]]
    assert hit
    choose(app, Fields, source="folder", layer="conv2", map=hit[0]["map"])
    app.run()
    lost = [card for card in nine(app)["cards"] if "pets/04.png cannot be read any more" in card["caption"]]
    assert len(lost) == 1 and lost[0]["photo"] is None and lost[0]["projection"] is None
    assert [card["projection"] is None for card in nine(app)["cards"]].count(True) == 1

    app.button(key="search again folder").click().run()
    until(app, lambda: "11 photos: mine" in said(app))
    assert "Crossed out" not in said(app) and "pets/04.png" not in said(app)


def test_a_search_that_failed_can_be_started_again(app: AppTest, monkeypatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise CorpusError("A worker was ended; search again.")
        yield

    monkeypatch.setattr(feature_search, "search", fail)
    open_page(app, features_from="samples", features_layer="conv1")
    end = time.monotonic() + 30
    while not app.error:
        assert time.monotonic() < end and not app.exception
        time.sleep(0.3)
        app.run()
    assert app.error[0].value == "A worker was ended; search again."
    monkeypatch.setattr(feature_search, "search", search)
    app.run()
    assert app.error, "nothing begins again by itself"
    app.button(key="search again after a failure").click().run()
    searched(app)


def test_one_search_and_one_comparison_for_everybody(app: AppTest, monkeypatch) -> None:
    begun = {"search": 0, "compare": 0}
    compare = comparison.unlike_maps

    def counting(kind: str, make: Any) -> Any:
        def begin(*given: Any, **settings: Any) -> Any:
            begun[kind] += 1
            yield from make(*given, **settings)

        return begin

    monkeypatch.setattr(feature_search, "search", counting("search", search))
    monkeypatch.setattr(comparison, "unlike_maps", counting("compare", compare))
    link = {"features_from": "samples", "features_layer": "conv1", "features_order": "unlike"}
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    open_page(app, **link)
    open_page(other, **link)
    sorted_yet = lambda one: lambda: searched(one) and wall(one)["maps"][0]["note"].startswith("unlike")  # noqa: E731
    until(app, sorted_yet(app))
    until(other, sorted_yet(other))
    assert wall(app)["maps"] == wall(other)["maps"] and begun == {"search": 1, "compare": 1}

    monkeypatch.setattr(feature_search, "kept", Cache())
    another = Scheduler("cpu")
    monkeypatch.setattr(current, "scheduler", lambda: another)
    later = open_page(AppTest.from_file(str(ROOT / "app.py"), default_timeout=120), **link)
    assert wall(later)["maps"] == wall(app)["maps"] and begun == {"search": 1, "compare": 1}


@pytest.mark.parametrize("sent", [None, 3, {}, {"map": [7]}, {"map": {}}, {"map": 7.0}, {"map": True}, {"map": 99}])
def test_the_wall_takes_nothing_but_the_number_of_one_of_its_maps(monkeypatch, sent: Any) -> None:
    mounted, taken = {}, []
    monkeypatch.setattr(wall_component, "_mount", lambda **given: mounted.update(given))
    wall_component.wall({"maps": [{"map": number} for number in (0, 1, 7)]}, "wall", taken.append)
    for value, expected in ((sent, []), ({"map": 7, "at": 1}, [7])):
        monkeypatch.setattr(received, "reported", lambda key, name, value=value: {"wall": {"picked": value}}[key][name])
        mounted["on_picked_change"]()
        assert taken == expected


def test_photos_of_yours_are_searched_in_memory_by_everybody(app: AppTest, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("ZFNET_EXPLORER_FOLDERS")
    open_page(app, features_from="yours", features_layer="conv2")
    assert any("Choose photos of yours" in info.value for info in app.info) and not app.text_input
    files = []
    for number in range(10):
        noise(tmp_path / "mine" / f"{number}.png", number)
        files.append((f"{number}.png", (tmp_path / "mine" / f"{number}.png").read_bytes()))
    visit(app).memory(HandedOver).corpus = corpus_of(files)
    app.run()
    searched(app)
    assert "10 photos of yours" in said(app) and all(one["patches"] for one in wall(app)["maps"])
    assert nine(app)["cards"][0]["photo"]
    assert not list(tmp_path.rglob("*.npz")), "nothing of them is written down"

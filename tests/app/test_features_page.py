"""The wall of features through app.py: choices, links, sources, and what goes wrong said plainly."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ui import feature_source
from zfnet_core.corpus import open_corpus
from zfnet_core.experiments.gallery import FOLDER
from zfnet_core.projection_scaling import DESCRIPTIONS

ROOT = Path(__file__).parents[2]
GALLERY = (FOLDER / "zfnet-classroom.zip").exists()


@pytest.fixture
def app(tmp_path, monkeypatch) -> AppTest:
    monkeypatch.setenv("ZFNET_EXPLORER_CACHE", str(tmp_path))
    monkeypatch.delenv("ZFNET_EXPLORER_PHOTOS", raising=False)
    few = open_corpus(["samples"]).sample(10)
    monkeypatch.setattr(feature_source, "samples", lambda: few)
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)


def open_page(app: AppTest, **link: str) -> AppTest:
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    return app.switch_page("pages/features_page.py").run()


def components(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(part.proto.json) for part in app.get("bidi_component") if part.proto.json]


def wall(app: AppTest) -> dict[str, Any]:
    return next(data for data in components(app) if "maps" in data and "cell" in data)


def nine(app: AppTest) -> dict[str, Any]:
    return next(data for data in components(app) if "cards" in data)


def searched(app: AppTest) -> AppTest:
    """Wait until the search of the sample photos is done."""
    end = time.monotonic() + 60
    while not any("cards" in data for data in components(app)):
        assert time.monotonic() < end and not app.exception and not app.error
        time.sleep(0.3)
        app.run()
    return app


@pytest.mark.skipif(not GALLERY, reason="no gallery is bundled")
def test_the_gallery_opens_at_once_and_says_what_it_is(app: AppTest) -> None:
    open_page(app)
    assert not app.exception and not app.error
    shown = wall(app)
    assert [one["map"] for one in shown["maps"]] == list(range(16)) and shown["chosen"] == 0
    assert all(one["projections"].startswith("data:image/webp") and one["patches"] is None for one in shown["maps"])
    assert all("activations" in one["alt"] for one in shown["maps"])
    cards = nine(app)["cards"]
    assert len(cards) == 10 and [card["own"] for card in cards] == [False] * 9 + [True]
    assert all(card["photo"] is None and card["patch"] is None for card in cards)
    assert any("Zero is mid-grey" in caption.value for caption in app.caption)
    assert app.selectbox(key="choice-network").value == "zfnet-classroom"


@pytest.mark.skipif(not GALLERY, reason="no gallery is bundled")
def test_orders_and_parts_of_the_wall(app: AppTest) -> None:
    open_page(app, features_layer="conv5", features_order="strength")
    values = [float(one["note"].removeprefix("max ")) for one in wall(app)["maps"]]
    assert values == sorted(values, reverse=True)
    app.selectbox(key="choice-features_order").set_value("unlike").run()
    unlike = [float(one["note"].removeprefix("unlike ")) for one in wall(app)["maps"]]
    assert unlike == sorted(unlike, reverse=True) and 0 < unlike[0] < 1.5
    app.selectbox(key="choice-features_order").set_value("photo").run()
    shares = [float(one["note"].removeprefix("your photo ").rstrip("%")) for one in wall(app)["maps"]]
    assert shares == sorted(shares, reverse=True)
    first = [one["map"] for one in wall(app)["maps"]]
    app.session_state["view"] = type(app.session_state["view"])(
        features_layer="conv5", features_order="photo", features_page=2
    )
    app.run()
    assert not {one["map"] for one in wall(app)["maps"]} & set(first)


@pytest.mark.skipif(not GALLERY, reason="no gallery is bundled")
def test_another_scaling_redraws_the_shipped_pictures(app: AppTest) -> None:
    before = wall(open_page(app))["maps"][5]["projections"]
    app.session_state["view"] = type(app.session_state["view"])(zero="symmetric")
    app.run()
    assert wall(app)["maps"][5]["projections"] != before
    assert any(DESCRIPTIONS["symmetric"] in caption.value for caption in app.caption)


@pytest.mark.skipif(not GALLERY, reason="no gallery is bundled")
@pytest.mark.parametrize(
    "link",
    [
        {"features_layer": "conv99"},
        {"features_page": "9999"},
        {"features_page": "-3"},
        {"features_map": "99999"},
        {"features_order": "random", "features_from": "moon"},
    ],
)
def test_nonsense_in_a_link_falls_back(app: AppTest, link: dict[str, str]) -> None:
    open_page(app, **link)
    assert not app.exception and not app.error
    assert len(wall(app)["maps"]) == 16


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

"""Teaching one's own classes through the whole app, without a browser."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.visit import choose, visit
from ui.shell import own_networks
from ui.shell.chosen import Chosen
from ui.transfer.album import Album
from ui.transfer.fields import Fields
from zfnet_core.exhibits.transfer import saved
from zfnet_core.models import checkpoints, zoo
from zfnet_core.photos import samples

ROOT = Path(__file__).parents[2]


@pytest.fixture
def app() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.run()
    return app.switch_page("pages/transfer_page.py").run()


def until(app: AppTest, words: str, seconds: float = 90) -> str:
    """Run again and again until some text holds these words."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert not app.exception, app.exception
        texts = [one.value for kind in (app.markdown, app.info, app.warning, app.error, app.caption) for one in kind]
        if found := next((text for text in texts if words in text), None):
            return found
        time.sleep(0.2)
        app.run()
    raise AssertionError(f"“{words}” never came; there is {texts}")


def files(names: list[str]) -> list[tuple[str, bytes, str]]:
    return [(f"{name}.png", samples.sample(name).path.read_bytes(), "image/png") for name in names]


def test_two_classes_from_files_to_a_network_of_the_visit(app: AppTest) -> None:
    until(app, "two classes are needed")
    add = next(one for one in app.button if one.label == "Add a class")
    add.click().run()
    until(app, "Two classes with photos are needed")
    next(one for one in app.button if one.label == "Add a class").click().run()
    app.text_input(key="class-name-0").set_value("things").run()
    uploads = visit(app).memory(Album).uploads
    app.file_uploader(key=f"upload-0-{uploads}").set_value(files(["coffee", "motorcycle"])).run()
    uploads = visit(app).memory(Album).uploads
    bad = ("notes.png", b"hello", "image/png")
    app.file_uploader(key=f"upload-1-{uploads}").set_value([*files(["chelsea", "camera"]), bad]).run()
    assert "No honest figure" in until(app, "No honest figure")
    assert "“notes.png” is not a picture" in until(app, "notes.png")
    assert [one.name for one in visit(app).memory(Album).collection.classes] == ["things", "Class 2"]
    until(app, "Class 2")
    next(one for one in app.button if one.label == "Make it a network").click().run()
    assert not app.exception and not app.error
    name = visit(app).chosen[Chosen].network
    assert name.startswith("own-") and "It is chosen now" in app.success[0].value
    assert any(one.endswith("Yours: things · Class 2") for one in app.selectbox(key="choice-network").options)
    network = own_networks.get(visit(app), name)
    assert network.labels == ("things", "Class 2") and network.parameters < zoo.load("zfnet-classroom").parameters


def test_a_set_a_name_that_is_taken_and_a_network_change_in_the_middle(app: AppTest) -> None:
    app.button(key="set-objects").click().run()
    assert not app.exception and not app.error
    app.selectbox(key="choice-network").set_value("alexnet-classroom").run()
    found = until(app, "of 40 photos right")
    assert "dealt into 5 parts" in found
    app.text_input(key="class-name-0").set_value("starfish").run()
    assert "There is a class “starfish” already" in app.error[0].value
    assert len(visit(app).memory(Album).collection) == 40
    choose(app, Fields, layer="conv2", classifier="svm")
    assert until(app, "of 40 photos right")
    choose(app, Fields, view="layers")
    app.run()
    next(one for one in app.button if one.label == "Remove all").click().run()
    until(app, "two classes are needed")


def test_a_link_restores_everything_but_the_photos() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params["transfer_layer"] = "conv5"
    app.query_params["transfer_own"] = "1"
    app.query_params["transfer_classifier"] = "svm"
    app.query_params["transfer_map"] = "tsne"
    app.run()
    app = app.switch_page("pages/transfer_page.py").run()
    assert not app.exception and not app.error
    until(app, "Photos are never part of a link")
    app.button(key="set-textures").click().run()
    until(app, "photos right")
    assert visit(app).chosen[Fields] == Fields("conv5", "svm", "classifier", "tsne", own=True)
    assert not any("Photos are never part of a link" in one.value for one in app.info), "they are there now"


def test_the_page_of_a_class_of_ones_own(app: AppTest) -> None:
    app.button(key="set-textures").click().run()
    until(app, "photos right")
    app.button(key="page-of-1").click().run()
    assert not app.exception and not app.error
    assert visit(app).page == "switched-off" and visit(app).chosen[Chosen].network.startswith("own-")
    asked = visit(app).address
    assert asked["switched_off_view"] == "class" and asked["switched_off_class"] == "1" and "network" in asked
    assert any("Photos of it that were asked: 16" in one.value for one in app.caption)


def test_a_saved_network_is_recognised_with_its_names(app: AppTest) -> None:
    app.button(key="set-textures").click().run()
    until(app, "photos right")
    next(one for one in app.button if one.label == "Make it a network").click().run()
    album = visit(app).memory(Album)
    base, made = next(iter(album.made.values()))
    network = own_networks.get(visit(app), visit(app).chosen[Chosen].network)
    data = saved(network, made)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.run()
    app.file_uploader(key="own weights").upload("mine.safetensors", data).run()
    assert not app.exception and not app.error
    again = own_networks.get(visit(app), visit(app).chosen[Chosen].network)
    assert again.labels == ("brick", "grass", "gravel") and again.architecture == base.architecture
    assert checkpoints.read_weights(data, "x").about["made"]["photos"] == [16, 16, 16]
    assert zoo.entry(again.architecture)

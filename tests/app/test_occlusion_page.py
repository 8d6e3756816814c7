"""The occlusion page through app.py: it opens, tells what it could not use, and lets go of sweeps."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.visit import choose, chosen
from ui.occlusion import found
from ui.occlusion.fields import Fields
from ui.shell.chosen import Chosen
from zfnet_core.exhibits.occlusion import Sweep, compute
from zfnet_core.models import zoo
from zfnet_core.top_activations.gallery import bundled

ROOT = Path(__file__).parents[2]
SPARSE = {"occlusion_stride": "32", "occlusion_height": "64", "occlusion_width": "64"}


def opened(**query: str) -> AppTest:
    """The page through app.py."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.run()
    app.query_params.update(SPARSE | query)
    return app.switch_page("pages/occlusion_page.py").run()


def finish(app: AppTest) -> AppTest:
    """Run until every picture that may be shown is complete."""
    until(lambda: all(part["hidden"] or part["done"] for part in scenes(app.run())))
    assert not app.exception and not app.error
    return app


def until(true: Callable[[], bool], timeout_s: float = 30) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def scenes(app: AppTest) -> list[dict]:
    """The headers sent to the living pictures on the page."""
    headers = []
    for component in app.get("bidi_component"):
        data = component.proto.bytes if component.proto.WhichOneof("data") == "bytes" else b""
        if len(data) > 4:
            header = json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])
            if "legend" in header:
                headers.append(header)
    return headers


@dataclass
class Endless:
    """In place of sweeps: they go on for ever, and tell when they were given up."""

    ended: dict[str, threading.Event] = field(default_factory=dict)

    def compute(self, network: zoo.Network, image: object, settings: object, **kept: object) -> Iterator[Sweep]:
        given_up = self.ended[str(len(self.ended))] = threading.Event()
        first = next(compute(network, image, settings))
        try:
            while True:
                yield first
                time.sleep(0.002)
        finally:
            given_up.set()


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Endless:
    made = Endless()
    monkeypatch.setattr(found, "compute", made.compute)
    return made


def test_the_page_shows_the_whole_sweep_and_offers_files() -> None:
    app = finish(opened(photo="coffee"))
    assert not app.get("download_button"), "made when the menu is opened"
    app.session_state["save-occlusion:first-menu"] = True
    app = finish(app.run())
    (scene,) = scenes(app)
    assert scene["grid"]["rows"] == 6 and scene["exact"] and scene["projection"]["url"]
    gallery = bundled(zoo.load(zoo.DEFAULT))
    assert bool(scene["projection"]["others"]) == (gallery is not None and "conv5" in gallery.found.layers)
    assert any(button.label == "The figure (PDF)" for button in app.get("download_button"))


def test_a_link_that_asks_for_too_much_says_so_once_and_leaves_the_address() -> None:
    app = opened(occlusion_height="9999", occlusion_class="99999", occlusion_map="7777", occlusion_beside="nobody")
    told = [toast.value for toast in app.toast]
    assert [sum(words in one for one in told) for words in ("fit", "no class", "no map", "beside")] == [1] * 4
    fields = chosen(app, Fields)
    assert (fields.height, fields.class_index, fields.map, fields.beside) == (0, -1, -1, "")
    assert "occlusion_class" not in app.query_params and "occlusion_beside" not in app.query_params
    assert not finish(app).toast


@pytest.mark.parametrize("query", [{"occlusion_fill": "plaid"}, {"occlusion_stride": "7"}, {"occlusion_at": "here"}])
def test_an_impossible_value_in_a_link_says_so(query: dict[str, str]) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update(SPARSE | query)
    told = [toast.value for toast in app.run().toast]  # whichever page it is opened on
    assert len(told) == 1 and f"value for {next(iter(query))} could not be used" in told[0]
    app.switch_page("pages/occlusion_page.py").run()
    fields = chosen(app, Fields)
    assert (fields.fill, fields.at) == ("mean", ()) and fields.stride in (0, 32)
    assert scenes(app) and not app.exception and not app.error


def test_an_old_link_leads_to_the_place() -> None:
    (scene,) = scenes(opened(occlusion_at="13-150"))
    assert scene["box"] == {"top": 13, "left": 150, "height": 64, "width": 64} == scene["exact"]["box"]


def test_predicting_first_asks_hides_and_reveals() -> None:
    app = finish(opened(occlusion_predict="1"))
    assert scenes(app)[0]["hidden"] and not app.get("download_button")
    assert app.button(key="reveal-occlusion:first").disabled
    box = app.selectbox(key=next(box.key for box in app.selectbox if box.key.startswith("guess-")))
    box.select_index(1).run()
    app.button(key="reveal-occlusion:first").click().run()
    finish(app)
    assert scenes(app)[0]["grid"]
    assert any("most probable label" in text.value for text in app.markdown)
    app.button(key="again-occlusion:first").click().run()
    assert scenes(app)[0]["hidden"]


@pytest.mark.parametrize("leave", ["another page", "another photo", "another size"])
def test_moving_on_gives_the_sweep_up(leave: str, endless: Endless) -> None:
    app = opened(photo="rocket")
    until(lambda: "0" in endless.ended)
    assert not endless.ended["0"].is_set() and not app.get("download_button")
    if leave == "another page":
        app.switch_page("pages/look_inside_page.py")
    elif leave == "another photo":
        choose(app, Chosen, photo="astronaut")
    else:
        choose(app, Fields, height=80)
    app.run()
    assert endless.ended["0"].wait(10)
    app.switch_page("pages/look_inside_page.py").run()


def test_taking_the_second_photo_away_gives_up_its_sweep_alone(endless: Endless) -> None:
    app = opened(photo="coffee", occlusion_beside="rocket", occlusion_height="56")
    first, second = scenes(app)
    assert first["box"] == second["box"] and first["image"] != second["image"]
    until(lambda: len(endless.ended) == 2)
    choose(app, Fields, beside="")
    app.run()
    until(lambda: any(event.is_set() for event in endless.ended.values()))
    assert [event.is_set() for event in endless.ended.values()].count(True) == 1 and len(scenes(app)) == 1
    app.switch_page("pages/look_inside_page.py").run()
    assert all(event.wait(10) for event in endless.ended.values())


def test_a_sweep_that_failed_is_told_and_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Iterator[Sweep]:
        raise RuntimeError("no")
        yield

    with monkeypatch.context() as patched:
        patched.setattr(found, "compute", broken)
        app = opened(photo="rocket", occlusion_height="72")
        until(lambda: bool(app.run().error))
    assert len(app.error) == 1 and "log" in app.error[0].value and not app.exception
    assert app.selectbox, "the choices stay usable"
    app.button(key="again-occlusion:first").click().run()
    assert scenes(finish(app))[0]["grid"]

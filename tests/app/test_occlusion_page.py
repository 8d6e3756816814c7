"""The occlusion page without a browser: what it sends, what it takes back, and links that ask for too much."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from ui import engine, occlusion_colours, occlusion_work
from ui.components.occluder import _is_number
from zfnet_core import sample_photos
from zfnet_core.experiments import occlusion
from zfnet_core.experiments.covering import Box, OcclusionSettings
from zfnet_core.images import Crop, prepare
from zfnet_core.models import zoo

ROOT = Path(__file__).parents[2]
SPARSE = {"occlusion_stride": "32", "occlusion_height": "64", "occlusion_width": "64"}


def opened(**query: str) -> AppTest:
    """The page through app.py, with its sweep finished."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, value in (SPARSE | query).items():
        app.query_params[name] = value
    app.run().switch_page("pages/occlusion_page.py").run()
    finish(app)
    assert not app.exception and not app.error
    return app


def finish(app: AppTest) -> None:
    """Run until every picture that may be shown is complete."""
    for _ in range(150):
        if all(part["hidden"] or part["done"] for part in scenes(app)):
            return
        time.sleep(0.2)
        app.run()
    raise AssertionError("the sweep did not finish")


def scenes(app: AppTest) -> list[dict]:
    """The headers sent to the living pictures on the page."""
    found = []
    for component in app.get("bidi_component"):
        data = component.proto.bytes if component.proto.WhichOneof("data") == "bytes" else b""
        if len(data) > 4:
            length = int.from_bytes(data[:4], "little")
            header = json.loads(data[4 : 4 + length])
            if "legend" in header:
                found.append(header | {"body": data[4 + length :]})
    return found


@pytest.fixture(scope="module")
def chelsea() -> tuple[zoo.Network, torch.Tensor]:
    torch.set_num_threads(1)
    network = zoo.load(zoo.DEFAULT)
    return network, prepare(sample_photos.load("chelsea"), network.preprocessing)


def test_what_the_browser_gets_is_the_sweep(chelsea) -> None:
    network, image = chelsea
    (scene,) = scenes(opened())
    settings = OcclusionSettings.square(64, 32)
    truth = occlusion.sweep(network, image, settings)
    grid = scene["grid"]
    assert (grid["rows"], grid["columns"], grid["stride"], grid["height"]) == (6, 6, 32, 64)
    numbers = np.frombuffer(scene["body"], np.float32)
    count, kinds = 36, len(grid["labels"])
    shares, totals, names = np.split(numbers, [count * kinds, count * (kinds + 1)])
    followed = int(truth.clean_probabilities.argmax())
    assert grid["labels"][grid["chosen"]] == scene["chosen"]["label"] == network.labels[followed]
    for place, label in enumerate(grid["labels"]):
        expected = truth.probability_of(network.labels.index(label)).ravel()
        assert np.abs(shares[place * count : (place + 1) * count] - expected).max() < 1e-5
    assert np.allclose(totals, truth.total_of(truth.strongest_map).ravel(), rtol=1e-4)
    for place, answer in zip(names.astype(int), truth.labels.ravel(), strict=True):
        assert place == len(scene["palette"]) - 1 or scene["legend"][place]["label"] == network.labels[answer]


def test_the_exact_values_follow_the_square(chelsea) -> None:
    network, image = chelsea
    (scene,) = scenes(opened(occlusion_at="13-150"))
    exact = scene["exact"]
    truth = occlusion.occlude_once(network, image, Box(13, 150, 64, 64))
    assert exact["box"] == {"top": 13, "left": 150, "height": 64, "width": 64}
    assert abs(exact["share"] - truth.probabilities[network.labels.index(scene["chosen"]["label"])]) < 1e-5
    assert [item["label"] for item in exact["classes"]] == [
        network.labels[place] for place in np.argsort(-truth.probabilities)[:5]
    ]


@pytest.mark.parametrize(
    "query",
    [
        {"occlusion_height": "9999", "occlusion_at": "-5-900"},
        {"occlusion_fill": "plaid", "occlusion_stride": "7"},
        {"occlusion_class": "5000", "occlusion_map": "-77"},
        {"occlusion_beside": "nobody", "occlusion_fill": "#zzzzzz"},
    ],
)
def test_a_link_that_asks_for_too_much_shows_the_usual(query: dict[str, str]) -> None:
    (scene,) = scenes(opened(**query))
    assert scene["grid"]["rows"] >= 1 and scene["exact"]


def test_two_photos_share_the_square_and_have_their_own_maps() -> None:
    first, second = scenes(opened(occlusion_beside="coffee"))
    assert first["box"] == second["box"] and first["image"] != second["image"]
    assert first["grid"] and second["grid"]


def test_predicting_first_hides_everything_until_the_guess_is_made() -> None:
    app = opened(occlusion_predict="1")
    (scene,) = scenes(app)
    assert scene["projection"] is None, "the projection would tell"
    assert scene["hidden"] and scene["grid"] is None and scene["exact"] is None and len(scene["body"]) == 0
    assert app.button(key="reveal-occlusion:first").disabled
    label = app.selectbox(key=next(box.key for box in app.selectbox if box.key.startswith("guess-")))
    label.select_index(1).run()
    app.button(key="reveal-occlusion:first").click().run()
    finish(app)
    assert scenes(app)[0]["grid"]
    assert any("most probable label" in text.value for text in app.markdown)
    app.button(key="again-occlusion:first").click().run()
    assert scenes(app)[0]["hidden"]


def test_the_figure_can_be_saved(chelsea) -> None:
    app = opened(photo="coffee")
    assert any(button.label == "The figure (PNG)" for button in app.get("download_button"))
    assert base64.b64decode(scenes(app)[0]["image"].split(",")[1])[:4] == b"RIFF"


@pytest.mark.parametrize("leave", ["another page", "another photo", "another size"])
def test_moving_on_stops_the_sweep_between_two_steps(leave: str) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params["occlusion_stride"] = "4"
    app.query_params["photo"] = {"another page": "rocket", "another photo": "china", "another size": "flower"}[leave]
    app.run().switch_page("pages/occlusion_page.py").run()
    jobs = engine.desk().jobs
    job = jobs.of("test session id", "occlusion:first")
    while job.finished_steps < 3:
        time.sleep(0.01)
    assert job.live
    if leave == "another page":
        app.switch_page("pages/look_inside_page.py").run()
    else:
        choice = {"photo": "astronaut"} if leave == "another photo" else {"occlusion_height": 80}
        app.session_state["view"] = replace(app.session_state["view"], **choice)
        app.run()
    steps, began = job.finished_steps, time.monotonic()
    while job.live and time.monotonic() - began < 10:
        time.sleep(0.005)
    assert job.state == "stopped" and job.finished_steps <= steps + 1
    engine.desk().jobs.leave("test session id")


def sweeping(**query: str) -> tuple[AppTest, object]:
    """The page with a long sweep under way, and its job."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    app.run().switch_page("pages/occlusion_page.py").run()
    return app, engine.desk().jobs.of("test session id", "occlusion:first")


def ended(job: object) -> bool:
    """Whether the job stops before it could have finished."""
    end = time.monotonic() + 10
    while job.live and time.monotonic() < end:
        time.sleep(0.005)
    return job.state == "stopped"


def test_a_photo_whose_sweep_is_kept_stops_the_one_before() -> None:
    opened(photo="motorcycle")
    app, job = sweeping(photo="coffee", **SPARSE | {"occlusion_stride": "4"})
    assert job.live
    sparse = {"occlusion_stride": 32, "occlusion_height": 64, "occlusion_width": 64}
    app.session_state["view"] = replace(app.session_state["view"], photo="motorcycle", **sparse)
    app.run()
    assert scenes(app)[0]["done"] and ended(job)
    assert engine.desk().jobs.of("test session id", "occlusion:first") is None


def test_taking_the_second_photo_away_stops_its_sweep() -> None:
    app, first = sweeping(photo="coffee", occlusion_stride="4", occlusion_beside="rocket", occlusion_height="56")
    second = engine.desk().jobs.of("test session id", "occlusion:second")
    assert second.live
    app.session_state["view"] = replace(app.session_state["view"], occlusion_beside="")
    app.run()
    assert ended(second)
    engine.desk().jobs.leave("test session id")
    assert ended(first)


def test_a_sweep_that_failed_is_told_and_can_be_tried_again(monkeypatch) -> None:
    broken = [True]
    steps = occlusion._steps

    def sometimes(*arguments, **settings):
        if broken[0]:
            raise RuntimeError("no")
        yield from steps(*arguments, **settings)

    monkeypatch.setattr(occlusion, "_steps", sometimes)
    app, job = sweeping(photo="rocket", **SPARSE | {"occlusion_height": "72"})
    while job.live:
        time.sleep(0.01)
    app.run()
    assert len(app.error) == 1 and "log" in app.error[0].value and not app.exception
    assert app.selectbox, "the choices stay usable"
    broken[0] = False
    app.button(key="retry-occlusion:first").click().run()
    finish(app)
    assert not app.error and scenes(app)[0]["grid"]


def test_the_browser_may_send_any_number() -> None:
    numbers = (0, 1.5, -7, 10**400, -(10**400))
    assert all(_is_number(value) for value in numbers)
    assert not any(_is_number(value) for value in (float("nan"), float("inf"), "1", None))


def test_a_label_keeps_its_colour_while_the_sweep_is_refined(monkeypatch, chelsea) -> None:
    network, image = chelsea
    trace = engine.desk().trace(network, "a test's", lambda: image)
    subject = occlusion_work.Subject("slot", "chelsea", sample_photos.load("chelsea"), Crop(), network, trace)
    monkeypatch.setattr(occlusion_colours.st, "session_state", {})
    parts = [
        part for part in occlusion.sweep_progressively(network, image, OcclusionSettings.square(64, 16)) if part.done
    ]
    colours: dict[int, int] = {}
    for part in parts:
        now = occlusion_colours.places(subject, part)
        assert len(set(now.values())) == len(now)
        assert all(colours[label] == place for label, place in now.items() if label in colours)
        colours |= now

"""What the first page sends to the browser, compared with the core."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.app.experiment_app import visited
from tests.app.visit import choose, visit
from tests.app.visit import chosen as chosen_fields
from ui.shell import own_networks
from ui.shell.chosen import Chosen, ChosenUnit
from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.look_inside import look
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.models import checkpoints, zoo
from zfnet_core.photos import samples
from zfnet_core.photos.decoding import open_image
from zfnet_core.photos.images import prepare

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def coffee() -> Trace:
    network = zoo.load(zoo.DEFAULT)
    return trace(network, prepare(samples.load("coffee"), network.preprocessing))


open_at = partial(visited, "look_inside_page")


def test_the_strongest_unit_is_shown_first(coffee: Trace) -> None:
    app = open_at(photo="coffee", layer="conv5")
    assert not app.exception and not app.error
    maps = coffee.activation("conv5")[0]
    number, row, column = (int(v) for v in np.unravel_index(int(maps.argmax()), maps.shape))
    text = f"conv5, map {number}, row {row}, column {column} · activation {float(maps.max()):.3f}"
    assert any(text in item.proto.body for item in app.get("html"))


@pytest.mark.parametrize("network", ["googlenet", "resnet18"])
def test_graph_networks_open_too(network: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(zoo, "is_ready", lambda name: False)
    app = open_at(network=network)
    assert not app.exception and not app.error
    assert any("random weights" in item.value for item in app.warning)


def test_an_error_of_the_core_is_its_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise UnknownName("conv3 has no such unit; it has 384 maps.")

    monkeypatch.setattr(look, "crops_by_rules", refuse)
    app = open_at()
    assert not app.exception
    assert [item.value for item in app.error] == ["conv3 has no such unit; it has 384 maps."]


def test_an_unexpected_error_is_an_apology(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "crops_by_rules", lambda *_, **__: 1 / 0)
    app = open_at()
    assert not app.exception
    assert len(app.error) == 1 and "zero" not in app.error[0].value and "went wrong" in app.error[0].value


def test_a_callback_that_fails_leaves_the_page_standing() -> None:
    def script() -> None:
        import streamlit as st

        from ui.shell import frame
        from ui.shell.apology import apologetic
        from zfnet_core.errors import UnknownName

        @apologetic
        def fail() -> None:
            raise UnknownName("There is no such thing.")

        with frame.guarded():
            st.button("press", on_click=fail)
            st.write("still here")

    app = AppTest.from_function(script).run()
    assert not app.error
    app.button[0].click().run()
    assert not app.exception and app.markdown[0].value == "still here"
    assert [item.value for item in app.error] == ["There is no such thing."]
    assert not app.run().error


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"network": "vgg16zz"}, "network could not be used"),
        ({"photo": "nobody"}, "photo could not be used"),
        ({"unit": "1-2-3-4"}, "unit could not be used"),
        ({"layer": "conv99"}, "no layer “conv99”; conv1 is shown"),
        ({"layer": "![x](http://x.test/x.png)"}, "no layer “x.png”; conv1 is shown"),
        ({"unit": "9999-0-0"}, "conv2 has no unit 9999-0-0"),
    ],
)
def test_a_bad_link_says_so_and_leaves_the_address(query: dict[str, str], words: str) -> None:
    app = open_at(**query)
    assert not app.exception and not app.error
    assert any(words in item.value for item in app.toast)
    assert all(value not in app.query_params.get(name, []) for name, value in query.items())


def test_the_usual_layer_of_another_network_is_no_mistake() -> None:
    app = open_at(network="resnet18")
    assert not app.toast and not app.error
    assert chosen_fields(app, ChosenUnit).layer == "conv1"


def test_a_link_to_somebodys_own_weights_waits_for_the_file(tmp_path: Path) -> None:
    app = open_at(network="own-0123456789ab", layer="block3_2", unit="9999-1-1")
    assert not app.exception and not app.error and not app.toast
    assert any("somebody’s own weights" in item.value for item in app.info)
    fields = chosen_fields(app, ChosenUnit)
    assert (chosen_fields(app, Chosen).network, fields.layer, fields.unit) == (
        "own-0123456789ab",
        "block3_2",
        (9999, 1, 1),
    )
    assert app.selectbox(key="choice-network").value == "own-0123456789ab"


def test_an_own_file_that_breaks_the_reader_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise IndexError("secret detail")

    monkeypatch.setattr(checkpoints, "load_checkpoint", break_down)
    app = open_at()
    app.file_uploader(key="own weights").upload("weights.pth", b"anything").run()
    assert not app.exception
    assert len(app.error) == 1 and "secret" not in app.error[0].value
    assert chosen_fields(app, Chosen).network == zoo.DEFAULT


def test_weights_that_run_over_are_a_sentence() -> None:
    network = zoo.untrained(zoo.entry("alexnet-torchvision"))
    with torch.no_grad():
        for parameter in network.module.parameters():
            parameter.mul_(1e30)
    own = replace(network, name="own-0123456789ab", title="too large.pth")
    for layer in ("conv1", "conv3", "fc8"):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        own_networks.keep(visit(app), own)
        app.query_params.update(network=own.name, layer=layer)
        app.run()
        assert not app.exception
        # One in place of the probabilities, one in place of the maps; another photo can still be given.
        assert len(app.error) == 2 and len(app.get("file_uploader")) >= 1
        assert all("too large.pth" in item.value and "not numbers" in item.value for item in app.error)


def test_another_photo_or_network_is_looked_at_from_its_strongest_unit() -> None:
    app = open_at(photo="coffee", layer="conv2", unit="7-3-4")
    assert chosen_fields(app, ChosenUnit).unit == (7, 3, 4), "the link says which"
    choose(app, Chosen, crop=(0.1, 0.2))
    app.run()
    assert chosen_fields(app, ChosenUnit).unit == (7, 3, 4), "the same photo, a little further to the left"
    for changed in ({"photo": "rocket"}, {"network": "alexnet-classroom"}):
        choose(app, Chosen, **changed)
        app.run()
        assert chosen_fields(app, ChosenUnit).unit == () and not app.exception and not app.toast
        choose(app, ChosenUnit, unit=(7, 3, 4))
        app.run()
        assert chosen_fields(app, ChosenUnit).unit == (7, 3, 4)
    choose(app, Chosen, photo="coffee")
    choose(app, ChosenUnit, unit=(8, 1, 2))  # as Back does: another photo, and the unit that was chosen there
    app.run()
    assert chosen_fields(app, ChosenUnit).unit == (8, 1, 2)


def test_a_link_to_somebodys_own_photo_keeps_its_unit_when_the_photo_comes() -> None:
    app = open_at(photo="yours", layer="conv2", unit="7-3-4")
    visit(app).own_photo = samples.load("rocket")
    app.run()
    assert chosen_fields(app, ChosenUnit).unit == (7, 3, 4)
    visit(app).own_photo = samples.load("coffee")
    app.run()
    assert chosen_fields(app, ChosenUnit).unit == ()


def test_an_upload_is_not_credited_to_the_author_of_a_sample() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (300, 300), "teal").save(stream, "PNG")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    visit(app).own_photo = open_image(stream.getvalue(), "Flower")
    app.query_params.update(photo="yours", layer="conv3")
    app.run()
    assert any("**Flower**" in item.value for item in app.caption)
    assert not any("vultilion" in item.value for item in app.caption)
    app.query_params["photo"] = "flower"
    assert any("vultilion" in item.value for item in open_at(photo="flower").caption)


def test_the_same_with_random_weights_is_one_click_and_one_click_back() -> None:
    app = open_at(photo="coffee", layer="conv4", unit="7-3-4", network="alexnet-classroom")
    assert not app.warning
    app.button(key="random-weights").click().run()
    assert chosen_fields(app, Chosen).network == "alexnet-random" and not app.exception and not app.toast
    assert any("random weights" in item.value for item in app.warning)
    assert chosen_fields(app, ChosenUnit) == ChosenUnit(layer="conv4", unit=()), "a unit that was silent says nothing"
    app.button(key="random-weights").click().run()
    assert chosen_fields(app, Chosen).network == "alexnet-classroom" and not app.warning
    assert chosen_fields(app, ChosenUnit) == ChosenUnit(layer="conv4", unit=(7, 3, 4))


def test_a_link_to_the_control_leads_to_a_trained_network() -> None:
    app = open_at(network="zfnet-random", layer="conv2")
    app.button(key="random-weights").click().run()
    assert chosen_fields(app, Chosen).network == zoo.DEFAULT and not app.exception

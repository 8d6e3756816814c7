"""What the first page sends to the browser, compared with the core."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from ui import unit_pictures
from ui.components import packed
from ui.components.atlas import atlas_data
from zfnet_core import sample_photos
from zfnet_core.errors import UnknownName
from zfnet_core.images import open_image, prepare
from zfnet_core.map_summary import summarise
from zfnet_core.models import checkpoints, zoo
from zfnet_core.trace import Trace, trace

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def coffee() -> Trace:
    network = zoo.load(zoo.DEFAULT)
    return trace(network, prepare(sample_photos.load("coffee"), network.preprocessing))


def unpacked(data: bytes) -> tuple[dict[str, object], bytes]:
    length = int.from_bytes(data[:4], "little")
    return json.loads(data[4 : 4 + length]), data[4 + length :]


def open_at(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update(query)
    return app.run()


def test_packed_arrays_begin_where_the_browser_expects_them() -> None:
    for text in ("", "a", "ab", "abc"):
        data = packed({"t": text}, np.arange(3, dtype=np.float32))
        header, body = unpacked(data)
        assert header == {"t": text} and (len(data) - len(body)) % 4 == 0
        assert np.frombuffer(body, np.float32).tolist() == [0, 1, 2]


def test_the_atlas_carries_every_map(coffee: Trace) -> None:
    maps = coffee.activation("conv2")[0]
    header, body = unpacked(atlas_data(summarise(maps), "conv2", range(256), "layer"))
    size = 256 * 26 * 26
    pictures = np.frombuffer(body, np.uint8, size).reshape(256, 26, 26)
    maxima = np.frombuffer(body, np.float32, 256, -(-size // 4) * 4)
    shown = pictures / 255 * maxima[:, None, None]
    assert header["top"] == pytest.approx(float(maps.max()))
    assert np.abs(shown - maps.numpy()).max() <= float(maps.max()) / 255
    assert str(int(maxima.argmax())) in header["alt"]


def test_the_strongest_unit_is_shown_first(coffee: Trace) -> None:
    app = open_at(photo="coffee", layer="conv5")
    assert not app.exception and not app.error
    maps = coffee.activation("conv5")[0]
    number, row, column = (int(v) for v in np.unravel_index(int(maps.argmax()), maps.shape))
    text = f"conv5, map {number}, row {row}, column {column} · activation {float(maps.max()):.3f}"
    assert any(text in item.value for item in app.markdown)


def test_a_unit_that_the_layer_does_not_have_falls_back() -> None:
    for unit in ("9999-0-0", "1-2", "0-99-0", "-1-0-0"):
        app = open_at(layer="conv3", unit=unit)
        assert not app.exception and not app.error


@pytest.mark.parametrize("network", ["googlenet", "resnet18"])
def test_graph_networks_open_too(network: str) -> None:
    app = open_at(network=network)
    assert not app.exception and not app.error
    assert any("random weights" in item.value for item in app.warning) or zoo.is_ready(network)


def test_a_silent_unit_gives_an_empty_picture_and_says_so(coffee: Trace) -> None:
    maps = coffee.activation("conv5")[0]
    number, row, column = (maps == 0).nonzero()[0].tolist()
    app = open_at(photo="coffee", layer="conv5", unit=f"{number}-{row}-{column}")
    assert not app.exception and not app.error
    pictures = payload(app, "pictures")["pictures"]
    assert sum("silent" in picture["caption"] for picture in pictures) == 3
    assert torch.equal(maps[number, row, column], torch.tensor(0.0))


def payload(app: AppTest, name: str) -> dict[str, object]:
    """The data of the first component whose JSON has the key `name`."""
    sent = [json.loads(item.proto.json) for item in app.get("bidi_component") if item.proto.json]
    return next(data for data in sent if name in data)


def test_an_error_of_the_core_is_its_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise UnknownName("conv3 has no such unit; it has 384 maps.")

    monkeypatch.setattr(unit_pictures, "project_by_rules", refuse)
    app = open_at()
    assert not app.exception
    assert [item.value for item in app.error] == ["conv3 has no such unit; it has 384 maps."]


def test_an_unexpected_error_is_an_apology(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_pictures, "project_by_rules", lambda *_: 1 / 0)
    app = open_at()
    assert not app.exception
    assert len(app.error) == 1 and "zero" not in app.error[0].value and "went wrong" in app.error[0].value


def test_a_callback_that_fails_leaves_the_page_standing() -> None:
    def script() -> None:
        import streamlit as st

        from ui import frame
        from ui.apology import apologetic
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
        ({"unit": "9999-0-0"}, "conv3 has no unit 9999-0-0"),
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
    assert app.session_state["view"].layer == "conv1"


def test_a_link_to_somebodys_own_weights_waits_for_the_file(tmp_path: Path) -> None:
    app = open_at(network="own-0123456789ab", layer="block3_2", unit="9999-1-1")
    assert not app.exception and not app.error and not app.toast
    assert any("somebody’s own weights" in item.value for item in app.info)
    view = app.session_state["view"]
    assert (view.network, view.layer, view.unit) == ("own-0123456789ab", "block3_2", (9999, 1, 1))
    assert app.selectbox(key="choice-network").value == "own-0123456789ab"


def test_an_own_file_that_breaks_the_reader_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise IndexError("secret detail")

    monkeypatch.setattr(checkpoints, "load_checkpoint", break_down)
    app = open_at()
    app.file_uploader(key="own weights").upload("weights.pth", b"anything").run()
    assert not app.exception
    assert len(app.error) == 1 and "secret" not in app.error[0].value
    assert app.session_state["view"].network == zoo.DEFAULT


def test_weights_that_run_over_are_a_sentence() -> None:
    network = zoo.untrained(zoo.entry("alexnet-torchvision"))
    with torch.no_grad():
        for parameter in network.module.parameters():
            parameter.mul_(1e30)
    own = replace(network, name="own-0123456789ab", title="too large.pth")
    for layer in ("conv1", "conv3", "fc8"):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app.session_state["own networks"] = {own.name: own}
        app.query_params.update(network=own.name, layer=layer)
        app.run()
        assert not app.exception
        # One in place of the probabilities, one in place of the maps; another photo can still be given.
        assert len(app.error) == 2 and len(app.get("file_uploader")) >= 1
        assert all("too large.pth" in item.value and "not numbers" in item.value for item in app.error)


def test_an_upload_is_not_credited_to_the_author_of_a_sample() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (300, 300), "teal").save(stream, "PNG")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.session_state["own photo"] = open_image(stream.getvalue(), "Flower")
    app.query_params["photo"] = "yours"
    app.run()
    assert any("**Flower**" in item.value for item in app.caption)
    assert not any("vultilion" in item.value for item in app.caption)
    app.query_params["photo"] = "flower"
    assert any("vultilion" in item.value for item in open_at(photo="flower").caption)


def test_the_box_ends_where_no_unit_sees_further() -> None:
    network = zoo.load("alexnet")
    layer = next(layer for layer in network.layers if layer.name == "conv3")
    rows, columns = layer.shape[1:]
    app = open_at(network=network.name, layer=layer.name, unit=f"0-{rows - 1}-{columns - 1}")
    field = payload(app, "pictures")["field"]
    bottom = min(field["jump"] * (rows - 1) + field["last"] + 1, field["end"])
    assert bottom == layer.receptive_field.box(rows - 1, columns - 1, 224)[2] < 224


def test_a_negative_activation_is_explained(coffee: Trace) -> None:
    unit = int(coffee.activation("fc8")[0].argmin())
    app = open_at(photo="coffee", layer="fc8", unit=f"{unit}-0-0")
    captions = [picture["caption"] for picture in payload(app, "pictures")["pictures"]]
    assert all("The score is negative; the walk starts with its size" in text for text in captions)

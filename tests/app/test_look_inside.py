"""What the first page sends to the browser, compared with the core."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from ui.components import packed
from ui.components.atlas import atlas_data
from zfnet_core import sample_photos
from zfnet_core.images import prepare
from zfnet_core.map_summary import summarise
from zfnet_core.models import zoo
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
    header, body = unpacked(atlas_data(summarise(maps), "conv2", range(256), "layer", 3))
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
    payloads = [json.loads(item.proto.json) for item in app.get("bidi_component") if item.proto.json]
    pictures = next(p["pictures"] for p in payloads if "pictures" in p)
    assert sum("silent" in picture["caption"] for picture in pictures) == 3
    assert torch.equal(maps[number, row, column], torch.tensor(0.0))

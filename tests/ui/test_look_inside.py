"""Look inside without a running app: questions, and the scene and files that follow from them."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from tests.ui.thin_traces import thin, traced
from ui.kit import packed
from ui.look_inside.atlas import atlas_data
from ui.look_inside.fields import Fields
from ui.look_inside.files import files, script
from ui.look_inside.layer_strip import blocks, made
from ui.look_inside.question import Question, resolve
from ui.look_inside.scene import order_of, plain, scene, square_around
from ui.look_inside.unit_map import header_of
from ui.shell.chosen import ChosenUnit, Drawing
from ui.shell.current import Current
from zfnet_core.deconvnet.projection import Unit
from zfnet_core.drawing.encoding import enlarged
from zfnet_core.exhibits.look_inside import Look, look_at
from zfnet_core.forward.map_summary import summarise
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.images import CENTRE


def ask(network: Network | None = None, zero: str = "sigmoid", **fields: object) -> Question:
    current = Current(network or thin(), "coffee", samples.load("coffee"), CENTRE)
    place = {name: fields.pop(name) for name in ("layer", "unit") if name in fields}
    return resolve(Fields(**fields), ChosenUnit(**{"layer": "conv3", **place}), Drawing(zero=zero), current, traced)


def shown_by(question: Question) -> tuple[dict, Look]:
    look = look_at(question.trace, question.settings)
    return scene(question, look), look


def decoded(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB"))


def unpacked(data: bytes) -> tuple[dict[str, object], bytes]:
    length = int.from_bytes(data[:4], "little")
    return json.loads(data[4 : 4 + length]), data[4 + length :]


def test_packed_arrays_begin_where_the_browser_expects_them() -> None:
    for text in ("", "a", "ab", "abc"):
        data = packed({"t": text}, np.arange(3, dtype=np.float32))
        header, body = unpacked(data)
        assert header == {"t": text} and (len(data) - len(body)) % 4 == 0
        assert np.frombuffer(body, np.float32).tolist() == [0, 1, 2]


def test_the_atlas_carries_every_map() -> None:
    maps = ask().trace.activation("conv2")[0]
    header, body = unpacked(atlas_data(summarise(maps), "conv2", range(len(maps)), [3, 1], "layer"))
    size = maps.numel()
    pictures = np.frombuffer(body, np.uint8, size).reshape(maps.shape)
    maxima = np.frombuffer(body, np.float32, len(maps), -(-size // 4) * 4)
    seen = pictures / 255 * maxima[:, None, None]
    assert header["top"] == pytest.approx(float(maps.max()))
    assert np.abs(seen - maps.numpy()).max() <= float(maps.max()) / 255
    assert f"strongest is map {int(maxima.argmax())} " in header["alt"]
    assert header["strongest"] == [3, 1] and header["order"] == list(range(len(maps)))


def test_single_units_are_all_shown_and_searched_by_name() -> None:
    summary = summarise(torch.tensor([1.0, -3.0, 2.0]))
    header, _ = unpacked(atlas_data(summary, "fc8", [2, 0, 1], [2], "map", ["cat", "dog", "cow"]))
    assert header["strongest"] == header["order"] == [2, 0, 1] and header["scale"] == "layer"
    assert header["words"]["low"] == "0 and below" and "Word or number (0–2)" in header["words"]["search"]


def test_every_layer_says_how_it_is_made() -> None:
    """From the network's own steps, against the architecture as the papers print it."""
    told = {layer["name"]: layer for layer in blocks(zoo.untrained(zoo.entry("zfnet")))}
    assert [told[name]["kernel"] for name in ("conv1", "conv2", "conv3", "fc7")] == [
        "7×7 /2", "5×5 /2", "3×3", "all to all",
    ]  # fmt: skip
    assert [told[name]["pool"] for name in ("conv1", "conv2", "conv3", "conv4", "fc6")] == [
        "", "pool 3×3 /2", "pool 3×3 /2", "", "pool 3×3 /2",
    ]  # fmt: skip
    assert told["conv1"]["sees"] == "sees 7 px" and told["fc6"]["sees"] == "sees 224 px"
    assert "7 by 7 with stride 2; one unit sees 7 × 7 pixels." in told["conv1"]["alt"]
    resnet = {layer["name"]: layer for layer in blocks(zoo.untrained(zoo.entry("resnet18")))}
    assert len(resnet) == 10 and resnet["conv1"]["kernel"] == "7×7 /2"
    assert made(zoo.untrained(zoo.entry("resnet18")))["block2_1"].convolutions == ((3, 2), (3, 1), (1, 2))


def test_the_difference_of_two_rules_has_its_picture_and_number() -> None:
    question = ask(layer="conv4", zoom=False)
    data, look = shown_by(question)
    picture = data["pictures"][-1]
    assert picture["title"] == "Deconvnet − guided" and f"by {100 * look.difference.share:.0f} %" in picture["caption"]
    assert np.array_equal(decoded(picture["url"]), look.whole(look.difference))


def test_maps_stand_by_number_or_the_strongest_first() -> None:
    maps = torch.tensor([1.0, 3.0, 3.0, 2.0]).view(4, 1, 1)
    assert order_of(summarise(maps), "number") == [0, 1, 2, 3] and order_of(summarise(maps), "strength") == [1, 2, 3, 0]


def test_the_strongest_unit_is_asked_for_first() -> None:
    question = ask()
    maps = question.trace.activation("conv3")[0].numpy()
    assert question.unit == Unit(*(int(place) for place in np.unravel_index(maps.argmax(), maps.shape)))
    assert np.array_equal(question.values, maps[question.unit.map]) and question.notes == ()
    last = ask(layer="fc8")
    assert np.array_equal(last.values, question.trace.activation("fc8")[0].numpy())
    assert last.unit == Unit(int(last.values.argmax())) and last.labels == tuple(thin().labels)


@pytest.mark.parametrize("unit", [(9999, 0, 0), (0, 99, 0), (0, 0, -1), (-1, 0, 0)])
def test_a_unit_that_the_layer_does_not_have_falls_back_with_a_sentence(unit: tuple[int, ...]) -> None:
    question = ask(unit=unit)
    assert question.unit == ask().unit and len(question.notes) == 1 and "conv3 has no unit" in question.notes[0]
    assert ask(layer="fc8", unit=(1, 0, 1)).notes and not ask(layer="fc8", unit=(1, 0, 0)).notes


def test_a_layer_that_the_network_does_not_have_falls_back_to_the_most_alike() -> None:
    for asked, shown in (("conv99", "conv1"), ("fc9", "fc6"), ("![x](http://x.test/x.png)", "conv1")):
        question = ask(layer=asked, unit=(0, 1, 1))
        assert question.layer.name == shown and f"{shown} is shown" in question.notes[0]
        assert "http" not in question.notes[0] and question.unit == ask(layer=shown).unit
    resnet = zoo.untrained(zoo.entry("resnet18"))
    usual = resolve(
        Fields(), ChosenUnit(), Drawing(), Current(resnet, "coffee", samples.load("coffee"), CENTRE), traced
    )
    assert usual.layer.name == "conv1" and usual.notes == (), "nobody asked for the usual layer"


def test_what_is_asked_for_is_shown() -> None:
    question = ask(unit=(4, 12, 3), sort="strength", scale="layer", zoom=False, zero="symmetric")
    assert (question.unit, question.settings.unit, question.settings.scaling) == (Unit(4, 12, 3),) * 2 + ("symmetric",)
    assert (question.sort, question.scale, question.zoomed) == ("strength", "layer", False)


@pytest.mark.parametrize("zoom", [True, False])
def test_every_picture_shows_the_projections_pixels(zoom: bool) -> None:
    question = ask(unit=(4, 12, 3), zoom=zoom)
    data, look = shown_by(question)
    window = square_around(look.box, 224) if zoom else (0, 0, 224)
    pictures = data["pictures"][1 if zoom else 0 :]
    titles = ["Deconvnet", "Gradient", "Guided backprop", "Deconvnet − guided"]
    assert [picture["title"] for picture in pictures] == titles
    for picture, projection in zip(pictures[:3], look.projections, strict=True):
        assert np.array_equal(decoded(picture["url"]), enlarged(look.whole(projection), window))
        assert f"±{plain(projection.strongest)}." in picture["caption"]
    if zoom:
        assert np.array_equal(decoded(data["pictures"][0]["url"]), enlarged(question.photo, window))


def test_the_frame_ends_where_no_unit_sees_further() -> None:
    """The browser draws the frame from four numbers; at the last unit it must end where the receptive field does."""
    network = zoo.untrained(zoo.entry("alexnet"))
    layer = network.layer("conv3")
    rows, columns = layer.shape[1:]
    question = ask(network, unit=(0, rows - 1, columns - 1))
    header = header_of(question.values, question.layer, 0, question.photo_url, 224)
    field, look = header["field"], look_at(question.trace, question.settings)
    bottom = min(field["jump"] * (rows - 1) + field["last"] + 1, field["end"])
    assert bottom == layer.receptive_field.box(rows - 1, columns - 1, 224)[2] == look.box[2] < 224


def test_a_silent_unit_gives_an_empty_picture_and_says_so() -> None:
    maps = ask(layer="conv5").trace.activation("conv5")[0]
    number, row, column = (maps == 0).nonzero()[0].tolist()
    data, look = shown_by(ask(layer="conv5", unit=(number, row, column), zoom=False))
    assert look.activation == 0
    for picture in data["pictures"]:
        assert "silent" in picture["caption"] and "all pixels are zero" in picture["alt"]
        assert (decoded(picture["url"]) == 128).all()


def test_a_negative_activation_is_explained() -> None:
    values = ask(layer="fc8").values
    lowest = int(values.argmin())
    assert values[lowest] < 0
    for unit, negative in ((lowest, True), (int(values.argmax()), False)):
        data, _ = shown_by(ask(layer="fc8", unit=(unit, 0, 0)))
        texts = [picture["caption"] for picture in data["pictures"][:3]]
        assert len(texts) == 3 and all(("The score is negative" in text) == negative for text in texts)


def test_the_files_are_those_of_the_question() -> None:
    question = ask(unit=(4, 12, 3), sort="strength", scale="layer")
    look, summary = look_at(question.trace, question.settings), summarise(question.trace.activation("conv3")[0])
    found = {name: make() for _, name, make in files(question, look, summary)}
    assert len(found) == 17 and all(found.values())
    stem = "thin-conv3-4-12-3"
    top, left, bottom, right = look.box
    patch = np.asarray(Image.open(io.BytesIO(found[f"{stem}-patch.png"])))
    assert np.array_equal(patch, question.photo[top:bottom, left:right])
    drawn = np.asarray(Image.open(io.BytesIO(found[f"{stem}-guided.png"])))
    assert np.array_equal(drawn, look.whole(look.projections[2]))
    values = np.loadtxt(io.BytesIO(found[f"{stem}-map.csv"]), delimiter=",")
    assert np.allclose(values, question.values, rtol=1e-5)
    assert "samples.load('coffee')" in script(question) and "Unit(map=4, row=12, column=3)" in script(question)
    own = replace(question, current=replace(question.current, photo_name="yours"))
    assert "put your own file here" in script(own)
    last = ask(layer="fc8")
    units = {name: make() for _, name, make in files(last, look_at(last.trace, last.settings), summary)}
    assert b"class 3" in next(data for name, data in units.items() if name.endswith("-units.csv"))


def test_two_digits_are_told_without_powers_of_ten() -> None:
    assert [plain(value) for value in (0, 0.00123, 0.5, 12.3, 123)] == ["0", "0.0012", "0.50", "12", "123"]

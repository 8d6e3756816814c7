"""How one number is made, without a running app: the way in the address, and what the browser is told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.core.saved_scripts import in_this_python
from tests.core.thin_networks import thin_zfnet
from tests.ui.thin_traces import thin, traced
from ui.contributions.fields import Fields
from ui.contributions.files import figure, files, lines
from ui.contributions.question import Question, resolve
from ui.contributions.scene import decimals, scene
from ui.contributions.trail import walked, written
from ui.shell.address import accepted
from ui.shell.chosen import ChosenUnit
from ui.shell.current import Current
from zfnet_core.exhibits.contributions import explain, strongest_path
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.models.wiring import wiring
from zfnet_core.photos import samples
from zfnet_core.photos.images import CENTRE


def ask(trail: str = "", network: Network | None = None, shown: int = 10, **place: object) -> Question:
    current = Current(network or thin(), "coffee", samples.load("coffee"), CENTRE)
    return resolve(Fields(trail=trail, shown=shown), ChosenUnit(**place), current, traced)


def test_the_way_is_written_and_read_again() -> None:
    question = ask(layer="conv5")
    path = [level.start for level in strongest_path(question.trace, question.place)]
    text = written(path)
    assert len(path) == 6 and accepted(Fields, "trail", text)
    assert walked(text, path[0], question.trace) == tuple(path)
    assert ask(trail=text, layer="conv5").trail == tuple(path)
    assert written(path[:1]) == ""


@pytest.mark.parametrize(
    "text",
    ["x", "relu5.0", "relu5.1.2.3~", "relu5.99999999.0.0", "conv1.0.0.0", "~~~", "input.0.0.999", "relu5.-1.0.0"],
)
def test_a_way_that_is_not_there_ends_where_it_stops(text: str) -> None:
    question = ask(trail=text, layer="conv5")
    assert question.trail == (question.place,) and question.place.step == "relu5"
    start = f"relu5.{question.unit.map}.{question.unit.row}.{question.unit.column}"
    assert ask(trail=f"{start}~{text}", layer="conv5").trail[0].step == "relu5"


def test_another_unit_begins_a_way_of_its_own() -> None:
    path = [level.start for level in strongest_path(ask().trace, ask(layer="conv4").place)]
    assert len(ask(trail=written(path), layer="conv4", unit=(0, 0, 0)).trail) == 1


@pytest.mark.parametrize("layer", ["conv1", "conv2", "conv4", "fc6", "fc8"])
def test_what_stands_on_the_page_adds_up(layer: str) -> None:
    question = ask(layer=layer)
    level = explain(question.trace, question.place)
    data = scene(question, level, wiring(question.network, level.end.step, level.end.map))
    json.dumps(data)
    number = data["number"]
    terms = [row["value"] for row in number["rows"]] + ([number["rest"]["value"]] if number["rest"] else [])
    assert sum(terms) + number["bias"]["value"] == pytest.approx(number["sum"]["value"], abs=1e-9)
    assert max(0.0, number["sum"]["value"]) == pytest.approx(number["value"]["value"], abs=1e-4) or layer == "fc8"
    shares = sum(row["share"] for row in number["rows"]) + (number["rest"] or {"share": 0})["share"]
    assert shares + number["bias"]["share"] == pytest.approx(1)
    for row in number["rows"]:
        assert np.sum(np.array(row["window"]) * np.array(row["kernel"])) == pytest.approx(row["value"], abs=1e-6)


@pytest.mark.parametrize("sample", ["coffee", "chelsea", "rocket"])
def test_rounded_numbers_add_up_to_three_digits(sample: str) -> None:
    """As a pupil does it: window times kernel as printed, added up, with the bias."""
    network = zoo.load(zoo.DEFAULT)
    current = Current(network, sample, samples.load(sample), CENTRE)
    for unit in ((), (5, 40, 60), (17, 0, 0), (30, 109, 55)):
        question = resolve(Fields(), ChosenUnit(layer="conv1", unit=unit), current, traced)
        number = explain(question.trace, question.place).number
        assert number is not None
        digits = decimals(number)
        (part,) = number.parts
        windows, kernels = np.round(part.windows.astype(float), digits), np.round(part.kernels, digits)
        added = float((windows * kernels).sum()) + round(number.bias, digits)
        assert added == pytest.approx(number.sum, rel=5e-3, abs=1e-3)


def numbers_in(text: str) -> list[float]:
    return [float(one.replace("−", "-")) for one in re.findall(r"−?\d+\.?\d*(?:e-?\d+)?", text)]


@pytest.mark.parametrize(
    ("name", "layer"), [("thin", "fc6"), ("thin", "fc8"), ("resnet18", "block2_1"), ("resnet18", "block3_2")]
)
def test_what_a_drawing_adds_together_is_the_sum(name: str, layer: str) -> None:
    """Of a fully connected layer the strongest single inputs and the others; of a residual block its two ways."""
    network = thin() if name == "thin" else zoo.untrained(zoo.entry(name))
    question = ask(network=network, layer=layer)
    level = explain(question.trace, question.place)
    data = scene(question, level, None)["drawn"]
    assert level.number is not None
    assert sum(one["value"] for one in data["items"]) == pytest.approx(level.number.sum, abs=1e-6, rel=1e-6)
    assert sum(one["share"] for one in data["items"]) == pytest.approx(1)
    assert f"{level.number.sum:.4f}".replace("-", "−") in data["to"]
    if name == "resnet18":
        assert len(data["items"]) == 3 and "the shortcut" in data["items"][1]["label"]
        return
    for one in data["items"][:8]:
        value, weight = numbers_in(one["made"])
        assert value * weight == pytest.approx(one["value"], abs=2e-4 * (1 + abs(value) + abs(weight)))
    (part,) = level.number.parts
    assert abs(data["items"][0]["value"]) == pytest.approx(float(np.abs(part.products).max()))


def test_a_convolution_has_no_drawing_of_its_own_but_the_grids() -> None:
    question = ask(layer="conv2")
    assert scene(question, explain(question.trace, question.place), None)["drawn"] is None


def test_a_normalisation_shows_its_formula_with_the_numbers() -> None:
    """As a pupil does it: own value divided by (k + α / n · the sum of the squares) to the power of β."""
    question = ask(network=thin_zfnet(norm="after pool"), layer="conv2")
    path = [level.start for level in strongest_path(question.trace, question.place)][:2]
    question = ask(trail=written(path), network=question.network, layer="conv2")
    (norm,) = [one for one in scene(question, explain(question.trace, question.place), None)["passages"] if one["maps"]]
    (neighbours,) = norm["values"]
    own, k, alpha, n, squares, beta, again, divisor, value = numbers_in(norm["formula"])
    assert squares == pytest.approx(sum(one**2 for one in neighbours), abs=1e-4) and again == own
    assert own == pytest.approx(neighbours[norm["chosen"][1]], abs=1e-4) and len(norm["maps"]) == len(neighbours)
    assert divisor == pytest.approx((k + alpha / n * squares) ** beta, abs=1e-4)
    assert value == pytest.approx(own / divisor, abs=2e-4) and norm["result"] == pytest.approx(value, abs=1e-4)


def test_a_pool_shows_its_window_with_the_winner() -> None:
    question = ask(layer="conv3")
    path = [level.start for level in strongest_path(question.trace, question.place)][:2]
    question = ask(trail=written(path), layer="conv3")
    (pool,) = scene(question, explain(question.trace, question.place), None)["passages"]
    values = [value for line in pool["values"] for value in line if value is not None]
    down, right = pool["chosen"]
    assert pool["values"][down][right] == max(values) == pool["result"] and pool["sign"] == "largest"


def test_the_pixel_at_the_end_is_explained() -> None:
    question = ask(layer="conv1")
    path = [level.start for level in strongest_path(question.trace, question.place)]
    question = ask(trail=written(path), layer="conv1")
    data = scene(question, explain(question.trace, question.place), None)
    assert data["number"] is None and "The walk has come to a pixel" in data["pixel"]["text"]
    assert data["crumbs"][-1]["label"].startswith("pixel (")


def test_more_terms_can_stand_by_themselves() -> None:
    question = ask(layer="fc6", shown=30)
    level = explain(question.trace, question.place)
    data = scene(question, level, None)["number"]
    assert data["rest"] is None and len(data["rows"]) == 8
    seven = ask(layer="fc7")
    assert len(scene(seven, explain(seven.trace, seven.place), None)["number"]["rows"]) == 10


def test_the_files_hold_every_term() -> None:
    question = ask(layer="conv2")
    level = explain(question.trace, question.place)
    by_name = {name.split("-")[-1]: make().decode() for _, name, make in files(question, level) if name.endswith("csv")}
    assert len(by_name["terms.csv"].splitlines()) == 1 + 6 + 3
    assert len(by_name["products.csv"].splitlines()) == 1 + 6 * 25


def test_the_figure_holds_the_sum_line_by_line() -> None:
    question = ask(layer="conv4")
    number = explain(question.trace, question.place).number
    assert number is not None
    *terms, total, value = lines(question, number)
    assert sum(one.value for one in terms) == pytest.approx(total.value) and value.value == pytest.approx(number.value)
    assert sum(one.share or 0 for one in terms) == pytest.approx(1) and (total.share, value.share) == (None, None)
    drawn = figure(question, number).file("svg").decode()
    for one in (*terms, total):
        assert f"{one.value:.4f}".replace("-", "−") in drawn


def test_the_script_walks_the_same_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = zoo.load(zoo.DEFAULT)
    question = ask(network=network, layer="conv2")
    level = explain(question.trace, question.place)
    ((script,),) = [[make() for _, name, make in files(question, level) if name.endswith(".py")]]
    out = in_this_python(script.decode(), tmp_path, capsys)
    assert level.number is not None
    assert f"sum {level.number.sum:.5f}" in out and out.count("Place(") == 3


def test_places_are_named() -> None:
    resnet = zoo.untrained(zoo.entry("resnet18"))
    question = ask(network=resnet, layer="block2_1")
    data = scene(question, explain(question.trace, question.place), None)
    assert {row["label"].split(" of ")[1] for row in data["number"]["rows"]} <= {"block1_2", "block2_1 · layer2_0_relu"}

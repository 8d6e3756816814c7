"""The page of one number through app.py: it opens with every network, follows a link, and says what is not there."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.experiment_app import visited
from tests.app.visit import chosen
from ui.contributions.fields import Fields
from ui.shell.chosen import ChosenUnit

ROOT = Path(__file__).parents[2]


opened = partial(visited, "contributions_page")


def shown(app: AppTest) -> dict[str, Any]:
    """What the component is told."""
    found = [json.loads(one.proto.json) for one in app.get("bidi_component") if one.proto.WhichOneof("data") == "json"]
    (data,) = [data for data in found if isinstance(data, dict) and "crumbs" in data]
    return data


@pytest.mark.parametrize("layer", ["conv1", "conv3", "fc6", "fc8"])
def test_every_kind_of_layer_is_taken_apart(layer: str) -> None:
    app = opened(layer=layer)
    assert not app.exception and not app.error
    number = shown(app)["number"]
    rest = (number["rest"] or {"value": 0})["value"]
    total = sum(row["value"] for row in number["rows"]) + rest + number["bias"]["value"]
    assert total == pytest.approx(number["sum"]["value"])


def test_a_way_down_is_walked_and_stands_in_the_address() -> None:
    app = opened(layer="conv3")
    app.button(key="strongest-path").click().run()
    assert not app.exception and not app.error
    assert shown(app)["number"] is None and shown(app)["pixel"]
    trail = chosen(app, Fields).trail
    assert trail.startswith("relu3.") and "~input." in trail
    again = opened(layer="conv3", unit="-".join(trail.split("~")[0].split(".")[1:]), contributions_trail=trail)
    assert [one["label"] for one in shown(again)["crumbs"]] == [one["label"] for one in shown(app)["crumbs"]]


def test_another_layer_begins_anew() -> None:
    app = opened(layer="conv3")
    app.button(key="strongest-path").click().run()
    app.selectbox(key="choice-layer").select("conv4").run()
    assert chosen(app, ChosenUnit).layer == "conv4" and chosen(app, Fields).trail == ""
    assert len(shown(app)["crumbs"]) == 1 and not app.exception


@pytest.mark.parametrize("trail", ["relu3.0.0.0~conv1.0.0.0", "nothing", "relu3.1.1.1~" * 90, "<b>~"])
def test_a_hostile_link_does_no_harm(trail: str) -> None:
    app = opened(layer="conv3", contributions_trail=trail)
    assert not app.exception and not app.error and shown(app)["number"]


def test_silent_units_and_networks_with_branches_are_no_trouble() -> None:
    for query in ({"network": "googlenet", "layer": "inception3a"}, {"layer": "conv5", "unit": "0-0-0"}):
        app = opened(**query)
        assert not app.exception and not app.error and shown(app)["number"]["rows"]

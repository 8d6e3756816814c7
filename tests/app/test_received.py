"""What components may report, and what is made of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ui.look_inside import atlas, layer_strip, unit_map
from ui.occlusion import occluder
from ui.shell import crop_frame, photo_strip, received
from zfnet_core.models import zoo
from zfnet_core.photos.images import LEAST_ZOOM, MOST_ZOOM, Crop
from zfnet_core.photos.samples import load


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the component "one" has reported, by name."""
    reports: dict[str, Any] = {}
    monkeypatch.setattr(received, "reported", lambda key, name: reports.get(name) if key == "one" else None)
    return reports


def test_parts_of_the_right_kinds_are_given_and_nothing_else(report: dict[str, Any]) -> None:
    report["picked"] = {"layer": "conv3", "map": 7, "at": 2, "number": 4}
    assert received.received("one", "picked", layer=str, map=int) == {"layer": "conv3", "map": 7}
    assert received.received("one", "picked", at=float) == {"at": 2.0}
    assert received.received("one", "picked", layer=str, row=int) is None
    assert received.received("other", "picked", layer=str) is None and received.received("one", "moved", at=int) is None
    assert received.newest("one", "picked") == 4 and received.newest("one", "moved") == 0


NAN, INFINITY, HUGE = float("nan"), float("inf"), 10**400


@pytest.mark.parametrize("kind", [int, float, str, list])
@pytest.mark.parametrize("value", [None, True, NAN, INFINITY, -INFINITY, HUGE, {}, ()])
def test_nothing_of_another_kind_passes(report: dict[str, Any], kind: type, value: Any) -> None:
    report["moved"] = {"value": value}
    if value is not HUGE or kind is float:
        assert received.received("one", "moved", value=kind) is None


@pytest.mark.parametrize("message", [None, 7, "map", [], [("map", 7)]])
def test_what_is_no_object_is_nothing(report: dict[str, Any], message: Any) -> None:
    report["picked"] = message
    assert received.received("one", "picked", map=int) is None and received.newest("one", "picked") == 0


@pytest.mark.parametrize("number", [None, "7", 7.0, True, -1, 0, 2**53, HUGE, NAN])
def test_a_number_that_no_browser_counts_to_is_none(report: dict[str, Any], number: Any) -> None:
    report["picked"] = {"number": number}
    assert received.newest("one", "picked") == 0


def mounted(monkeypatch: pytest.MonkeyPatch, component: Any) -> dict[str, Any]:
    given: dict[str, Any] = {}
    monkeypatch.setattr(component, "_mount", lambda **arguments: given.update(arguments))
    return given


@pytest.mark.parametrize("sent", [{"name": []}, {"name": {}}, {"name": None}, {"name": "nobody"}, 7, None])
def test_the_photo_strip_takes_nothing_but_its_names(monkeypatch, report: dict[str, Any], sent: Any) -> None:
    given, picked = mounted(monkeypatch, photo_strip), []
    for message, expected in ((sent, []), ({"name": "cat", "number": 3}, ["cat"])):
        report["picked"] = message
        photo_strip.photo_strip([("cat", "Cat", "")], "cat", "one", picked.append)
        given["on_picked_change"]()
        assert picked == expected
    assert given["data"]["heard"] == 3


def test_the_layer_strip_takes_nothing_but_its_layers(monkeypatch, report: dict[str, Any]) -> None:
    given, picked = mounted(monkeypatch, layer_strip), []
    network = zoo.load(zoo.DEFAULT)
    for layer in ("block3_1", 3, None, ["conv2"], {"conv2": 1}, "conv2"):
        report["picked"] = {"layer": layer, "number": 1}
        layer_strip.layer_strip(network, "conv1", "one", picked.append)
        given["on_picked_change"]()
    assert picked == ["conv2"] and given["data"]["heard"] == 1


def test_maps_and_units_are_whole_numbers(monkeypatch, report: dict[str, Any]) -> None:
    chosen: list[Any] = []
    layer = next(layer for layer in zoo.load(zoo.DEFAULT).layers if layer.name == "conv3")
    maps = np.ones((13, 13))
    for component, show in (
        (atlas, lambda: atlas.atlas(b"", "one", lambda *choice: chosen.append(choice))),
        (unit_map, lambda: unit_map.unit_map(maps, layer, 0, "", 224, "one", lambda *unit: chosen.append(unit))),
    ):
        given = mounted(monkeypatch, component)
        show()
        for row in (1.5, True, "1", None, 1):
            report["chosen"] = {"layer": "conv3", "map": row, "row": row, "column": 2}
            given["on_chosen_change"]()
    assert chosen == [("conv3", 1), ("conv3", 1, 1, 2)]


def test_the_crop_stays_in_the_photo(monkeypatch, report: dict[str, Any]) -> None:
    given, moved = mounted(monkeypatch, crop_frame), []
    crop_frame.crop_frame(
        load("coffee"), zoo.load(zoo.DEFAULT).preprocessing, Crop(), "one", lambda *to: moved.append(to)
    )
    for left in (NAN, "1", -3, 0.25, 7):
        report["moved"] = {"left": left, "top": 0.5, "zoom": 2}
        given["on_moved_change"]()
    assert moved == [(0.0, 0.5, 2.0), (0.25, 0.5, 2.0), (1.0, 0.5, 2.0)]
    for zoom in (NAN, None, "2", -1, 1e9):
        report["moved"] = {"left": 0.5, "top": 0.5, "zoom": zoom}
        given["on_moved_change"]()
    assert moved[3:] == [(0.5, 0.5, LEAST_ZOOM), (0.5, 0.5, MOST_ZOOM)]


def test_a_problem_is_forgotten_by_its_number_only(monkeypatch, report: dict[str, Any]) -> None:
    given, retried = mounted(monkeypatch, crop_frame), []
    crop_frame.crop_frame(
        load("coffee"), zoo.load(zoo.DEFAULT).preprocessing, Crop(), "one", lambda *to: None, on_retry=retried.append
    )
    for problem in (None, True, "2", 2.0, [2], -2, 0, 2**53, HUGE, 2):
        report["retried"] = {"problem": problem, "at": 1}
        given["on_retried_change"]()
    for message in (None, 2, {}, {"at": 1}):
        report["retried"] = message
        given["on_retried_change"]()
    assert retried == [2]


def test_the_square_may_be_anywhere_but_is_whole_and_near(monkeypatch, report: dict[str, Any]) -> None:
    given, moved, drawn = mounted(monkeypatch, occluder), [], []
    occluder.occluder(b"", "one", lambda *box: moved.append(box), drawn.append)
    for top in (NAN, INFINITY, HUGE, None, -4, 1e9, 7.4):
        report["moved"] = {"top": top, "left": 2, "height": 64, "width": 64, "number": 5}
        given["on_moved_change"]()
    assert moved == [(0, 2, 64, 64), (10_000, 2, 64, 64), (7, 2, 64, 64)]
    for cells in (None, [1], "0110"):
        report["drawn"] = {"cells": cells}
        given["on_drawn_change"]()
    assert drawn == ["0110"] and occluder.heard("one") == {"moved": 5, "drawn": 0}

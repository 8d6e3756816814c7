"""The components' scripts by themselves, in a blank page: no server, no Streamlit."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from ui.evolution.words import film_words
from ui.features.scene import nine_words
from ui.kit import packed, script
from zfnet_core.drawing.palette import OKABE_ITO, viridis
from zfnet_core.exhibits.occlusion.figure import nearest_positions
from zfnet_core.models import zoo
from zfnet_core.models.receptive_field import ReceptiveField

UI = Path(__file__).parents[2] / "ui"
FOLDERS = {folder.name: folder for folder in sorted(file.parent for file in UI.rglob("*.html"))}
PARTS = {
    "moved_photos": ("panels.js",),
    "number": ("drawings.js", "maps.js"),
    "whole_page": ("page_list.js", "refusals.js"),
}
OCCLUDER_WORDS = (
    *("exact", "between", "coarse", "computing", "hidden", "spoken", "place", "sum", "clear", "bars", "opacity"),
)
ATLAS_WORDS = ("which", "strongest", "all", "search", "missing", "hover", "chosen", "low", "high")
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

COUNTING = """() => {
  // Everything that outlives its element unless it is taken back.
  globalThis.alive = { listeners: 0, intervals: 0, observers: 0 };
  const target = EventTarget.prototype, add = target.addEventListener, remove = target.removeEventListener;
  const counted = (one) => !(one instanceof Node);
  target.addEventListener = function (...given) {
    if (counted(this)) alive.listeners += 1;
    return add.apply(this, given);
  };
  target.removeEventListener = function (...given) {
    if (counted(this)) alive.listeners -= 1;
    return remove.apply(this, given);
  };
  const begin = globalThis.setInterval, end = globalThis.clearInterval, running = new Set();
  const note = () => { alive.intervals = running.size; };
  globalThis.setInterval = (...given) => { const id = begin(...given); running.add(id); note(); return id; };
  globalThis.clearInterval = (id) => { running.delete(id); note(); end(id); };
  globalThis.ResizeObserver = class extends ResizeObserver {
    constructor(...given) { super(...given); alive.observers += 1; }
    disconnect() { alive.observers -= 1; super.disconnect(); }
  };
  globalThis.MutationObserver = class extends MutationObserver {
    constructor(...given) { super(...given); alive.observers += 1; }
    disconnect() { alive.observers -= 1; super.disconnect(); }
  };
}"""
TRANSLATED_FIGURES = """() => {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), found = [];
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const at = text.parentElement;
    if (/\\d/.test(text.data) && !at.closest('[translate=no], style, script')) found.push(text.data);
  }
  return found;
}"""
LOAD = """async ([source, names]) => {
  const text = `${source}\\nexport { ${names.join(', ')} };`;
  globalThis.module = await import(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })));
}"""
MOUNT = """([html, data, fresh]) => {
  const bytes = data.bytes && Uint8Array.from(atob(data.bytes), (letter) => letter.charCodeAt(0));
  globalThis.root ??= document.body.appendChild(document.createElement('div'));
  globalThis.sent ??= [];
  if (fresh) root.innerHTML = html;
  globalThis.cleanUp = module.default({
    data: bytes ?? data, parentElement: root, setStateValue: (name, value) => sent.push([name, value]),
  });
}"""


def data_of(name: str) -> dict[str, Any]:
    """Something for each component to show; bytes are base64."""

    def as_bytes(header: dict[str, Any], *arrays: np.ndarray) -> dict[str, Any]:
        return {"bytes": base64.b64encode(packed(header, *arrays)).decode()}

    box = {"top": 4, "left": 8, "height": 8, "width": 8}
    card = {"photo": None, "box": [1, 2, 5, 6], "projection": PIXEL, "patch": None, "title": "1", "caption": "c"}
    match name:
        case "photo_strip":
            photos = [{"name": one, "title": one.upper(), "image": PIXEL} for one in "abc"]
            return {"photos": photos, "label": "Sample photos", "chosen": "b", "heard": 0}
        case "crop_frame":
            photo = {"image": PIXEL, "aspect": 1.5, "usual": [0.5, 0.75], "least": 0.75, "most": 8, "alt": "a"}
            words = {key: key for key in ("hint", "zoom", "times", "usual", "drop", "choose")}
            end = {"upload": "upload", "accept": ".png", "problem": 0, "words": words, "heard": 0}
            return {**photo, "left": 0.5, "top": 0.5, "zoom": 1, **end}
        case "layer_strip":
            words = {"size": "1", "pool": "p", "kernel": "k", "sees": "s"}
            layers = [{"name": f"conv{i}", **words, "high": 9, "wide": 9, "alt": f"layer {i}"} for i in range(1, 6)]
            return {"layers": layers, "label": "l", "chosen": "conv3", "heard": 0}
        case "blueprints":
            told = {
                "facts": [["maps", "6"]],
                "sums": [["Size", "5"]],
                "inner": ["3×3"],
                "box": [0, 0, 1, 1],
                "next": None,
            }
            looks = {"look": "conv", "alt": "a", "mark": "", "seen": "s", "differs": "", "short": "1"}
            parts = [{"name": f"conv{i}", "side": 9.0, "depth": 6, **told, **looks} for i in range(1, 6)]
            network = {"title": "t", "totals": "1", "label": "l", "inputPx": 32, "photo": PIXEL, "parts": parts}
            return {"networks": [network], "words": {}, "legend": [["conv", "c"]], "chosen": "conv3", "heard": 0}
        case "digit_board":
            return {"cells": 56, "words": {"board": "b", "clear": "c", "hint": "h"}, "heard": 0}
        case "atlas":
            header = {
                "layer": "conv1",
                "maps": 4,
                "rows": 2,
                "columns": 2,
                "order": [0, 1, 2, 3],
                "strongest": [3, 1],
                "scale": "map",
                "names": [],
                "words": {key: f"{key} {{map}}" for key in ATLAS_WORDS},
            }
            values = np.arange(16, dtype=np.uint8), np.ones(4, np.float32), np.ones(4, np.float32)
            return as_bytes({**header, "top": 1.0, "below": False, "alt": "a"}, *values)
        case "unit_map":
            words = {what: f"{what} {{row}}, {{column}}: {{value}}" for what in ("hover", "chosen")}
            words |= {"title": "t", "seen": "{rows} × {columns}: {place}", "place": "{top}–{bottom}", "alt": "{place}"}
            header = {"layer": "conv1", "map": 0, "rows": 2, "columns": 2, "top": 3.0, "alt": "a"}
            field = {"jump": 2, "first": -1, "last": 3, "end": 16}
            seen = {"photo": PIXEL, "inputPx": 16, "field": field}
            return as_bytes({**header, **seen, "words": words}, np.arange(4, dtype=np.float32))
        case "ticket":
            return {"offered": "0" * 32}
        case "idle":
            return {"seconds": 600, "start": "/"}
        case "whole_page":
            return {"presenting": True, "page": "look-inside", "network": "zfnet-classroom", "tooLarge": "t"}
        case "chosen":
            heard = {"atlas": 0, "which": 0, "unitMap": 0}
            return {"layer": "conv1", "unit": [2, 1, 0], "maps": "strongest", "heard": heard}
        case "projections":
            picture = {"url": PIXEL, "alt": "p", "title": "t", "caption": "c"}
            return {"label": "l", "pictures": [picture, picture]}
        case "nine":
            cards = [{**card, "alt": "a", "own": own, "pixelated": True} for own in (False, True)]
            return {"cards": cards, "inputPx": 16, "places": True, "words": nine_words()}
        case "wall":
            maps = [
                {"map": i, "title": f"Map {i}", "note": "n", "alt": f"map {i}", "projections": PIXEL, "patches": None}
                for i in range(10)
            ]
            return {"maps": maps, "cell": 3, "tile": 3, "chosen": 4, "label": "Maps", "heard": 0}
        case "film":
            rows = [[0.5, 1.0, 2.0]]
            curve = [{"epoch": 1, "loss": 2.0, "val_loss": None, "train": 0.1, "val": 0.2}]
            table = {"run": "r", "table": PIXEL, "tile": 1, "layer": "conv1", "maps": [3], "epochs": [0, 1, 2]}
            units = {"changed": [[0, 1, 0]], "photos": [["a", "b", "c"]], "rows": rows, "columns": rows, "values": rows}
            changes = {
                "curve": curve,
                "changing": {"conv1": [None, 0.5, 0.2]},
                "jumped": [None, 0.5, None],
                "stayed": [None, 0.1, 0.1],
            }
            alts = {key: key for key in ("table", "screen", "accuracy", "loss", "changing")}
            return {**table, **units, **changes, "at": 1, "heard": 0, "alts": alts, "words": film_words()}
        case "moved_photos":
            photo = {"image": PIXEL, "title": "cat", "colour": "#0072b2", "symbol": [[0, 1], [1, 0], [-1, 0]]}
            answers = {"answers": ["a", "b", None], "untouched": "a", "followed": "a"}
            panel = {
                "name": "n",
                "title": "t",
                "words": "w",
                "values": [[0.1, 0.5, None]],
                "share": True,
                "top": 1,
                "ticks": [[0, "0"]],
            }
            axis = {
                "kind": "down",
                "label": "l",
                "axis": "x",
                "amounts": [-1, 0, 1],
                "ticks": [[0, "0"]],
                "texts": ["-1", "0", "1"],
            }
            said = {"probability": "probability of {label}", "now": "now: {label}"}
            end = {"at": 1, "heard": 0, "border": "reflect", "fill": "rgb(0, 0, 0)", "said": said}
            return {"photos": [{**photo, **answers}], "panels": [panel] * 3, **axis, **end}
        case "board":
            tile = {"title": "a cat, in cats", "image": PIXEL, "wrong": False}
            tiles = [{**tile, "id": one} for one in ("a" * 16, "b" * 16)]
            classes = [
                {"number": 0, "name": "cats", "note": "2 photos", "tiles": tiles},
                {"number": 3, "name": "dogs", "note": "0 photos", "tiles": []},
            ]
            return {"classes": classes, "chosen": "", "heard": 0}
        case "collector":
            words = {"start": "Hold", "refused": "The camera was refused.", "none": "No camera.", "taken": "{n} photos"}
            classes = [{"number": 0, "name": "cats", "label": "Hold for cats"}]
            return {"on": False, "watch": False, "classes": classes, "words": words, "heard": 0, "heardWatched": 0}
        case "switches":
            cards = [
                {"map": one, "title": f"Map {one}", "note": "−1.0 points", "state": "", "word": "as it is"}
                for one in (7, 2)
            ]
            return {
                "maps": [{**one, "alt": one["title"], "image": PIXEL} for one in cards],
                "label": "Maps",
                "heard": 0,
            }
        case "markers":
            photos = [{"title": one, "image": PIXEL} for one in "ab"]
            parts = [{"name": "nose", "colour": "#0072b2"}]
            words = "{part} of {photo}: column {column}, row {row}"
            points = [[[5, 6]], [[7, 8]]]
            return {
                "photos": photos,
                "parts": parts,
                "points": points,
                "side": 4,
                "size": 16,
                "heard": 0,
                "words": words,
            }
        case "occluder":
            grid = {"tops": [0, 8], "lefts": [0, 8], "rows": 2, "columns": 2, "stride": 8, "height": 8, "width": 8}
            scene = {
                "inputPx": 16,
                "box": box,
                "step": 4,
                "smallest": 8,
                "grow": 8,
                "heard": {"moved": 0, "drawn": 0},
                "growing": True,
                "done": False,
                "grid": {**grid, "labels": ["cat", "dog"], "chosen": 0},
                "exact": None,
                "hidden": False,
                "chosen": {"label": "cat", "range": [0, 1]},
                "map": {"title": "m", "cleanTotal": 1, "range": [0, 2]},
                "palette": ["#0072b2", "#d55e00"],
                "alts": {"b": "b"},
                "captions": {"b": "(b)"},
                "legend": [],
                "projection": None,
                "drawing": {"across": 4, "cellPx": 4, "cells": "", "guess": "", "important": ""},
                "words": {key: key for key in OCCLUDER_WORDS},
                "progress": {"share": 0.5, "text": "half"},
                "image": PIXEL,
                "imageAlt": "i",
                "title": "t",
                "fill": {"colour": "#000", "blur": 0},
                "boxAlt": "b",
                "note": "",
            }
            values = np.arange(8, dtype=np.float32) / 8, np.arange(4, dtype=np.float32), np.zeros(4, np.float32)
            return as_bytes(scene, *values)
        case "number":
            below = {"picture": PIXEL, "size": 4, "corner": [0, 0], "kernel": 2, "stride": 2, "padding": 0}
            grids = {"window": [[1.0, 2.0]] * 2, "kernel": [[0.5, -0.5]] * 2, "inside": [[1, 1]] * 2}
            row = {"part": 0, "index": 0, "map": 0, "label": "map 0", "value": 1.0, "share": 0.5, **grids}
            row |= {"cell": [0, 0], "go": True, "below": {**below, "kind": "conv", "alt": "b"}}
            line = {"label": "l", "value": 1.0}
            rows = {"digits": 4, "rows": [row, {**row, "index": 1}], "rest": None, "bias": {**line, "share": 0.0}}
            number = {**rows, "sum": line, "value": line, "largest": 1.0, "colour": None, "alt": "a"}
            photo = {"url": PIXEL, "side": 4, "box": [0, 0, 2, 2], "alt": "p", "caption": "c"}
            scene = {"crumbs": [line], "passages": [], "photo": photo, "title": "t", "words": {}, "number": number}
            item = {"label": "l", "value": 1.0, "share": 0.5, "made": ""}
            scene |= {"drawn": {"title": "t", "items": [item, item], "to": "s", "alt": "a"}}
            reader = {"picture": PIXEL, "size": 2, "kernel": 2, "stride": 2, "padding": 0, "kind": "conv", "label": "u"}
            scene |= {"reader": {**reader, "won": [[0, 0]], "alt": "u"}}
            above = {"size": 2, "at": [0, 0], "picture": PIXEL, "pools": ["p"], "alt": "a"}
            return {**scene, "above": above, "pixel": None, "wiring": None, "heard": 0}
    raise AssertionError(f"Give {name} something to show.")


class Blank:
    """A blank page with one component's script."""

    def __init__(self, page: Page, name: str) -> None:
        self.page, self.name = page, name
        self.html = (FOLDERS[name] / f"{name}.html").read_text()

    def load(self, *names: str) -> None:
        self.page.evaluate(LOAD, [script(FOLDERS[self.name], *PARTS.get(self.name, ())), list(names)])

    def call(self, expression: str, argument: Any = None) -> Any:
        return self.page.evaluate(f"(given) => module.{expression}", argument)

    def show(self, fresh: bool = False, **changed: Any) -> None:
        self.page.evaluate(MOUNT, [self.html, {**data_of(self.name), **changed}, fresh])

    def sent(self) -> list[Any]:
        return self.page.evaluate("sent")


def rest(page: Page) -> None:
    """Let everything come that was put off in the page: timed there, so that it comes before this, however slowly."""
    page.evaluate("() => new Promise((done) => setTimeout(done, 50))")


@pytest.fixture
def blank(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.evaluate(COUNTING)
    yield page
    page.close()
    assert faults == []


@pytest.mark.parametrize("name", FOLDERS)
def test_every_component_can_be_mounted_again_and_again(blank: Page, name: str) -> None:
    component = Blank(blank, name)
    component.load()
    component.show(fresh=True)
    rest(blank)
    once = blank.evaluate("({ ...alive })")
    for _ in range(5):
        component.show(fresh=True)
    rest(blank)
    assert blank.evaluate("({ ...alive })") == once, "five more mounts left something behind"
    assert blank.evaluate(TRANSLATED_FIGURES) == [], "a browser that translates would keep an old figure"
    component.show()
    blank.evaluate("root.remove(); cleanUp()")
    rest(blank)
    assert set(blank.evaluate("Object.values(alive)")) == {0}, "the last one left something behind"
    assert blank.evaluate("Object.keys(zfnetExplorer).filter((name) => name !== 'occluders')") == []


def test_a_clean_up_for_an_overtaken_render_takes_nothing_away(blank: Page) -> None:
    component = Blank(blank, "occluder")
    component.load()
    component.show(fresh=True)
    blank.evaluate("cleanUp()")
    rest(blank)
    assert blank.evaluate("[alive.intervals, zfnetExplorer.occluders.size]") == [1, 1]
    blank.wait_for_function("sent.some(([name]) => name === 'looked')")


STRIPS = {
    "photo_strip": ("name", list("abc")),
    "blueprints": ("part", [f"conv{i}" for i in range(1, 6)]),
    "layer_strip": ("layer", [f"conv{i}" for i in range(1, 6)]),
    "wall": ("map", list(range(10))),
}


@pytest.mark.parametrize("name", STRIPS)
def test_a_radio_group_is_walked_with_every_key(blank: Page, name: str) -> None:
    component, (part, values) = Blank(blank, name), STRIPS[name]
    component.load()
    component.show(fresh=True)
    blank.evaluate("root.firstElementChild.style.display = 'block'")
    radios = blank.locator("[role=radio]")
    assert radios.count() == len(values) and blank.locator("[role=radio][tabindex='0']").count() == 1
    at = next(i for i in range(len(values)) if radios.nth(i).get_attribute("aria-checked") == "true")
    radios.nth(at).focus()
    walk = (
        ("End", len(values) - 1), ("ArrowRight", 0), ("ArrowLeft", len(values) - 1), ("ArrowDown", 0),
        ("ArrowUp", len(values) - 1), ("Home", 0), ("ArrowDown", 1), ("ArrowRight", 2),
    )  # fmt: skip
    for number, (key, expected) in enumerate(walk, 1):
        blank.keyboard.press(key)
        blank.wait_for_function(f"sent.length === {number}")
        name_, choice = component.sent()[-1]
        assert (name_, choice[part]) == ("picked", values[expected]), key
        assert radios.nth(expected).evaluate("(one) => one === document.activeElement && one.tabIndex === 0")
        assert radios.nth(expected).get_attribute("aria-checked") == "true"
        assert blank.locator("[aria-checked=true]").count() == 1
    assert [choice["number"] for _, choice in component.sent()] == list(range(1, 9))
    blank.keyboard.press("Alt+ArrowLeft")
    assert len(component.sent()) == 8  # that one is the browser's


@pytest.mark.parametrize("name", STRIPS)
def test_a_late_answer_does_not_undo_a_newer_choice(blank: Page, name: str) -> None:
    component, (_, values) = Blank(blank, name), STRIPS[name]
    component.load()
    component.show(fresh=True)
    radios = blank.locator("[role=radio]")
    for place in (0, len(values) - 1):
        radios.nth(place).click()
    checked = "[aria-checked=true]"
    last = blank.locator(checked).get_attribute("aria-label")
    component.show(chosen=values[0], heard=1)
    assert blank.locator(checked).get_attribute("aria-label") == last
    component.show(chosen=values[0], heard=2)  # Python has heard the second and says no
    assert blank.locator(checked).get_attribute("aria-label") == radios.nth(0).get_attribute("aria-label")


def test_a_square_that_was_let_go_is_not_put_back_by_a_late_answer(blank: Page) -> None:
    component = Blank(blank, "markers")
    component.load()
    component.show(fresh=True)
    marker = blank.locator(".marker").first
    for number in (1, 2):
        marker.press("ArrowRight")
        blank.wait_for_function(f"sent.length === {number}")
    assert [(name, choice["points"][0][0], choice["number"]) for name, choice in component.sent()] == [
        ("moved", [6, 6], 1),
        ("moved", [7, 6], 2),
    ]
    component.show(points=[[[6, 6]], [[7, 8]]], heard=1)
    assert blank.evaluate("zfnetExplorer.markers.points[0][0]") == [7, 6]
    component.show(points=[[[9, 9]], [[7, 8]]], heard=2)
    assert blank.evaluate("zfnetExplorer.markers.points[0][0]") == [9, 9]


@pytest.mark.parametrize("name", ["film", "moved_photos"])
def test_a_slider_that_was_moved_is_not_put_back_by_a_late_answer(blank: Page, name: str) -> None:
    component, view = Blank(blank, name), {"film": "film", "moved_photos": "movedPhotos"}[name]
    component.load()
    component.show(fresh=True)
    slider = blank.locator("input[type=range]")
    for key in ("End", "Home"):
        slider.press(key)
    assert [(choice["at"], choice["number"]) for _, choice in component.sent()] == [(2, 1), (0, 2)]
    component.show(at=2, heard=1)
    assert blank.evaluate(f"zfnetExplorer.{view}.at") == 0
    component.show(at=0, heard=2)
    component.show(at=2, heard=2)  # a link, or Back
    assert blank.evaluate(f"zfnetExplorer.{view}.at") == 2 and slider.input_value() == "2"


def test_moves_in_one_picture_are_not_undone_by_an_answer_to_the_other(blank: Page) -> None:
    component = Blank(blank, "occluder")
    component.load()
    component.show(fresh=True)
    blank.evaluate("globalThis.first = root; globalThis.root = undefined")
    component.show(fresh=True)  # a second picture
    blank.locator(".box").first.press("ArrowUp")
    boxes = "[...zfnetExplorer.occluders].map(({ box }) => [box.top, box.left])"
    assert blank.evaluate(boxes) == [[0, 8], [0, 8]]
    component.show()  # the second's answer, older than the move
    assert blank.evaluate(boxes) == [[0, 8], [0, 8]]


# ---- pure functions: the same tables of cases here and in Python

FIELDS = [
    (layer.receptive_field, index, 224)
    for name in ("zfnet-classroom", "alexnet-classroom")
    for layer in zoo.load(name).layers
    for index in ((0, 1, layer.shape[-1] // 2, layer.shape[-1] - 1) if layer.spatial else (0,))
] + [(ReceptiveField(4, -3, 7, 30), 7, 33), (ReceptiveField(1, 0, 0), 5, 6)]


def test_the_field_on_the_photo_is_pythons(blank: Page) -> None:
    component = Blank(blank, "unit_map")
    component.load("span")
    given = [
        {"field": {"jump": f.jump, "first": f.first, "last": f.last, "end": f.end or side}, "index": index}
        for f, index, side in FIELDS
    ]
    spans = component.call("span && given.map(({ field, index }) => module.span(field, index))", given)
    assert spans == [list(f.span(index, side)) for f, index, side in FIELDS] and len(spans) > 40


def test_windows_and_readers_are_each_others_inverse_and_pythons(blank: Page) -> None:
    """Unit u reads place p if and only if p is read by u, for the windows of all networks here."""
    component = Blank(blank, "number")
    component.load("windowOf", "readersOf")
    for kernel, stride, padding, size, above in (
        (7, 2, 1, 224, 110),
        (5, 2, 0, 55, 26),
        (3, 1, 1, 13, 13),
        (1, 2, 0, 9, 5),
    ):
        below = {"kernel": kernel, "stride": stride, "padding": padding, "size": size, "kind": "conv"}
        windows = component.call(f"windowOf && [...Array({above}).keys()].map((u) => module.windowOf(given, u))", below)
        readers = component.call(
            f"windowOf && [...Array({size}).keys()].map((p) => module.readersOf(given, p, {above}))", below
        )
        for unit, (first, last) in enumerate(windows):
            inside = [p for p in range(unit * stride - padding, unit * stride - padding + kernel) if 0 <= p < size]
            assert [first, last] == [inside[0], inside[-1]]
        for place, (first, last) in enumerate(readers):
            assert list(range(first, last + 1)) == [u for u, (a, b) in enumerate(windows) if a <= place <= b]


def test_what_is_pointed_at_lights_up_in_all_three_maps(blank: Page) -> None:
    """From the map above down to the map below and back up, each by asking every unit whether it reads the place."""
    component = Blank(blank, "number")
    component.load("lit")
    below, reader = {"kernel": 5, "stride": 2, "padding": 0, "size": 55}, {"kernel": 3, "stride": 2, "padding": 1}
    own, up = 26, 13
    row = {"below": {**below, "corner": [4, 6]}, "window": [[1.0]], "inside": [[1]]}
    data = {"above": {"size": own}, "reader": {**reader, "size": up, "kind": "conv"}}

    def reads(one: dict[str, int], unit: int, place: int) -> bool:
        return 0 <= place - unit * one["stride"] + one["padding"] < one["kernel"]

    def under(one: dict[str, int], units: set[int], size: int) -> set[int]:
        return {place for place in range(size) if any(reads(one, unit, place) for unit in units)}

    def over(one: dict[str, int], places: set[int], size: int) -> set[int]:
        return {unit for unit in range(size) if any(reads(one, unit, place) for place in places)}

    for name, at in (("hoverOwn", (0, 25)), ("hoverOwn", (7, 12)), ("hoverUp", (0, 12)), ("hoverBelow", (20, 31))):
        view = {"data": data, "cell": [0, 0], "hoverOwn": None, "hoverUp": None, "hoverBelow": None, name: list(at)}
        found = component.call("lit && module.lit(...given)", [view, row])
        for axis, place in enumerate(at):
            if name == "hoverBelow":
                middle = over(below, {place}, own)
            else:
                middle = {place} if name == "hoverOwn" else under(reader, {place}, own)
            lowest = {place} if name == "hoverBelow" else under(below, middle, 55)
            highest = {place} if name == "hoverUp" else over(reader, middle, up)
            for which, expected in (("own", middle), ("below", lowest), ("up", highest)):
                first, last = found[which][axis]
                assert set(range(first, last + 1)) == expected, (name, at, which)


GRIDS = [([0, 16, 32, 48], 64, 16, 112), ([0, 32, 50], 8, 32, 58), ([0], 224, 16, 224), ([0, 7, 14, 15], 9, 7, 24)]


def literal_nearest(starts: list[int], side: int, stride: int, size: int) -> list[int]:
    """Pixel by pixel: the position whose centre is nearest to the pixel's, none beyond half a step outside."""
    found = []
    for pixel in range(size):
        centre = pixel + 0.5
        outside = centre < starts[0] + side / 2 - stride / 2 or centre > starts[-1] + side / 2 + stride / 2
        far = [abs(start + side / 2 - centre) for start in starts]
        found.append(-1 if outside else len(far) - 1 - far[::-1].index(min(far)))
    return found


def test_maps_are_drawn_where_their_positions_are_nearest(blank: Page) -> None:
    component = Blank(blank, "occluder")
    component.load("nearest", "along", "between")
    for starts, side, stride, size in GRIDS:
        found = component.call("nearest && [...module.nearest(...given)]", [starts, side, stride, size])
        assert found == literal_nearest(starts, side, stride, size), (starts, side, stride, size)
        saved = nearest_positions(np.array(starts), side, stride, size)  # in the figure that is saved
        assert saved.tolist() == found, (starts, side, stride, size)


def test_between_grid_points_values_are_interpolated(blank: Page) -> None:
    component = Blank(blank, "occluder")
    component.load("between")
    tops, lefts, rng = [0, 16, 32, 40], [0, 16, 32], np.random.default_rng(0)
    values = rng.random((4, 3))
    grid = {"tops": tops, "lefts": lefts, "stride": 16, "columns": 3}
    for top, left in ((0, 0), (16, 32), (5, 7), (36, 20), (40, 32), (39, 31)):
        across = [np.interp(left, lefts, row) for row in values]
        flat = [*[9.0] * 5, *values.ravel().tolist()]
        box = {"top": top, "left": left}
        found = component.call(
            "between(given.grid, given.flat, 5, given.box)", {"grid": grid, "flat": flat, "box": box}
        )
        assert found == pytest.approx(np.interp(top, tops, across))


def test_a_neighbour_is_where_the_eye_expects_it(blank: Page) -> None:
    component = Blank(blank, "wall")
    component.load("neighbour")
    cases = {  # ten in rows of four: 0 1 2 3 / 4 5 6 7 / 8 9
        ("ArrowDown", 1, 10, 4): 5, ("ArrowDown", 6, 10, 4): 2, ("ArrowDown", 9, 10, 4): 1, ("ArrowUp", 1, 10, 4): 9,
        ("ArrowUp", 2, 10, 4): 6, ("ArrowUp", 8, 10, 4): 4, ("ArrowRight", 3, 10, 4): 4, ("ArrowRight", 9, 10, 4): 0,
        ("ArrowLeft", 0, 10, 4): 9, ("Home", 7, 10, 4): 0, ("End", 0, 10, 4): 9, ("a", 3, 10, 4): None,
        ("ArrowDown", 9, 10, 1): 0, ("ArrowUp", 0, 10, 1): 9, ("ArrowUp", 0, 3, 4): 0, ("ArrowDown", 0, 1, 1): 0,
    }  # fmt: skip
    found = [component.call("neighbour(...given)", list(case)) for case in cases]
    assert found == list(cases.values())


def literal_mean(values: np.ndarray, high: int, wide: int) -> np.ndarray:
    """Every value cut into high × wide equal pieces, then the mean of the pieces that lie in each pixel."""
    rows, columns = values.shape
    fine = values.repeat(high, axis=0).repeat(wide, axis=1)
    return fine.reshape(high, rows, wide, columns).mean((1, 3))


def test_a_map_made_smaller_drops_nothing(blank: Page) -> None:
    component, random = Blank(blank, "atlas"), np.random.default_rng(0)
    component.load("scaled")
    for rows, columns, high, wide in ((7, 5, 3, 2), (13, 13, 9, 9), (4, 6, 4, 5), (3, 3, 1, 1)):
        values = random.integers(0, 256, (rows, columns))
        found = component.call(
            "scaled(given[0], 0, ...given[1])", [values.ravel().tolist(), [rows, columns, high, wide]]
        )
        found = [found[place] for place in range(high * wide)]
        assert found == pytest.approx(literal_mean(values, high, wide).ravel(), rel=1e-5)
    values = random.integers(0, 256, (2, 3))
    found = component.call("scaled(given[0], 6, ...given[1])", [[0] * 6 + values.ravel().tolist(), [2, 3, 4, 9]])
    large = values.repeat(2, axis=0).repeat(3, axis=1).ravel().tolist()
    assert list(found) == large, "made larger, every value stays a rectangle"


def test_the_strongest_maps_come_first_and_the_chosen_one_is_always_there(blank: Page) -> None:
    component = Blank(blank, "atlas")
    component.load()
    component.show(fresh=True)
    assert blank.evaluate("zfnetExplorer.atlas.maps") == [3, 1]
    blank.get_by_role("radio", name="all").click()
    assert blank.evaluate("zfnetExplorer.atlas.maps") == [0, 1, 2, 3]
    assert component.sent()[-1] == ["which", {"maps": "all", "number": 1}]
    blank.get_by_role("radio", name="strongest").click()
    blank.get_by_role("searchbox").fill("2")
    blank.get_by_role("searchbox").press("Enter")
    assert component.sent()[-1] == ["chosen", {"layer": "conv1", "map": 2, "number": 1}]
    assert blank.evaluate("zfnetExplorer.atlas.maps") == [3, 2]
    sent = len(component.sent())
    for nothing in ("99", "-1", "cat", "1e1"):
        blank.get_by_role("searchbox").fill(nothing)
        blank.get_by_role("searchbox").press("Enter")
    assert len(component.sent()) == sent


def test_the_square_zooms_about_its_middle(blank: Page) -> None:
    component = Blank(blank, "crop_frame")
    component.load("zoomed", "sides")
    usual, least = [0.5, 0.75], 0.75
    for left, top, zoom, to in ((0.5, 0.5, 1, 2), (0.2, 0.9, 1, 3), (0.4, 0.6, 4, 2), (0, 1, 1, 8)):
        found = component.call(
            "zoomed(given[0], given[1], given[2], given[3])",
            [{"left": left, "top": top, "zoom": zoom}, to, usual, least],
        )
        before = [share / max(zoom, least) for share in usual]
        after = [share / max(to, least) for share in usual]
        for place, name in enumerate(("left", "top")):
            middle = (left, top)[place] * (1 - before[place]) + before[place] / 2
            nearest = min(max(middle, after[place] / 2), 1 - after[place] / 2)
            assert found[name] * (1 - after[place]) + after[place] / 2 == pytest.approx(nearest)
    assert component.call("sides(given, 0.75, 0.1)", usual) == pytest.approx([0.5 / 0.75, 1])


def test_the_square_zooms_by_key_slider_and_button(blank: Page) -> None:
    component = Blank(blank, "crop_frame")
    component.load()
    component.show(fresh=True)
    frame = blank.locator(".frame")
    frame.press("+")
    blank.wait_for_function("sent.length === 1")
    assert component.sent()[-1][1]["zoom"] == pytest.approx(1.15)
    frame.press("0")
    blank.wait_for_function("sent.length === 2 && sent[1][1].zoom === 1")
    blank.get_by_role("slider").press("End")
    blank.wait_for_function("sent.length === 3 && sent[2][1].zoom === 8")
    blank.get_by_role("button", name="usual").click()
    assert component.sent()[-1] == ["moved", {"left": 0.5, "top": 0.5, "zoom": 1, "number": 4}]
    component.show(left=0.1, zoom=3, heard=3)
    assert blank.evaluate("zfnetExplorer.crop.zoom") == 1, "older than the last choice"


DROP = """(name) => {
  const transfer = new DataTransfer(), given = { dataTransfer: transfer, bubbles: true, cancelable: true };
  transfer.items.add(new File(['x'], name));
  const stage = root.querySelector('.stage');
  return ['dragenter', 'dragover', 'drop'].map((kind) => !stage.dispatchEvent(new DragEvent(kind, given)));
}"""
FIELD = """(resting) => {
  const place = document.body.appendChild(document.createElement('div'));
  place.className = 'st-key-upload';
  place.innerHTML = `<button${resting ? ' disabled' : ''}></button><input type="file">`;
  place.onchange = ({ target }) => { (globalThis.came ??= []).push(...[...target.files].map((one) => one.name)); };
}"""
KEPT = ".kept .drop span"


def test_a_file_that_comes_before_the_upload_field_is_kept_for_it(blank: Page) -> None:
    component = Blank(blank, "crop_frame")
    component.load()
    component.show(fresh=True)
    before = blank.evaluate("({ ...alive })")
    for name in ("first.png", "second.png"):
        assert blank.evaluate(DROP, name) == [True] * 3, "the browser would open the file in place of the page"
        component.show()  # an answer in between
        assert blank.locator(KEPT).text_content() == f"{name} …"
    blank.evaluate(FIELD, True)
    rest(blank)
    assert not blank.evaluate("globalThis.came"), "a field that rests takes nothing"
    blank.evaluate("document.querySelector('.st-key-upload button').disabled = false")
    rest(blank)
    assert blank.evaluate("came") == ["second.png"] and blank.locator(KEPT).count() == 0
    assert blank.locator(".drop span").text_content() == "drop"
    assert blank.evaluate("({ ...alive })") == before, "nobody watches any more"
    blank.evaluate(DROP, "third.png")
    assert blank.evaluate("came") == ["second.png", "third.png"], "at once"


def test_a_file_is_chosen_whether_the_upload_field_is_there_or_not(blank: Page) -> None:
    component = Blank(blank, "crop_frame")
    component.load()
    component.show(fresh=True)
    for name in ("early.png", "early.png", "late.png"):
        with blank.expect_file_chooser() as chooser:
            blank.get_by_role("button", name="choose", exact=True).press("Enter")
        assert chooser.value.element.get_attribute("accept") == ".png"
        chooser.value.set_files({"name": name, "mimeType": "image/png", "buffer": b"x"})
        if not blank.locator(".st-key-upload").count():
            expect(blank.locator(KEPT)).to_have_text("early.png …")
            blank.evaluate(FIELD, False)
    blank.wait_for_function("came.length === 3")
    assert blank.evaluate("came") == ["early.png", "early.png", "late.png"]


def test_a_file_is_not_kept_for_ever(blank: Page) -> None:
    blank.clock.install()
    component = Blank(blank, "crop_frame")
    component.load()
    component.show(fresh=True)
    blank.evaluate(DROP, "dropped.png")
    blank.clock.fast_forward(59_000)
    assert blank.locator(KEPT).count() == 1
    blank.clock.fast_forward(2_000)
    assert blank.locator(KEPT).count() == 0
    blank.evaluate(DROP, "dropped.png")
    blank.evaluate("root.remove(); cleanUp()")
    blank.clock.fast_forward(1_000)
    blank.evaluate(FIELD, False)
    blank.clock.fast_forward(1_000)
    assert not blank.evaluate("globalThis.came") and set(blank.evaluate("Object.values(alive)")) == {0}


def test_home_and_end_lead_to_the_ends_of_a_row(blank: Page) -> None:
    component = Blank(blank, "unit_map")
    component.load()
    component.show(fresh=True)
    blank.evaluate("zfnetExplorer.unitMap.chosen = [1, 0]")
    canvas = blank.locator("canvas")
    for number, (key, column) in enumerate((("End", 1), ("End", 1), ("Home", 0)), 1):
        canvas.press(key)
        blank.wait_for_function(f"sent.length === {number}")
        assert component.sent()[-1][1] == {"layer": "conv1", "map": 0, "row": 1, "column": column, "number": number}


def test_focus_stays_where_it_was_when_a_strip_is_drawn_anew(blank: Page) -> None:
    component = Blank(blank, "layer_strip")
    component.load()
    component.show(fresh=True)
    blank.locator("[value=conv3]").focus()
    layers = data_of("layer_strip")["layers"]
    component.show(layers=[{**layer, "size": "2"} for layer in layers])
    assert blank.evaluate("document.activeElement.value") == "conv3"
    component.show(layers=layers[:2], chosen="conv2")
    assert blank.evaluate("document.activeElement.value") == "conv1"


def test_colours_and_packed_numbers_are_pythons(blank: Page) -> None:
    component = Blank(blank, "atlas")
    component.load("VIRIDIS", "unpack", "digits", "percent")
    rgba = np.array(component.call("VIRIDIS && [...module.VIRIDIS]"), np.uint32).view(np.uint8).reshape(256, 4)
    assert np.array_equal(rgba[:, :3], viridis()) and (rgba[:, 3] == 255).all()
    numbers = np.array([0.5, -1.25, 3e8], np.float32)
    header = {"name": "小猫", "odd": "x"}
    found = component.call(
        "unpack(new Uint8Array(given)).header && (({ header, body }) => [header, [...new Float32Array(body.buffer)]])"
        "(module.unpack(new Uint8Array(given)))",
        list(packed(header, numbers)),
    )
    assert found == [header, numbers.tolist()]
    written = component.call("digits && given.map(module.digits)", [0, 0.005, 0.5, -0.001, 12.346])
    assert written == ["0.00", "5.0e-3", "0.50", "-1.0e-3", "12.35"]
    assert component.call("percent(given)", 0.1234) == "12.3 %"


def test_the_palette_of_the_browser_is_the_palette() -> None:
    source = script(FOLDERS["atlas"])
    palette = json.loads(source[source.index("{") : source.index(";\n")])
    assert set(palette["series"]) <= set(OKABE_ITO.values()) and len(palette["viridis"]) == 6 * 256


def test_figures_and_what_changes_are_not_translated_and_other_words_are(blank: Page) -> None:
    component = Blank(blank, "layer_strip")
    component.load("keepFigures")
    blank.evaluate(
        """() => {
          globalThis.root = document.body.appendChild(document.createElement('div'));
          root.innerHTML = '<p>words</p><p>layer 7</p><style>p { top: 0 }</style><output></output><b>cat</b>';
          globalThis.stop = module.keepFigures(root);
        }"""
    )
    kept = "[...root.children].filter((one) => one.translate === false).map((one) => one.textContent)"
    assert blank.evaluate(kept) == ["layer 7"]
    blank.evaluate(
        "root.querySelector('output').textContent = 'words first'; root.append('', document.createElement('i'))"
    )
    assert blank.evaluate(kept) == ["layer 7"]
    blank.evaluate("root.querySelector('b').textContent = 'dog'; root.querySelector('i').innerHTML = '<u>3 of 4</u>'")
    assert blank.evaluate(kept) == ["layer 7", "dog"] and blank.evaluate("root.querySelector('u').translate") is False
    blank.evaluate("root.querySelector('output').firstChild.data = 'words then'")
    assert blank.evaluate(kept) == ["layer 7", "words then", "dog"]
    blank.evaluate("stop(); root.append(Object.assign(document.createElement('p'), { textContent: '8' }))")
    assert blank.evaluate(kept) == ["layer 7", "words then", "dog"]


def test_what_was_said_of_another_network_is_put_away(blank: Page) -> None:
    component = Blank(blank, "whole_page")
    component.load()
    component.show(fresh=True)
    blank.evaluate(
        """() => {
          globalThis.putAway = 0;
          const toast = document.body.appendChild(document.createElement('div'));
          toast.dataset.testid = 'stToast';
          toast.appendChild(document.createElement('button')).onclick = () => { putAway += 1; };
        }"""
    )
    component.show()
    assert blank.evaluate("putAway") == 0, "the same page and network: it is still true"
    component.show(network="resnet18")
    assert blank.evaluate("putAway") == 1
    component.show(page="occlusion", network="resnet18")
    assert blank.evaluate("putAway") == 2


def test_a_new_page_is_seen_from_its_top(blank: Page) -> None:
    component = Blank(blank, "whole_page")
    component.load()
    component.show(fresh=True)
    blank.evaluate(
        """() => {
          const main = document.body.appendChild(document.createElement('div'));
          main.dataset.testid = 'stMain';
          main.style.cssText = 'height: 100px; overflow: auto';
          main.appendChild(document.createElement('div')).style.height = '2000px';
          main.scrollTop = 500;
        }"""
    )
    seen = "document.querySelector('[data-testid=stMain]').scrollTop"
    component.show(network="resnet18")
    assert blank.evaluate(seen) == 500, "the same page"
    component.show(page="occlusion", fresh=True)
    assert blank.evaluate(seen) == 0, "also where the component was mounted anew"

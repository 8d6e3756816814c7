"""Shift, scale, turn in a real browser: the handle, the curves, the files."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.dashboard import Runs, settled
from zfnet_core.exhibits.invariance.curves import InvarianceSettings, invariance_curves
from zfnet_core.models import zoo
from zfnet_core.photos import samples
from zfnet_core.photos.images import prepare
from zfnet_core.photos.transforms import TRANSFORMATIONS, transformed

SLOW_MS = 120_000


def open_invariance(page: Page, runs: Runs, address: str, query: str = "invariance_photos=coffee") -> None:
    page.goto(f"{address}/invariance?{query}")
    runs.wait(1)
    expect(page.get_by_text(re.compile("the answer (keeps|loses)"))).to_be_visible(timeout=SLOW_MS)
    # The sentence may be there before what is drawn in the browser has been told the last numbers.
    known = "({ answers }) => answers.every((answer) => answer !== null)"
    page.wait_for_function(f"globalThis.zfnetExplorer?.movedPhotos?.data?.photos.every({known})", timeout=SLOW_MS)


def test_photos_follow_the_handle_without_the_server(address: str, page: Page, runs: Runs) -> None:
    open_invariance(page, runs, address)
    settled(page, runs)
    handle = page.get_by_role("slider", name="Vertical shift")
    box = handle.bounding_box()
    read = "() => [zfnetExplorer.movedPhotos.at, zfnetExplorer.movedPhotos.figures[0].canvas.style.transform]"
    at, before = page.evaluate(read)
    page.mouse.move(box["x"] + box["width"] * at / 24, box["y"] + box["height"] / 2)
    sent = runs.sent
    page.mouse.down()
    for share in (0.5, 0.4, 0.3, 0.2):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
    step, during = page.evaluate(read)
    assert step != at and during != before and runs.sent == sent
    with runs.rerun():
        page.mouse.up()
    assert f"invariance_at={step}" in page.url
    expect(page.get_by_text(f"Vertical shift: {TRANSFORMATIONS['down'].text(-60 + 5 * step)}")).to_be_visible()


def test_the_numbers_under_a_photo_are_the_cores(address: str, page: Page, runs: Runs) -> None:
    open_invariance(page, runs, address, "invariance_photos=coffee&invariance_kind=rotation&invariance_at=9")
    network = zoo.load(zoo.DEFAULT)
    image = prepare(samples.load("coffee"), network.preprocessing)
    torch.set_num_threads(1)
    *_, curves = invariance_curves(network, image, InvarianceSettings("rotation", (90.0,)))
    shown = page.locator(".st-key-moved figcaption").first.inner_text()
    assert f"{curves.distance('conv1')[0, 0]:.2f}" in shown and f"{curves.distance('fc7')[0, 0]:.2f}" in shown
    answer, before = network.labels[curves.answers[0, 0]], network.labels[curves.reference_answers[0]]
    assert shown.endswith(answer if answer == before else f"now: {answer}")


@pytest.mark.parametrize(
    "kind, step, border", [("rotation", 4, "mean colour"), ("right", 20, "reflect"), ("scale", 9, "edge")]
)
def test_the_photo_on_screen_is_what_the_network_sees(
    address: str, page: Page, runs: Runs, kind: str, step: int, border: str
) -> None:
    """Turned the same way by the same angle, filled alike: the screen's pixels against the core's.

    On a large screen, where the photo is enlarged: shrunk, every way of shrinking gives other pixels.
    """
    page.set_viewport_size({"width": 2400, "height": 1400})
    query = f"invariance_photos=motorcycle&invariance_kind={kind}&invariance_at={step}&invariance_border={border}"
    open_invariance(page, runs, address, query)
    settled(page, runs)
    page.wait_for_function("zfnetExplorer.movedPhotos.figures[0].canvas.width > 600")
    drawn = Image.open(io.BytesIO(page.locator(".st-key-moved .window").screenshot())).convert("RGB")
    preprocessing = zoo.load(zoo.DEFAULT).preprocessing
    image = prepare(samples.load("motorcycle"), preprocessing)

    def apart(amount: float) -> float:
        """Mean difference of the screen from the photo changed by `amount`, away from the rounded corners."""
        moved = preprocessing.denormalise(transformed(image, kind, [amount], border))[0].clamp(0, 1)
        expected = Image.fromarray((255 * moved.permute(1, 2, 0).numpy()).round().astype(np.uint8)).resize(drawn.size)
        return float(np.abs(np.asarray(drawn, float) - np.asarray(expected, float))[8:-8, 8:-8].mean())

    chosen = TRANSFORMATIONS[kind]
    assert apart(chosen.amounts[step]) < 8
    assert apart(chosen.amounts[step]) < 0.5 * min(apart(chosen.amounts[step + turn]) for turn in (-1, 1))
    if kind != "scale":
        assert apart(-chosen.amounts[step]) > 30


def cursors(page: Page) -> list[float]:
    """Where the line stands in each of the three panels, in px of the panel."""
    return page.eval_on_selector_all(
        ".st-key-moved .cursor", "lines => lines.map(line => Number(line.getAttribute('x1')))"
    )


def test_the_line_in_the_curves_follows_the_handle_without_the_server(address: str, page: Page, runs: Runs) -> None:
    open_invariance(page, runs, address)
    settled(page, runs)
    box = page.get_by_role("slider", name="Vertical shift").bounding_box()
    at, before = page.evaluate("zfnetExplorer.movedPhotos.at"), cursors(page)
    page.mouse.move(box["x"] + box["width"] * at / 24, box["y"] + box["height"] / 2)
    sent = runs.sent
    page.mouse.down()
    seen = []
    for share in (0.5, 0.35, 0.2):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
        seen.append(cursors(page))
    assert len(before) == 3 and len(set(map(tuple, [before, *seen]))) == 4
    assert all(earlier > later for earlier, later in zip(seen[0], seen[-1], strict=True)) and runs.sent == sent
    step = page.evaluate("zfnetExplorer.movedPhotos.at")
    points = page.locator(".st-key-moved .curve").first.get_attribute("d")
    assert cursors(page)[0] == pytest.approx(float(re.split("[ML]", points)[1 + step].split(",")[0]))
    with runs.rerun():
        page.mouse.up()
    assert f"invariance_at={step}" in page.url


def test_a_click_on_a_point_moves_the_photos_there(address: str, page: Page, runs: Runs) -> None:
    open_invariance(page, runs, address)
    settled(page, runs)
    panel = page.get_by_role("img", name=re.compile("^Line chart, fc7, relative distance"))
    x, y = map(float, re.split("[ML]", panel.locator(".curve").first.get_attribute("d"))[1 + 3].split(","))
    panel.hover(position={"x": x, "y": y})
    tip = page.locator(".st-key-moved .tip:visible")
    expect(tip).to_contain_text("−45 px")
    expect(tip).to_contain_text("Cup of coffee: 0.")
    with runs.rerun():
        page.mouse.down()
        page.mouse.up()
    assert "invariance_at=3" in page.url and page.evaluate("zfnetExplorer.movedPhotos.at") == 3
    assert cursors(page)[1] == pytest.approx(x)
    expect(page.get_by_text("Vertical shift: −45 px")).to_be_visible()
    assert "translate(0px, " in page.evaluate("zfnetExplorer.movedPhotos.figures[0].canvas.style.transform")


def test_the_handle_by_keyboard_and_very_small_steps(address: str, page: Page, runs: Runs) -> None:
    open_invariance(page, runs, address)
    settled(page, runs)
    handle = page.get_by_role("slider", name="Vertical shift")
    at = page.evaluate("zfnetExplorer.movedPhotos.at")
    handle.focus()
    with runs.rerun():
        page.keyboard.press("ArrowRight")
    expect(handle).to_have_attribute("aria-valuetext", TRANSFORMATIONS["down"].text(-60 + 5 * (at + 1)))
    page.get_by_text("Very small steps", exact=True).click()
    expect(page.get_by_text(re.compile("steps of 1 px"))).to_be_visible(timeout=SLOW_MS)
    assert "invariance_fine=1" in page.url


def test_the_figure_and_its_numbers_can_be_saved(address: str, page: Page, runs: Runs) -> None:
    open_invariance(page, runs, address)
    settled(page, runs)
    page.get_by_role("button", name="Save").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="The figure (PNG)").click()
    assert Image.open(download.value.path()).size[0] == 2 * 1320
    with page.expect_download() as download:
        page.get_by_role("button", name="All numbers (CSV)").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("photo,amount,class,probability") and len(lines) == 1 + 25


def test_the_classes_menu_shows_the_most_probable(address: str, page: Page, runs: Runs) -> None:
    open_invariance(page, runs, address)
    settled(page, runs)
    network = zoo.load(zoo.DEFAULT)
    image = prepare(samples.load("coffee"), network.preprocessing)
    answer = network.labels[int(network.probabilities(image)[0].argmax())]
    page.get_by_role("button", name="Classes").click()
    expect(page.get_by_role("combobox", name=re.compile("Cup of coffee"))).to_have_value(f"{answer} (most probable)")


def test_the_photo_chosen_on_another_page_is_the_first_here(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/invariance?photo=coins&invariance_fine=1")
    runs.wait(1)
    page.wait_for_function("globalThis.zfnetExplorer?.movedPhotos?.figures?.length", timeout=SLOW_MS)
    first = page.locator(".st-key-moved figcaption").first
    expect(first).to_contain_text("Greek coins (grey)", timeout=SLOW_MS)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1440, 900)])
def test_photos_and_axes_are_seen_at_once(address: str, page: Page, runs: Runs, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    open_invariance(page, runs, address, "")
    settled(page, runs)
    for part in (".st-key-moved figure", ".st-key-moved .panel svg.curves"):
        boxes = [one.bounding_box() for one in page.locator(part).all()]
        assert len(boxes) >= 3 and all(box["y"] > 0 and box["y"] + box["height"] <= height for box in boxes)

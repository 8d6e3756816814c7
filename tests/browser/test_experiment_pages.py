"""Fig. 5, Fig. 6 and Table 1 in a real browser: the handle, the marks, the guess, the files."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.dashboard import Runs, settled
from zfnet_core import sample_photos
from zfnet_core.experiments.invariance import InvarianceSettings, invariance_curves
from zfnet_core.experiments.transforms import TRANSFORMATIONS, transformed
from zfnet_core.images import prepare
from zfnet_core.models import zoo

SLOW_MS = 120_000


def open_invariance(page: Page, runs: Runs, address: str, query: str = "invariance_photos=coffee") -> None:
    page.goto(f"{address}/invariance?{query}")
    runs.wait(1)
    expect(page.get_by_text(re.compile("of its way after .*; the chosen class"))).to_be_visible(timeout=SLOW_MS)
    page.wait_for_function("globalThis.zfnetExplorer?.movedPhotos?.figures?.length")


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
    image = prepare(sample_photos.load("coffee"), network.preprocessing)
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
    """Turned the same way by the same angle, filled alike: the screen's pixels against the core's."""
    query = f"invariance_photos=motorcycle&invariance_kind={kind}&invariance_at={step}&invariance_border={border}"
    open_invariance(page, runs, address, query)
    settled(page, runs)
    page.wait_for_function("zfnetExplorer.movedPhotos.figures[0].canvas.width > 600")
    drawn = Image.open(io.BytesIO(page.locator(".st-key-moved .window").screenshot())).convert("RGB")
    preprocessing = zoo.load(zoo.DEFAULT).preprocessing
    image = prepare(sample_photos.load("motorcycle"), preprocessing)

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
    assert Image.open(download.value.path()).size[0] == 1320
    with page.expect_download() as download:
        page.get_by_role("button", name="All numbers (CSV)").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("photo,amount,class,probability") and len(lines) == 1 + 25


def test_marks_are_dragged_and_moved_by_keys(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/correspondence?faces_repeats=5")
    runs.wait(1)
    first = page.get_by_text(re.compile("random placements, whose mean")).first
    expect(first).to_be_visible(timeout=SLOW_MS)
    before = first.inner_text()
    settled(page, runs)
    mark = page.get_by_role("button", name=re.compile("nose of Face 1"))
    box = mark.bounding_box()
    scale = 224 / page.locator(".st-key-markers .photo").first.bounding_box()["width"]
    x, y = page.evaluate("zfnetExplorer.markers.points[0][2]")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    sent = runs.sent
    page.mouse.move(box["x"] + box["width"] / 2 + 30, box["y"] + box["height"] / 2 - 40, steps=6)
    assert runs.sent == sent
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('faces_points')")
    moved_x, moved_y = page.evaluate("zfnetExplorer.markers.points[0][2]")
    assert abs(moved_x - x - 30 * scale) <= 1.5 and abs(moved_y - y + 40 * scale) <= 1.5
    expect(first).to_be_visible(timeout=SLOW_MS)
    expect(first).not_to_have_text(before, timeout=SLOW_MS)
    settled(page, runs)
    mark.focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_function(f"() => location.search.includes('-{moved_x - 8}-{moved_y}-')")
    page.reload()
    page.wait_for_function("globalThis.zfnetExplorer?.markers?.points")
    assert page.evaluate("zfnetExplorer.markers.points[0][2]") == [moved_x - 8, moved_y]


def test_a_key_press_is_not_lost_to_a_late_answer(address: str, page: Page, runs: Runs) -> None:
    """While a move waits to be told, what the server says of the move before it must not undo it."""
    page.goto(f"{address}/correspondence?faces_repeats=5")
    runs.wait(1)
    page.wait_for_function("globalThis.zfnetExplorer?.markers?.points")
    settled(page, runs)
    x, y = page.evaluate("zfnetExplorer.markers.points[0][2]")
    page.get_by_role("button", name=re.compile("nose of Face 1")).focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(320)  # just longer than a move waits, so that answers come between the presses
    assert page.evaluate("zfnetExplorer.markers.points[0][2]") == [x + 6, y]
    page.wait_for_function(f"() => location.search.includes('-{x + 6}-{y}-')")
    page.get_by_role("button", name="Save").wait_for(timeout=SLOW_MS)
    assert page.evaluate("zfnetExplorer.markers.points[0][2]") == [x + 6, y]
    page.get_by_role("button", name="Save").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="The hidden photos (PNG)").click()
    assert Image.open(download.value.path()).size[1] > 5 * 180


def test_other_faces_get_their_own_marks(address: str, page: Page, runs: Runs) -> None:
    flat = "-".join(["100"] * 30)
    page.goto(f"{address}/correspondence?faces_repeats=5&faces_points={flat}")
    runs.wait(1)
    page.wait_for_function("globalThis.zfnetExplorer?.markers?.points")
    assert page.evaluate("zfnetExplorer.markers.points[4][2]") == [100, 100]
    page.get_by_role("combobox", name=re.compile("Faces")).click()
    page.get_by_role("option", name="Five crops of one cat").click()
    page.wait_for_function("() => zfnetExplorer.markers.points[4][2][0] !== 100")
    assert "faces=cat" in page.url and "faces_points" not in page.url


def test_guess_first_then_see_the_numbers(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/alexnet-vs-zfnet")
    runs.wait(1)
    expect(page.get_by_text("as the paper says")).to_have_count(0)
    expect(page.get_by_alt_text(re.compile("96 filters of 7 × 7 pixels"))).to_be_visible(timeout=SLOW_MS)
    for question in ("more detail that layer 1's stride cannot keep", "a layer 2 more upset"):
        choice = page.get_by_role("radiogroup", name=re.compile(question))
        choice.get_by_text("AlexNet · classroom").click()
    page.get_by_role("button", name="Measure and compare").click()
    expect(page.get_by_role("button", name="Save")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("1 of your 2 guesses were right.")).to_be_visible()
    expect(page.get_by_text(re.compile("as the paper says.*You guessed “AlexNet · classroom”: right"))).to_be_visible()
    expect(page.get_by_text(re.compile("against the paper.*You guessed “AlexNet · classroom”: not so"))).to_be_visible()
    expect(page.get_by_alt_text(re.compile("96 filters of 7 × 7 pixels"))).to_be_visible()
    expect(page.get_by_alt_text(re.compile("96 filters of 11 × 11 pixels"))).to_be_visible()
    narrow, wide = (page.get_by_alt_text(re.compile(f"which sees {px} ×")).bounding_box()["width"] for px in (27, 51))
    assert wide / narrow == pytest.approx((51 * 3 + 6) / (27 * 3 + 6), rel=0.05)
    page.get_by_role("button", name="Definition").first.click()
    expect(page.get_by_text(re.compile("root mean square of its weights is below 10%"))).to_be_visible()

"""Five tasks, each from the start page with nothing but the words on screen; a stranger should need under a minute."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.dashboard import Runs, settled
from zfnet_core.photos import samples

SLOW_MS = 120_000


@pytest.fixture
def start(address: str, page: Page, runs: Runs) -> Iterator[Page]:
    page.goto(address)
    expect(page.get_by_role("heading", name="What does a neural network see?")).to_be_visible(timeout=SLOW_MS)
    settled(page, runs)
    yield page


def card(page: Page, words: str) -> None:
    """Follow the card that says these words."""
    page.locator("[class*=st-key-card-]").filter(has_text=words).get_by_role("link").click()


def test_find_out_what_this_is(start: Page) -> None:
    expect(start).to_have_title(re.compile("ZFNet Explorer"))
    for words in ("1 · The photo", "2 · What its filters found", "3 · Back to pixels", "What you can find out here"):
        expect(start.get_by_text(words)).to_be_visible()
    expect(start.get_by_role("link", name="doi:10.1007/978-3-319-10590-1_53")).to_be_visible()


def test_see_what_a_unit_of_conv4_saw_on_an_own_photo(start: Page, runs: Runs) -> None:
    stream = io.BytesIO()
    Image.fromarray(samples.load("coffee").pixels).save(stream, "PNG")
    start.locator("[data-testid=stMain] input[type=file]").first.set_input_files(
        {"name": "mine.png", "mimeType": "image/png", "buffer": stream.getvalue()}
    )
    start.wait_for_url("**photo=yours**")
    settled(start, runs)
    card(start, "which pixels one number deep inside came from")
    expect(start.locator("h1")).to_have_text("Look inside", timeout=SLOW_MS)
    start.get_by_role("radio", name=re.compile("conv4")).click()
    expect(start.get_by_text(re.compile(r"conv4, map \d+, row \d+, column \d+"))).to_be_visible(timeout=SLOW_MS)
    expect(start.locator(".st-key-projections").get_by_text("Deconvnet").first).to_be_visible()
    expect(start).to_have_url(re.compile("photo=yours"))


def test_find_the_part_that_the_answer_needs(start: Page) -> None:
    card(start, "Which part of a photo the answer needs")
    expect(start.locator("h1")).to_have_text("Drag the grey square", timeout=SLOW_MS)
    square = start.locator(".box[role=application]").first
    readout = start.locator(".headline .number").first
    expect(readout).to_have_text(re.compile(r"\d %"), timeout=SLOW_MS)
    before = readout.inner_text()
    square.focus()
    for _ in range(3):
        start.keyboard.press("ArrowUp")
    expect(readout).not_to_have_text(before)


def test_decide_whether_a_shift_or_a_turn_hurts_more(start: Page) -> None:
    card(start, "Whether the answer survives when things move, grow or turn")
    kept = {}
    for change, unit in (("Vertical shift", "px"), ("Rotation", "°")):
        start.get_by_role("radio", name=change).click()
        verdict = start.get_by_text(re.compile("On average the answer (keeps|loses)"))
        expect(verdict).to_contain_text(unit, timeout=SLOW_MS)
        kept[change] = verdict.inner_text()
    assert "px" in kept["Vertical shift"] and "°" in kept["Rotation"]


def test_tell_two_differences_of_alexnet_and_zfnet(start: Page) -> None:
    card(start, "What two small changes to an older network did")
    start.get_by_role("button", name="Measure and compare").click()
    verdict = start.get_by_role("heading", name=re.compile("Of the paper’s .* claims"))
    expect(verdict).to_be_visible(timeout=SLOW_MS)
    expect(start.locator(".stMarkdown").get_by_text(re.compile("AlexNet.*ZFNet|ZFNet.*AlexNet")).nth(1)).to_be_visible()

"""A lesson where there is little room: on a phone, and beside a page on a projector."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.dashboard import Runs, settled
from ui.lessons import shelf


@pytest.mark.parametrize("name", ["from-lenet-to-resnet", "the-grey-square"])
def test_a_lesson_from_far_down_the_list_is_seen_from_its_top(address: str, chromium: Browser, name: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, bypass_csp=True)
    page = context.new_page()
    runs = Runs(page)
    page.goto(f"{address}/lessons")
    start = page.locator(f".st-key-start-{name} button")
    start.wait_for()
    settled(page, runs)  # while the list is being laid out, a button may move away under a click
    start.scroll_into_view_if_needed()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") > 0
    start.click()
    panel = page.locator(".st-key-lesson-panel")
    expect(panel).to_be_visible(timeout=30_000)
    expect(page.locator("h1")).not_to_have_text("Lessons", timeout=30_000)
    expect(panel.get_by_role("heading").first).to_be_in_viewport(timeout=10_000)
    page.wait_for_timeout(2000)  # and stays there while the page below it is drawn
    expect(panel.get_by_role("heading").first).to_be_in_viewport()
    context.close()


def test_beside_a_lesson_on_a_projector_the_answers_stay_words(address: str, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{address}/look-inside?lesson=first-steps&present=1&photo=chelsea")
    label = page.locator(".st-key-photo-answer [role=listitem] > span").first
    expect(label).to_have_text("Egyptian cat", timeout=30_000)
    # The panel comes last, and how the page shares its width with it.
    expect(page.locator(".st-key-lesson-panel").get_by_role("heading").first).to_be_visible(timeout=30_000)
    box, letter = label.bounding_box(), page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    assert box is not None and box["width"] > 4 * letter and box["height"] < 2.8 * letter, "two lines at most"
    context.close()


@pytest.mark.parametrize(
    ("lesson", "step", "place"),
    [
        ("first-steps", 1, ".st-key-samples [role=radio]"),
        ("from-edges-to-things", 4, ".st-key-choice-features_order [data-testid=stSelectbox]"),
        ("from-lenet-to-resnet", 3, ".st-key-stem [data-testid=stSlider]"),
        ("smaller-windows", 3, "[data-testid=stSidebarNavLink]"),
        ("random-weights", 2, ".st-key-choice-network [data-testid=stSelectbox]"),
    ],
)
def test_what_a_step_speaks_of_is_there_while_presenting(
    address: str, chromium: Browser, lesson: str, step: int, place: str
) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, bypass_csp=True)
    page = context.new_page()
    told = shelf.lesson(lesson).steps[step - 1]
    page.goto(f"{address}/{told.page}?lesson={lesson}&step={step}&present=1")
    expect(page.locator(".st-key-lesson-panel").get_by_role("heading", name=told.title)).to_be_visible(timeout=30_000)
    expect(page.locator(".st-key-present-off")).to_be_visible()
    expect(page.locator(place).first).to_be_visible()
    context.close()

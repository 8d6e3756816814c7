"""A lesson where there is little room: on a phone, and beside a page on a projector."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect


@pytest.mark.parametrize("name", ["from-lenet-to-resnet", "the-grey-square"])
def test_a_lesson_from_far_down_the_list_is_seen_from_its_top(address: str, chromium: Browser, name: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{address}/lessons")
    start = page.locator(f".st-key-start-{name} button")
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
    box, letter = label.bounding_box(), page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    assert box is not None and box["width"] > 4 * letter and box["height"] < 2.8 * letter, "two lines at most"
    context.close()

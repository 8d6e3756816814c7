"""Switching maps off in a real browser: a press, the keyboard, and the way back."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.dashboard import Runs, settled

SLOW_MS = 120_000


def test_a_map_goes_off_and_double_and_the_answer_follows(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/switched-off")
    expect(page.get_by_role("button", name="Save")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("Nothing is changed")).to_be_visible()
    settled(page, runs)  # until then the maps may stand in another order
    first = page.get_by_role("group", name="Maps of conv5").get_by_role("button").first
    number = re.search(r"Map (\d+)", first.get_attribute("aria-label") or "")[1]
    first.click()
    expect(page.get_by_text(re.compile("% before, .* % now"))).to_be_visible(timeout=SLOW_MS)
    expect(first).to_have_attribute("aria-label", re.compile(f"Map {number}, switched off"))
    page.wait_for_url(re.compile(f"switched_off_off={number}"))
    first.focus()
    page.keyboard.press("Enter")
    expect(first).to_have_attribute("aria-label", re.compile(f"Map {number}, doubled"), timeout=SLOW_MS)
    page.get_by_role("button", name="All as they are").click()
    expect(page.get_by_text("Nothing is changed")).to_be_visible(timeout=SLOW_MS)
    expect(page).not_to_have_url(re.compile("switched_off_doubled"))


def test_a_class_is_shown_its_maps_and_leads_to_them(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/switched-off?switched_off_view=class&switched_off_class=497")
    expect(page.get_by_role("heading", name="What “church” is confused with")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("list", name="What photos of “church” were taken for")).to_be_visible()
    links = page.get_by_role("link", name=re.compile(r"More about map \d+"))
    expect(links.first).to_be_visible(timeout=SLOW_MS)
    settled(page, runs)
    number = re.search(r"\d+", links.first.inner_text())[0]
    first = page.get_by_role("group", name="Maps of conv5").get_by_role("button").first
    expect(first).to_have_attribute("aria-label", re.compile(rf"Map {number}\b"))
    first.click()
    page.wait_for_url(re.compile(f"switched_off_off={number}"))
    expect(page.get_by_text(re.compile("% before, .* % now"))).to_be_visible(timeout=SLOW_MS)
    links.first.click()
    page.wait_for_url(re.compile(rf"/maps\?.*map={number}\b"))
    expect(page.get_by_role("heading", name=re.compile(rf"\b{number}\b")).first).to_be_visible(timeout=SLOW_MS)
    page.go_back()
    expect(page.get_by_role("heading", name="What “church” is confused with")).to_be_visible(timeout=SLOW_MS)
    assert runs.exceptions == [] and runs.outside == []

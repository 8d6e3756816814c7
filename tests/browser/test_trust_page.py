"""The trust page in a real browser: the panel fills while the page answers, and ends with a verdict."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.dashboard import Runs


def test_the_panel_comes_to_a_verdict_while_the_page_answers(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/trust?layer=conv3&photo=coffee")
    runs.wait(1)
    page.get_by_text("Forward mask").click()
    expect(page.get_by_text("guided backprop = DeSaliNet")).to_be_visible()
    expect(page.get_by_text("5 of 5 checks passed")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("conv1 and above lost")).to_be_visible()
    assert page.locator("figure img:not([alt])").count() == 0
    assert "trust_mask=1" in page.url

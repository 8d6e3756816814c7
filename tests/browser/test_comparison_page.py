"""AlexNet against ZFNet in a real browser: the guess, the verdict, the claims, and the old address."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.dashboard import Runs, settled

SLOW_MS = 120_000


def test_guess_first_then_the_verdict_and_a_picture_for_each_claim(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/comparison")
    runs.wait(1)
    verdict = page.get_by_role("heading", name=re.compile("Of the paper’s six claims, .* here"))
    expect(page.get_by_alt_text(re.compile("96 filters of 7 × 7 pixels; right .* 11 × 11"))).to_be_visible(
        timeout=SLOW_MS
    )
    expect(verdict).to_have_count(0)
    for question in ("more detail that layer 1's stride cannot keep", "a layer 2 more upset"):
        choice = page.get_by_role("radiogroup", name=re.compile(question))
        choice.get_by_text("AlexNet").click()
    page.get_by_role("button", name="Measure and compare").click()
    expect(page.get_by_role("button", name="Save")).to_be_visible(timeout=SLOW_MS)
    expect(verdict).to_be_visible()
    expect(page.get_by_text(re.compile("of your 2 guesses w|Your guess was"))).to_be_visible()
    expect(page.get_by_text(re.compile("You guessed “AlexNet .*: (right|not so)"))).to_have_count(2)
    expect(page.get_by_alt_text(re.compile("of them dead"))).to_be_visible()
    expect(page.get_by_alt_text(re.compile("see 27 × 27 pixels"))).to_be_visible()
    expect(page.locator(".stPlotlyChart")).to_have_count(4)
    page.get_by_role("button", name="Definition").first.click()
    expect(page.get_by_text(re.compile("root mean square of its weights is below 10 %"))).to_be_visible()
    page.keyboard.press("Escape")
    settled(page, runs)
    tall, type_px = page.evaluate(
        "[document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight, "
        "parseFloat(getComputedStyle(document.documentElement).fontSize)]"
    )
    assert tall / type_px < 2650 / 16, "half of the 5,300 px that this page once had, when type was 16 px"


def test_the_old_address_leads_here_with_what_it_asks_for(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/alexnet-vs-zfnet?versus=zfnet-random&photo=coffee")
    expect(page.get_by_role("combobox", name=re.compile("against"))).to_have_value(
        re.compile("[Rr]andom"), timeout=SLOW_MS
    )
    page.wait_for_url(re.compile("/comparison"))
    assert "versus=zfnet-random" in page.url and "photo=coffee" in page.url
    expect(page.get_by_role("button", name="Photo: Cup of coffee")).to_be_visible()

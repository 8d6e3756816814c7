"""One number taken apart in a real browser: the pupil's task, the walk with the mouse and with keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.dashboard import Runs

KEY = ".st-key-number"


def opened(page: Page, runs: Runs, url: str) -> None:
    page.goto(url)
    runs.wait(1)
    expect(page.locator(f"{KEY} .terms .result")).to_be_visible()


def numbers(page: Page, place: str) -> list[float]:
    """The numbers that can be read at a place."""
    texts = page.locator(f"{KEY} {place}").all_inner_texts()
    return [float(text.strip().replace("−", "-")) for text in texts]


def test_a_pupil_adds_the_visible_numbers_up(address: str, page: Page, runs: Runs) -> None:
    """Window times kernel, number by number, for each colour; then the three, and the bias."""
    opened(page, runs, f"{address}/contributions?layer=conv1&unit=5-40-60")
    (value,) = numbers(page, ".result .value")
    (bias,) = numbers(page, ".bias .value")
    added, colours = bias, 0.0
    rows = page.locator(f"{KEY} .listed [role=radio]")
    assert rows.count() == 3
    for at in range(3):
        rows.nth(at).click()
        expect(rows.nth(at)).to_have_attribute("aria-checked", "true")
        window, kernel = numbers(page, ".cells.window td"), numbers(page, ".cells.kernel td")
        assert len(window) == len(kernel) == 49
        added += sum(one * other for one, other in zip(window, kernel, strict=True))
        (term,) = numbers(page, ".grids .added")
        assert sum(numbers(page, ".cells.product td")) == pytest.approx(term, rel=5e-3, abs=3e-3)
        colours += term
    assert colours + bias == pytest.approx(numbers(page, ".total .value")[0], abs=5e-4)
    assert value > 0.1 and f"{added:.3g}" == f"{value:.3g}"


def test_walk_down_and_back_up(address: str, page: Page, runs: Runs) -> None:
    opened(page, runs, f"{address}/contributions?layer=conv3")
    crumbs = page.locator(f"{KEY} .crumbs button")
    expect(crumbs).to_have_count(1)
    with runs.rerun():
        page.locator(f"{KEY} .listed .to").nth(1).click()
    expect(crumbs).to_have_count(2)
    expect(page.locator(f"{KEY} .passages")).to_contain_text("pool2 passes on the largest of its window")
    with runs.rerun():
        page.get_by_role("button", name="Walk the strongest path to a pixel").click()
    expect(page.locator(f"{KEY} .pixel")).to_contain_text("The walk has come to a pixel")
    assert crumbs.count() == 4 and "contributions_trail=relu3." in page.url
    with runs.rerun():
        page.reload()
    expect(page.locator(f"{KEY} .pixel")).to_be_visible()
    with runs.rerun():
        crumbs.first.click()
    expect(crumbs).to_have_count(1)
    expect(page.locator(f"{KEY} .terms .result")).to_be_visible()


def test_with_keys_only(address: str, page: Page, runs: Runs) -> None:
    opened(page, runs, f"{address}/contributions?layer=conv2&unit=3-5-5")
    title = page.locator(f"{KEY} .title")
    expect(title).to_contain_text("(5, 5)")
    page.locator(f"{KEY} .own canvas").focus()
    with runs.rerun():
        page.keyboard.press("ArrowRight")
    expect(title).to_contain_text("(5, 6)")
    assert "unit=3-5-6" in page.url
    page.locator(f"{KEY} .listed [role=radio]").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"{KEY} .listed [role=radio]").nth(1)).to_have_attribute("aria-checked", "true")
    page.locator(f"{KEY} .grids").focus()
    for key in ("ArrowLeft", "ArrowUp") * 5:
        page.keyboard.press(key)
    expect(page.locator(f"{KEY} output")).to_have_text(re.compile(r"row \d+, column \d+: .* × .* = "))
    with runs.rerun():
        page.keyboard.press("Enter")
    expect(page.locator(f"{KEY} .crumbs button")).to_have_count(2)


def test_menus_that_two_pages_share_show_what_is_chosen_whichever_way_one_comes(
    address: str, page: Page, runs: Runs
) -> None:
    """A menu that is mounted on the next page began there with its first choice, although another one was in force."""
    opened(page, runs, f"{address}/contributions")
    for path in ("trust", "contributions", "maps", "contributions"):
        with runs.rerun():
            page.locator(f'[data-testid=stSidebarNavLink][href$="/{path}"]').click()
        layer = page.locator(".st-key-choice-layer input")
        expect(layer).to_have_value("conv2")
        if path == "contributions":
            expect(page.locator(f"{KEY} .crumbs button").first).to_contain_text("conv2")
            page.locator(".st-key-begin-conv2 button[aria-checked=true]").wait_for()
            chosen = page.locator(".st-key-begin-conv2 button[aria-checked=true]").inner_text()
            expect(page.locator(".st-key-begin-map-conv2 input")).to_have_value(chosen)

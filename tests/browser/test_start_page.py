"""The front door in a real browser: words that explain themselves, Back, and “Present”."""

from __future__ import annotations

import io
import re

from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.dashboard import Runs, settled
from zfnet_core.photos import samples


def test_words_explain_themselves_to_the_mouse_and_to_the_keyboard(address: str, page: Page, runs: Runs) -> None:
    page.goto(address)
    word = page.locator(".zf-heading .zf-word").first
    expect(word).to_be_visible()
    settled(page, runs)
    assert word.evaluate("(word) => getComputedStyle(word, '::after').content") == "none"
    shown = "(word) => getComputedStyle(word, '::after').content.includes('small filters')"
    word.hover()
    page.wait_for_function(shown, arg=word.element_handle())
    page.keyboard.press("Escape")
    assert word.evaluate("(word) => getComputedStyle(word, '::after').display") == "none"
    page.mouse.move(5, 5)
    word.focus()
    page.wait_for_function(shown, arg=word.element_handle())
    described = page.locator(f"[id='{word.get_attribute('aria-describedby')}']")
    assert "small filters" in (described.text_content() or "")


def test_one_press_of_back_leads_to_the_page_before(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/?photo=coffee")
    settled(page, runs)
    for name, heading in (("Look inside", "Look inside"), ("Shift, scale, turn", "Shift, scale, turn")):
        page.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()
        expect(page.locator("h1")).to_have_text(heading)
        expect(page).to_have_url(re.compile("photo=coffee"))
        settled(page, runs)
    for heading in ("Look inside", "What does a neural network see?"):
        page.go_back()
        expect(page.locator("h1")).to_have_text(heading)
        settled(page, runs)


def test_presenting_takes_controls_away_and_arrows_walk_on(address: str, page: Page, runs: Runs) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{address}/look-inside?layer=conv5")
    settled(page, runs)
    size = "() => parseFloat(getComputedStyle(document.documentElement).fontSize)"
    before = page.evaluate(size)
    page.goto(f"{address}/look-inside?layer=conv4&present=1")
    expect(page.locator("h1")).to_be_visible()
    settled(page, runs)
    assert page.evaluate(size) >= 1.5 * before
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page.locator(".st-key-samples")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("layer=conv5"))
    settled(page, runs)
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("layer=conv4"))
    settled(page, runs)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    expect(page).not_to_have_url(re.compile("present"))


def test_network_and_language_stay_in_sight_and_groups_fold_by_keyboard(address: str, page: Page, runs: Runs) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{address}/classroom")
    expect(page.locator("h1")).to_be_visible()
    settled(page, runs)
    menus = page.locator(".st-key-network-menus button")
    assert menus.count() == 2
    here = page.locator("[data-testid=stSidebarNavLink][aria-current=page]")  # the last one of the list
    for control in (".st-key-choice-network", ".st-key-choice-lang", ".st-key-choice-present"):
        assert lies_within(page, control, 720), control
    assert lies_within(page, "[data-testid=stSidebarNavLink][aria-current=page]", 720)
    expect(here).to_be_visible()
    group = page.get_by_test_id("stNavSectionHeader").last
    expect(group).to_have_attribute("aria-expanded", "true")
    group.press("Enter")
    expect(group).to_have_attribute("aria-expanded", "false")
    expect(here).to_have_count(0)
    group.press(" ")
    expect(group).to_have_attribute("aria-expanded", "true")
    expect(here).to_have_count(1)


def lies_within(page: Page, place: str, high: int) -> bool:
    """Whether all of it is on a screen of that height, and not hidden by what scrolls around it."""
    return page.locator(place).first.evaluate(
        """(one, high) => {
            const { left, top, bottom, height } = one.getBoundingClientRect();
            const at = document.elementFromPoint(left + 8, top + height / 2);
            return top >= 0 && bottom <= high && (one.contains(at) || at.contains(one));
        }""",
        high,
    )


def test_streamlits_groups_are_walked_with_every_key(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/games")
    expect(page.locator("h1")).to_be_visible()
    settled(page, runs)
    layers = page.locator(".st-key-choice-game_layer [role=radio]")
    last = layers.count() - 1
    assert last == 4
    layers.nth(0).focus()
    for key, expected in (
        ("End", last), ("ArrowRight", 0), ("ArrowLeft", last), ("ArrowDown", 0), ("ArrowUp", last), ("Home", 0),
        ("ArrowDown", 1),
    ):  # fmt: skip
        with runs.rerun():
            page.keyboard.press(key)
        expect(layers.nth(expected)).to_have_attribute("aria-checked", "true")
        expect(layers.nth(expected)).to_be_focused()
    expect(page).to_have_url(re.compile("game_layer=conv2"))


def test_a_file_that_a_server_in_front_refuses_leaves_a_sentence(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/look-inside?photo=coffee")
    expect(page.locator(".st-key-crop")).to_be_visible()
    settled(page, runs)
    refusing = [True]

    def proxy(route: Route) -> None:
        if route.request.method != "DELETE" and refusing[0]:
            route.fulfill(status=413, body="<html><h1>413 Request Entity Too Large</h1></html>")
        else:
            route.continue_()

    page.route("**/_stcore/upload_file/**", proxy)
    sentence = page.get_by_text("This file is larger than the server in front of this page lets through.")
    stream = io.BytesIO()
    Image.fromarray(samples.load("coffee").pixels).save(stream, "PNG")
    photo = {"name": "mine.png", "mimeType": "image/png", "buffer": stream.getvalue()}
    field = page.locator(".st-key-upload input[type=file]")
    for _ in range(2):
        with page.expect_response(lambda answer: answer.status == 413):  # until then the sentence may be the one before
            field.set_input_files(photo)
        expect(sentence).to_have_count(1)
        expect(sentence).to_be_visible()
    expect(page.get_by_text("status code 413").filter(visible=True)).to_have_count(0)
    expect(page).to_have_url(re.compile("photo=coffee"))
    refusing[0] = False
    field.set_input_files(photo)
    expect(page).to_have_url(re.compile("photo=yours"))
    expect(sentence).to_have_count(0)

"""Teaching one's own classes in a real browser: a set, moving photos by keys and pointer, and a camera that is none."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import ARGUMENTS, find
from tests.browser.dashboard import Runs, settled

SLOW_MS = 120_000
FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@pytest.fixture
def with_camera(chromium: Browser) -> Iterator[Page]:
    """A page of a browser whose camera shows a moving test picture."""
    browser = chromium.browser_type.launch(executable_path=find(), args=[*ARGUMENTS, *FAKE_CAMERA])
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    context.grant_permissions(["camera"])
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    browser.close()


def test_a_set_is_taught_and_photos_are_moved_and_removed(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/transfer")
    page.get_by_role("button", name="Try a set").click()
    page.get_by_role("button", name="Brick, grass, gravel").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("of 48 photos right")).to_be_visible(timeout=SLOW_MS)
    brick, grass = (
        page.get_by_role("region", name="brick", exact=True),
        page.get_by_role("region", name="grass", exact=True),
    )
    expect(brick.get_by_role("button")).to_have_count(16)
    settled(page, runs)  # the photos are drawn anew when it is known which of them are taken for another class
    page.get_by_role("region", name="gravel", exact=True).scroll_into_view_if_needed()
    brick.get_by_role("button").first.drag_to(grass, steps=8)  # a drop needs that it was dragged over
    expect(grass.get_by_role("button")).to_have_count(17, timeout=SLOW_MS)
    expect(page.get_by_text("of 48 photos right")).to_be_visible(timeout=SLOW_MS)
    settled(page, runs)
    brick.get_by_role("button").nth(3).click()
    page.get_by_role("button", name="To gravel").click(timeout=SLOW_MS)
    expect(brick.get_by_role("button")).to_have_count(14, timeout=SLOW_MS)
    brick.get_by_role("button").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    expect(brick.get_by_role("button")).to_have_count(13, timeout=SLOW_MS)
    expect(page.get_by_text("of 47 photos right")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="Make it a network").click()
    expect(page.get_by_text("It is chosen now")).to_be_visible(timeout=SLOW_MS)
    expect(page).to_have_url(re.compile("network=own-"))
    expect(page).to_have_url(re.compile("transfer_own=1"))


def test_the_camera_collects_photos_and_names_what_it_sees(address: str, with_camera: Page) -> None:
    page = with_camera
    page.goto(f"{address}/transfer")
    page.get_by_role("button", name="Try a set").click()
    page.get_by_role("button", name="Brick, grass, gravel").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("of 48 photos right")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="Add a class").click()
    expect(page.get_by_role("region", name="Class 1", exact=True)).to_be_attached()
    page.get_by_text("With the camera").click()
    page.get_by_text("Switch the camera on").click()
    hold = page.get_by_role("button", name="Hold for Class 1")
    expect(page.get_by_text("Press and hold a button")).to_be_visible(timeout=SLOW_MS)
    hold.dispatch_event("pointerdown", {"pointerId": 1})
    # A busy browser counts past any one number between two looks.
    expect(page.get_by_role("status").filter(has_text=re.compile(r"^([4-9]|\d\d+) photos$"))).to_be_visible(
        timeout=SLOW_MS
    )
    hold.dispatch_event("pointerup", {"pointerId": 1})
    collected = page.get_by_role("region", name="Class 1", exact=True).get_by_role("button")
    expect(collected.nth(2)).to_be_visible(timeout=SLOW_MS)
    page.get_by_text("Name what it sees").click()
    expect(page.get_by_text("Most like it, the nearest first:").nth(1)).to_be_visible(timeout=SLOW_MS)


def test_a_camera_that_is_refused_is_said_in_one_sentence(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/transfer")
    page.get_by_role("button", name="Add a class").click()
    expect(page.get_by_role("region", name="Class 1", exact=True)).to_be_attached()
    page.get_by_text("With the camera").click()
    page.get_by_text("Switch the camera on").click()
    expect(page.get_by_text("Upload photos instead.").or_(page.get_by_text("The camera was refused."))).to_be_visible(
        timeout=SLOW_MS
    )

"""The same part, hidden, in a real browser: the marks, by mouse and keys, and the file."""

from __future__ import annotations

import re

from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.dashboard import Runs, settled

SLOW_MS = 120_000


def test_marks_are_dragged_and_moved_by_keys(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/correspondence?faces=people&faces_repeats=5")
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
    page.goto(f"{address}/correspondence?faces=people&faces_repeats=5")
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
    settled(page, runs)  # until it is measured anew: the menu of the measurement before goes away first
    page.get_by_role("button", name="Save").wait_for(timeout=SLOW_MS)
    assert page.evaluate("zfnetExplorer.markers.points[0][2]") == [x + 6, y]
    page.get_by_role("button", name="Save").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="The hidden photos (PNG)").click()
    assert Image.open(download.value.path()).size[1] > 5 * 180


def test_other_faces_get_their_own_marks(address: str, page: Page, runs: Runs) -> None:
    flat = "-".join(["100"] * 30)
    page.goto(f"{address}/correspondence?faces=people&faces_repeats=5&faces_points={flat}")
    runs.wait(1)
    page.wait_for_function("globalThis.zfnetExplorer?.markers?.points")
    assert page.evaluate("zfnetExplorer.markers.points[4][2]") == [100, 100]
    page.get_by_role("combobox", name=re.compile("Faces")).click()
    page.get_by_role("option", name="Five crops of one cat").click()
    page.wait_for_function("() => zfnetExplorer.markers.points[4][2][0] !== 100")
    assert "faces=cat" in page.url and "faces_points" not in page.url

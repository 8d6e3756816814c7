"""The drawing in a browser: hover, choose, and read the sum."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.dashboard import Runs, settled


def test_a_part_is_looked_at_with_the_mouse_and_with_keys(page: Page, address: str, runs: Runs) -> None:
    page.set_viewport_size({"width": 768, "height": 1000})
    page.goto(f"{address}/architectures?architectures_part=conv2")
    runs.wait(1)
    settled(page, runs)  # what is pointed at must stay where it is
    strips = page.locator(".strip").filter(has=page.get_by_role("radio", name="conv5"))  # and not that of the digits
    details = page.locator(".details")
    expect(strips).to_have_count(2)
    expect(details).to_contain_text("⌊(55 − 5) / 2⌋ + 1 = ⌊25⌋ + 1 = 26")
    expect(details).to_contain_text("sees 27 × 27 px")
    strips.first.get_by_role("radio", name="conv5").hover()
    expect(details).to_contain_text("sees 139 × 139 px")
    expect(details).to_contain_text("sees 163 × 163 px")
    page.mouse.move(1, 1)
    expect(details).to_contain_text("sees 27 × 27 px")
    chosen = strips.first.locator("[aria-checked=true]")
    chosen.focus()
    page.keyboard.press("Home")
    expect(details).to_contain_text("⌊(224 + 2·1 − 7) / 2⌋ + 1 = ⌊109.5⌋ + 1 = 110")
    expect(details).to_contain_text("kernel 11×11 → 7×7")
    page.wait_for_url("**/architectures")  # conv1 is the usual part and needs no word in the address
    # True relative widths, also where the labels need all the room: 384 maps are four times as wide as 96.
    wide = {
        name: strips.first.locator(f"[value={name}] .room i").evaluate("(block) => block.getBoundingClientRect().width")
        for name in ("conv1", "conv3", "conv5")
    }
    assert abs(wide["conv3"] / wide["conv1"] - 4) < 0.1 and abs(wide["conv5"] / wide["conv3"] - 256 / 384) < 0.05

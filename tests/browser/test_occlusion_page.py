"""Fig. 7 in a real browser: the square by mouse, keys and finger, without the server until it is let go."""

from __future__ import annotations

import json

import torch
from playwright.sync_api import Browser, Page, expect

from tests.browser.dashboard import Runs, settled
from zfnet_core.exhibits.occlusion import sweep
from zfnet_core.exhibits.occlusion.occluder import Occluder
from zfnet_core.models import zoo
from zfnet_core.photos import samples
from zfnet_core.photos.images import prepare

SLOW_MS = 120_000
SPARSE = "occlusion_stride=16&occlusion_height=64&occlusion_width=64&occlusion_at=64-64"
READ = """async () => {
  await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  const S = zfnetExplorer.occluder, root = S.stage.closest('.occluder');
  const text = (selector) => root.querySelector(selector).textContent;
  return { box: S.box, shown: S.shown, kind: text('.kind'), number: text('.headline .number'), place: text('.place') };
}"""
EXACT = """(({ box, shown }) =>
  shown?.kind === 'exact' && Object.keys(box).every((side) => shown.box[side] === box[side])
)(zfnetExplorer.occluder)"""
# What is seen in the frame after an arrow key, and what the key itself has sent: an answer may come soon after.
WATCH_ARROWS = """() => {
  const S = zfnetExplorer.occluder, { send } = S;
  let sent = 0;
  S.send = (...given) => { sent += 1; send(...given); };
  addEventListener('keydown', () => { sent = 0; }, true);
  globalThis.arrows = [];
  S.boxElement.addEventListener('keydown', ({ key }) => {
    const found = { box: S.box, sent };
    if (key.startsWith('Arrow')) requestAnimationFrame(() => arrows.push({ ...found, kind: S.shown?.kind }));
  });
}"""


def open_page(page: Page, runs: Runs, address: str, query: str = SPARSE) -> None:
    page.goto(f"{address}/occlusion?{query}")
    runs.wait(1)
    page.wait_for_function("globalThis.zfnetExplorer?.occluder?.header?.done", timeout=SLOW_MS)
    settled(page, runs)


def centre(page: Page, selector: str = ".st-key-occlusion-first .box") -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pixels_per_screen_pixel(page: Page) -> float:
    return 224 / page.locator(".st-key-occlusion-first .stage").bounding_box()["width"]


def truth(box: dict[str, int], photo: str = "chelsea") -> sweep.OnePosition:
    torch.set_num_threads(1)
    network = zoo.load(zoo.DEFAULT)
    image = prepare(samples.load(photo), network.preprocessing)
    return sweep.occlude_once(network, image, Occluder(box["top"], box["left"], box["height"], box["width"]))


def agree(shown: dict, box: dict[str, int], tolerance: float) -> None:
    """The readout is a full pass's: the class, the first five, and the map's total."""
    network, one = zoo.load(zoo.DEFAULT), truth(box)
    for item in shown["classes"]:
        assert abs(one.probabilities[network.labels.index(item["label"])] - item["share"]) < tolerance
    assert len(shown["classes"]) == 5
    best = sorted(one.probabilities, reverse=True)[:5]
    assert max(abs(a - item["share"]) for a, item in zip(best, shown["classes"], strict=True)) < tolerance


def test_dragging_asks_nothing_until_the_square_is_let_go(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    x, y = centre(page)
    sent, seen = runs.sent, []
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 13):
        page.mouse.move(x + 9 * step, y + 5 * step)
        seen.append(page.evaluate(READ))
    assert runs.sent == sent, "a message went to the server during the drag"
    assert all(part["kind"] == "between grid points" for part in seen)
    values = [json.dumps(part["shown"]) for part in seen]
    assert len(set(values)) == len(values), "the readout stood still while the square moved"
    assert len({part["place"] for part in seen}) == len(seen)
    before = runs.finished
    page.mouse.up()
    page.wait_for_function(EXACT)
    after = page.evaluate(READ)
    assert after["kind"] == "exact" and after["box"] == seen[-1]["box"]
    agree(after["shown"], after["box"], 1e-5)
    settled(page, runs)
    assert runs.finished == before + 1, "the exact values did not come with the first answer"
    box = after["box"]
    assert f"occlusion_at={box['top']}-{box['left']}" in page.url


def test_at_grid_points_the_readout_is_a_direct_pass(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    scale = pixels_per_screen_pixel(page)
    x, y = centre(page)
    page.mouse.move(x, y)
    page.mouse.down()
    for top, left in ((0, 0), (64, 128), (160, 160), (16, 96)):
        page.mouse.move(x + (left - 64) / scale, y + (top - 64) / scale)
        found = page.evaluate(READ)
        assert (found["box"]["top"], found["box"]["left"]) == (top, left)
        assert found["shown"]["kind"] == "grid"
        agree(found["shown"], found["box"], 1e-4)
    page.mouse.up()


def test_arrow_keys_move_and_plus_enlarges(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    square = page.locator(".st-key-occlusion-first .box")
    square.focus()
    page.evaluate(WATCH_ARROWS)
    for number, key in enumerate(("ArrowRight", "Shift+ArrowDown"), 1):
        page.keyboard.press(key)
        page.wait_for_function(f"arrows.length === {number}")
    right, down = page.evaluate("arrows")
    assert (right["box"]["top"], right["box"]["left"]) == (64, 80) and right["kind"] == "grid"
    assert down["box"]["top"] == 65 and right["sent"] == down["sent"] == 0
    page.wait_for_function(EXACT)
    agree(page.evaluate(READ)["shown"], page.evaluate(READ)["box"], 1e-5)
    square.focus()
    page.keyboard.press("+")
    page.wait_for_function(
        "zfnetExplorer.occluder.header.done && zfnetExplorer.occluder.header.grid.height === 72", timeout=SLOW_MS
    )
    assert "occlusion_height=72" in page.url and page.evaluate(READ)["box"]["width"] == 72


def test_the_corner_resizes_and_the_sweep_follows(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    scale = pixels_per_screen_pixel(page)
    grip = page.locator(".st-key-occlusion-first .grip").bounding_box()
    x, y = grip["x"] + 9, grip["y"] + 9
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 32 / scale, y + 10 / scale, steps=4)
    assert page.evaluate(READ)["shown"] is None, "there are no values for this size yet"
    page.mouse.up()
    side = page.evaluate(READ)["box"]["height"]
    assert abs(side - 96) <= 1
    page.wait_for_function(
        f"zfnetExplorer.occluder.header.done && zfnetExplorer.occluder.header.grid.height === {side}", timeout=SLOW_MS
    )


def test_hovering_a_map_moves_the_square_everywhere(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    sent = runs.sent
    sheet = page.locator('.st-key-occlusion-first [data-panel="e"] .sheet')
    sheet.hover(position={"x": sheet.bounding_box()["width"] * 0.25, "y": sheet.bounding_box()["width"] * 0.7})
    found = page.evaluate(READ)
    assert abs(found["box"]["left"] + 32 - 56) <= 2 and abs(found["box"]["top"] + 32 - 157) <= 2
    assert runs.sent == sent
    cursors = page.evaluate("zfnetExplorer.occluder.cursors.map((cursor) => cursor.style.transform)")
    assert len(cursors) == 3 and len(set(cursors)) == 1
    page.mouse.move(5, 5)
    page.wait_for_function(EXACT)


def test_a_finger_drags_the_square_and_the_page_stays(address: str, chromium: Browser) -> None:
    context = chromium.new_context(
        viewport={"width": 768, "height": 1024}, has_touch=True, is_mobile=True, bypass_csp=True
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    runs = Runs(page)
    open_page(page, runs, address)
    page.locator(".st-key-occlusion-first .stage").scroll_into_view_if_needed()
    x, y = centre(page)
    devtools, sent = context.new_cdp_session(page), runs.sent
    before = page.evaluate(READ)["box"]

    def touch(kind: str, dx: float = 0, dy: float = 0) -> None:
        points = [] if kind == "touchEnd" else [{"x": x + dx, "y": y + dy}]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def scrolled() -> list[float]:
        return page.evaluate("[...document.querySelectorAll('*')].map((one) => one.scrollTop).filter(Boolean)")

    scroll_before = scrolled()
    touch("touchStart")
    for step in range(1, 9):
        touch("touchMove", 6 * step, -8 * step)
    assert runs.sent == sent
    # The browser hands over the last moves with its next frame, so the square may still be on its way.
    wanted = before["top"] - 64 * pixels_per_screen_pixel(page)
    page.wait_for_function(f"Math.abs(zfnetExplorer.occluder.box.top - {wanted}) <= 1")
    moved = page.evaluate(READ)
    assert moved["box"]["left"] > before["left"] + 15
    assert moved["kind"] == "between grid points"
    assert scrolled() == scroll_before, "the page scrolled under the finger"
    assert page.locator(".st-key-occlusion-first .box.drag").count() == 1
    touch("touchEnd")
    page.wait_for_function(EXACT)
    agree(page.evaluate(READ)["shown"], page.evaluate(READ)["box"], 1e-5)
    settled(page, runs)
    # A swipe beside the square scrolls; only a tap moves the square there.
    stage, placed = page.locator(".st-key-occlusion-first .stage").bounding_box(), page.evaluate(READ)["box"]
    x, y = stage["x"] + 12, stage["y"] + 0.9 * stage["height"]
    touch("touchStart")
    for step in range(1, 9):
        touch("touchMove", 0, -9 * step)
    touch("touchEnd")
    page.wait_for_timeout(300)
    assert page.evaluate(READ)["box"] == placed
    settled(page, runs)
    # The page may still roll on after the swipe: a tap waits until it stands.
    page.locator(".st-key-occlusion-first .stage").tap(
        position={"x": 0.5 * stage["width"], "y": 0.75 * stage["height"]}
    )
    page.wait_for_function("Math.abs(zfnetExplorer.occluder.box.top + 32 - 168) <= 2")
    page.wait_for_function(EXACT)
    assert runs.exceptions == [] and runs.outside == []
    context.close()


def test_the_squares_menu_shows_what_is_chosen_and_changes_it(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    page.get_by_role("button", name="The square").click()
    expect(page.get_by_role("spinbutton", name="Height, px")).to_have_value("64", timeout=SLOW_MS)
    page.get_by_role("radio", name="black").click()
    page.wait_for_function("zfnetExplorer.occluder.header.fill.colour === '#000'")
    page.get_by_role("radio", name="32").click()
    page.wait_for_function("zfnetExplorer.occluder.header.grid?.stride === 32", timeout=SLOW_MS)
    page.keyboard.press("Escape")
    settled(page, runs)
    assert "occlusion_fill=black" in page.url and "occlusion_stride=32" in page.url
    expect(page.locator(".st-key-occlusion-first .box")).to_have_css("background-color", "rgb(0, 0, 0)")


def test_going_back_moves_the_square_back(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    square = page.locator(".st-key-occlusion-first .box")
    for left in (80, 96):
        square.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(f"zfnetExplorer.occluder.box.left === {left}")
        page.wait_for_function(EXACT)
        settled(page, runs)
    page.go_back()
    page.wait_for_function(f"zfnetExplorer.occluder.box.left === 80 && {EXACT}")
    assert page.evaluate(READ)["box"] == {"top": 64, "left": 80, "height": 64, "width": 64}


def test_an_earlier_size_can_be_typed_again(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    page.locator(".st-key-occlusion-first .box").focus()
    page.keyboard.press("+")
    page.wait_for_function(
        "zfnetExplorer.occluder.header.done && zfnetExplorer.occluder.header.grid.height === 72", timeout=SLOW_MS
    )
    settled(page, runs)
    page.get_by_role("button", name="The square").click()
    expect(page.get_by_role("spinbutton", name="Height, px")).to_have_value("72")
    for name, value in (("Height, px", "64"), ("Width, px", "64"), ("Height, px", "72")):
        page.get_by_role("spinbutton", name=name).fill(value)
        page.keyboard.press("Enter")
        side = name.split(",")[0].lower()
        page.wait_for_function(f"zfnetExplorer.occluder.box.{side} === {value}")
        page.wait_for_function(EXACT, timeout=SLOW_MS)


def test_a_drag_during_the_sweep_asks_nothing_either(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/occlusion?occlusion_stride=4&occlusion_height=40&occlusion_width=56&photo=rocket")
    runs.wait(1)
    page.wait_for_function("globalThis.zfnetExplorer?.occluder?.header?.grid", timeout=SLOW_MS)
    page.wait_for_function("!zfnetExplorer.occluder.header.done")
    x, y = centre(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 9, y + 9)
    sent = runs.sent
    page.wait_for_timeout(1500)
    page.mouse.move(x + 30, y + 20)
    assert page.evaluate(READ)["kind"] in ("coarse so far", "between grid points")
    assert runs.sent == sent
    page.mouse.up()
    page.wait_for_function(EXACT, timeout=SLOW_MS)
    spoken = page.locator(".st-key-occlusion-first .spoken").text_content()
    assert "exact" in spoken and "%" in spoken and "Row" in spoken


def test_keys_of_the_browser_stay_with_the_browser(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    page.locator(".st-key-occlusion-first .box").focus()
    before = page.evaluate(READ)["box"]
    for key in ("Control+ArrowRight", "Meta+ArrowLeft", "Alt+ArrowDown", "Control+-"):
        page.keyboard.press(key)
    assert page.evaluate(READ)["box"] == before


def test_two_photos_share_one_square(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address, SPARSE + "&occlusion_beside=coffee")
    page.wait_for_function("[...zfnetExplorer.occluders].every((one) => one.header.done)", timeout=SLOW_MS)
    settled(page, runs)
    x, y = centre(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 30, steps=3)
    boxes = page.evaluate("[...zfnetExplorer.occluders].map((one) => JSON.stringify(one.box))")
    assert len(boxes) == 2 and len(set(boxes)) == 1
    page.mouse.up()
    page.wait_for_function("[...zfnetExplorer.occluders].every((one) => one.shown?.kind === 'exact')")


def test_predict_first_paint_and_reveal(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/occlusion?{SPARSE}&occlusion_predict=1")
    runs.wait(1)
    page.wait_for_function("globalThis.zfnetExplorer?.occluder?.header?.hidden")
    expect(page.get_by_text("hidden until you have guessed")).to_be_visible()
    assert page.evaluate("zfnetExplorer.occluder.header.grid") is None
    expect(page.locator('.st-key-occlusion-first [data-panel="d"]')).not_to_be_visible()
    stage = page.locator(".st-key-occlusion-first .stage").bounding_box()
    x, y, side = stage["x"], stage["y"], stage["width"]
    page.mouse.move(x + 0.3 * side, y + 0.4 * side)
    page.mouse.down()
    page.mouse.move(x + 0.7 * side, y + 0.5 * side, steps=8)
    page.mouse.up()
    painted = page.evaluate("zfnetExplorer.occluder.cells.reduce((sum, on) => sum + on, 0)")
    assert painted > 20
    page.get_by_role("button", name="Show the maps").click()
    expect(page.get_by_text("of your region matters most")).to_be_visible(timeout=SLOW_MS)
    page.wait_for_function("zfnetExplorer.occluder.header.drawing.guess")
    drawing = page.evaluate("zfnetExplorer.occluder.header.drawing")
    assert drawing["guess"].count("1") == drawing["important"].count("1") == painted
    expect(page.locator('.st-key-occlusion-first [data-panel="d"]')).to_be_visible()


def test_the_figure_the_grid_and_the_script_can_be_saved(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    page.get_by_role("button", name="Save").click()
    for name, start in (("The figure (PNG)", b"\x89PNG"), ("The grid (CSV)", b"top_px"), ("Script", b'"""Repeats')):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        assert download.value.path().read_bytes().startswith(start)


def test_the_square_and_all_maps_are_seen_at_once_and_nothing_jumps(address: str, page: Page, runs: Runs) -> None:
    """On a projector's 1280 × 720; where everything stands does not depend on whether a sweep is going on."""
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{address}/occlusion?occlusion_stride=8&occlusion_height=80&occlusion_width=80&photo=flower")
    runs.wait(1)
    page.wait_for_function("globalThis.zfnetExplorer?.occluder?.header?.grid", timeout=SLOW_MS)
    page.evaluate("document.fonts.ready.then(() => null)")  # until then a heading may be a line higher
    root = page.locator(".st-key-occlusion-first")
    parts = (".stage", *(f'[data-panel="{panel}"] :is(.sheet, .pair)' for panel in "bcde"), ".headline", ".activity")

    def places() -> list[dict[str, float]]:
        return [root.locator(part).bounding_box() for part in parts]

    during = places()
    assert all(place["y"] >= 0 and place["y"] + place["height"] <= 720 for place in during)
    page.wait_for_function("zfnetExplorer.occluder.header.done", timeout=SLOW_MS)
    settled(page, runs)
    assert places() == during

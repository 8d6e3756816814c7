"""The wall of features in a real browser: with the mouse, with the keyboard, and through a link."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.dashboard import Runs, check_save_menu
from zfnet_core.models import zoo
from zfnet_core.top_activations.gallery import bundled

GALLERY = bundled(zoo.load(zoo.DEFAULT))


# (top, left, bottom, right) of the pixels of a canvas that are in the colour of the box.
PINK = """(canvas) => {
    const { data, width } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const rows = [], columns = [];
    for (let i = 0; i < data.length; i += 4)
        if (data[i] === 255 && data[i + 1] === 77 && data[i + 2] === 109) {
            rows.push(Math.floor(i / 4 / width)); columns.push((i / 4) % width);
        }
    return [Math.min(...rows), Math.min(...columns), Math.max(...rows) + 1, Math.max(...columns) + 1];
}"""


def open_page(page: Page, runs: Runs, address: str, link: str = "") -> None:
    page.goto(f"{address}/features{link}")
    runs.wait(1)
    expect(page.locator(".st-key-wall button")).to_have_count(16)
    painted(page)


def painted(page: Page) -> None:
    """Wait until every picture of the wall and of the chosen map is there."""
    expect(page.locator(".st-key-wall canvas:not([data-painted])")).to_have_count(0)
    expect(page.locator(".st-key-nine figure")).to_have_count(10)
    page.wait_for_function("""() => {
        const nine = [...document.querySelectorAll('.st-key-nine *')].find((element) => element.shadowRoot);
        return [...nine.shadowRoot.querySelectorAll('img')].every((image) => image.complete && image.naturalWidth);
    }""")


def chosen_map(page: Page) -> str:
    return page.locator(".st-key-wall button[aria-checked=true]").get_attribute("data-map")


def test_the_wall_is_painted_and_a_map_opens(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    colours = (
        page.locator(".st-key-wall canvas")
        .nth(5)
        .evaluate("(c) => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size")
    )
    assert colours > 50
    with runs.rerun():
        page.locator(".st-key-wall button[data-map='6']").click()
    expect(page.get_by_text("conv4, map 6", exact=True)).to_be_visible()
    assert "features_map=6" in page.url
    value = GALLERY.found.layers["conv4"].values[6, 0]
    expect(page.get_by_text(f"1 · {value:.3g}", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile("Your photo · "))).to_be_visible()


def test_without_a_mouse(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address, "?features_layer=conv2")
    page.locator(".st-key-wall button[data-map='0']").focus()
    with runs.rerun():
        page.keyboard.press("ArrowRight")
    assert chosen_map(page) == "1"
    expect(page.get_by_text("conv2, map 1", exact=True)).to_be_visible()
    with runs.rerun():
        page.keyboard.press("ArrowDown")
    assert int(chosen_map(page)) > 2


def test_pages_orders_and_a_link(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address, "?features_layer=conv5&features_order=strength&features_page=3")
    strongest = (-GALLERY.found.layers["conv5"].values[:, 0]).argsort(kind="stable")
    assert chosen_map(page) == str(strongest[32])
    with runs.rerun():
        page.get_by_role("button", name="Page 4").click()
    expect(page.locator(f".st-key-wall button[data-map='{strongest[48]}']")).to_be_visible()
    assert "features_page=4" in page.url
    with runs.rerun():
        page.reload()
    painted(page)
    assert chosen_map(page) == str(strongest[48])


def test_every_map_says_what_it_shows(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    for number in (0, 9):
        expect(page.get_by_role("radio", name=re.compile(rf"^Map {number} of conv4: activations "))).to_be_visible()


def test_the_sample_photos_are_searched_and_boxed(address: str, page: Page, runs: Runs) -> None:
    page.set_default_timeout(90_000)
    page.goto(f"{address}/features?features_from=samples&features_layer=conv3")
    expect(page.locator(".st-key-wall canvas")).to_have_count(32, timeout=90_000)
    expect(page.locator(".st-key-nine canvas[data-painted]")).to_have_count(10, timeout=90_000)
    painted(page)
    network = zoo.load(zoo.DEFAULT)
    chosen, size = network.layer("conv3"), network.preprocessing.input_px
    captions = page.locator(".st-key-nine figcaption span").all_inner_texts()
    for number in (0, 4, 9):
        row, column = map(int, re.search(r"row\s(\d+), column\s(\d+)$", captions[number]).groups())
        drawn = page.locator(".st-key-nine canvas").nth(number).evaluate(PINK)
        expected = [side * 336 / size for side in chosen.receptive_field.box(row, column, size)]
        assert all(abs(one - other) <= 5 for one, other in zip(drawn, expected, strict=True)), (drawn, expected)


def test_places_are_boxed_where_the_photos_are_not_at_hand(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address, "?features_layer=conv5&features_map=3")
    kept, field = GALLERY.found.layers["conv5"], zoo.load(zoo.DEFAULT).layer("conv5").receptive_field
    for rank in range(9):
        drawn = page.locator(".st-key-nine canvas").nth(rank).evaluate(PINK)
        box = field.box(int(kept.rows[3, rank]), int(kept.columns[3, rank]), 224)
        assert all(abs(one - side * 1.5) <= 11 for one, side in zip(drawn, box, strict=True)), (rank, drawn, box)
    own = page.locator(".st-key-nine figure.own")
    expect(own.locator("canvas")).to_have_count(1)
    expect(own.locator("img")).to_have_count(2)


def test_no_tile_of_a_sorted_wall_clips_its_number(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address, "?features_order=photo")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        clipped = page.locator(".st-key-wall .label, .st-key-wall .label span, .st-key-wall .shows").evaluate_all(
            "(parts) => parts.filter((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0).length"
        )
        assert clipped == 0, width
    shows = page.locator(".st-key-wall .shows").all_inner_texts()
    assert len(shows) == 16 and all(re.match(r"\d+\s\S|nothing excites it", text) for text in shows)


def test_a_narrow_screen_keeps_everything_inside(address: str, page: Page, runs: Runs) -> None:
    page.set_viewport_size({"width": 768, "height": 1000})
    open_page(page, runs, address)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth <= innerWidth")
    right = page.locator(".st-key-wall button").nth(3).bounding_box()
    assert right["x"] + right["width"] <= 768


def test_every_file_of_the_save_menu_arrives(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    page.get_by_role("button", name="Save").click()
    check_save_menu(page, files=12)

"""The first page in a real browser: with the mouse, with the keyboard only, and through a link."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.dashboard import Runs
from zfnet_core import sample_photos
from zfnet_core.images import open_image, prepare
from zfnet_core.models import zoo
from zfnet_core.trace import trace


def open_page(page: Page, runs: Runs, url: str) -> None:
    page.goto(url)
    runs.wait(1)
    expect(page.locator(".st-key-projections figure")).not_to_have_count(0)
    page.wait_for_function("globalThis.zfnetExplorer?.atlas?.header && (zfnetExplorer.unitMap?.header || true)")


def click_canvas(page: Page, name: str, x: float, y: float) -> None:
    """Click a canvas at fractions of its size."""
    canvas = page.locator(f".st-key-{name} canvas").first
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * x, "y": box["height"] * y})


def a_photo(colour: tuple[int, int, int] = (200, 40, 40)) -> bytes:
    pixels = np.full((300, 400, 3), 230, np.uint8)
    pixels[80:220, 120:260] = colour
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def test_choose_layer_map_and_unit(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    with runs.rerun():
        page.get_by_role("radio", name="conv4").click()
    expect(page.get_by_text("384 feature maps")).to_be_visible()
    with runs.rerun():
        click_canvas(page, "atlas", 0.52, 0.52)
    chosen = page.evaluate("zfnetExplorer.atlas.chosen")
    expect(page.get_by_text(f"Map {chosen}", exact=True)).to_be_visible()
    with runs.rerun():
        click_canvas(page, "unit", 4.5 / 13, 9.5 / 13)
    expect(page.get_by_text(re.compile(rf"conv4, map {chosen}, row 9, column 4"))).to_be_visible()
    assert f"unit={chosen}-9-4" in page.url and "layer=conv4" in page.url


def test_the_activation_shown_is_the_networks(address: str, page: Page, runs: Runs) -> None:
    network = zoo.load(zoo.DEFAULT)
    seen = trace(network, prepare(sample_photos.load("coffee"), network.preprocessing))
    number, row, column = 7, *divmod(int(seen.activation("conv2")[0, 7].argmax()), 26)
    open_page(page, runs, f"{address}/?layer=conv2&unit={number}-{row}-{column}&photo=coffee")
    value = float(seen.activation("conv2")[0, number, row, column])
    expect(page.get_by_text(f"map {number}, row {row}, column {column} · activation {value:.3f}")).to_be_visible()


def test_a_link_restores_the_view(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/?photo=flower&layer=conv4&unit=12-5-6&sort=strength")
    expect(page.get_by_text("conv4, map 12, row 5, column 6")).to_be_visible()
    expect(page.get_by_role("radio", name="Flower")).to_have_attribute("aria-checked", "true")
    with runs.rerun():
        page.reload()
    expect(page.get_by_text("conv4, map 12, row 5, column 6")).to_be_visible()
    page.wait_for_function("globalThis.zfnetExplorer?.atlas?.header.layer === 'conv4'")
    assert page.evaluate("zfnetExplorer.atlas.header.order[0]") == int(
        np.argmax(page.evaluate("Array.from(zfnetExplorer.atlas.maxima)"))
    )


def test_bad_values_in_a_link_fall_back(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/?photo=nobody&layer=conv99&unit=a-b&crop=nan-1&network=none&sort=7&zoom=maybe")
    expect(page.get_by_text("96 feature maps")).to_be_visible()
    expect(page.get_by_text(re.compile("could not be used"))).to_be_visible()


def test_without_a_mouse(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    page.get_by_role("radio", name="conv1").focus()
    with runs.rerun():
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("256 feature maps")).to_be_visible()
    page.locator(".st-key-atlas canvas").focus()
    before = page.evaluate("zfnetExplorer.atlas.chosen")
    with runs.rerun():
        page.keyboard.press("ArrowLeft")
    assert page.evaluate("zfnetExplorer.atlas.chosen") != before
    page.locator(".st-key-unit canvas").focus()
    row, column = page.evaluate("zfnetExplorer.unitMap.chosen")
    key = "ArrowLeft" if column else "ArrowRight"
    with runs.rerun():
        page.keyboard.press(key)
    step = -1 if column else 1
    expect(page.get_by_text(re.compile(rf"row {row}, column {column + step} · activation"))).not_to_have_count(0)


def test_upload_and_a_link_to_it(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    with runs.rerun():
        page.locator("input[type=file]").set_input_files(
            {"name": "red.png", "mimeType": "image/png", "buffer": a_photo()}
        )
    expect(page.get_by_text("red.png").first).to_be_visible()
    network = zoo.load(zoo.DEFAULT)
    top = trace(network, prepare(open_image(a_photo()), network.preprocessing)).probabilities[0].max()
    expect(page.get_by_text(f"{100 * top:.1f} %").first).to_be_visible()
    assert "photo=yours" in page.url
    page.reload()
    expect(page.get_by_text(re.compile("somebody’s own photo"))).to_be_visible()


@pytest.mark.parametrize(
    ("name", "content"),
    [("broken.jpg", b"\xff\xd8\xff\xe0 not a picture"), ("text.png", b"hello"), ("cut.png", a_photo()[:200])],
)
def test_a_bad_upload_is_one_sentence_and_keeps_everything(
    address: str, page: Page, runs: Runs, name: str, content: bytes
) -> None:
    open_page(page, runs, f"{address}/?photo=coffee&layer=conv2")
    with runs.rerun():
        page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "image/png", "buffer": content})
    expect(page.get_by_text(name).and_(page.get_by_role("alert").get_by_text(name))).to_be_visible()
    expect(page.get_by_text("256 feature maps")).to_be_visible()
    expect(page.get_by_role("radio", name="Cup of coffee")).to_have_attribute("aria-checked", "true")


def test_moving_the_crop_changes_what_the_network_sees(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/?photo=rocket")
    page.locator(".st-key-crop .frame").focus()
    with runs.rerun():
        page.keyboard.press("ArrowLeft")
    assert "crop=0.4-0.5" in page.url
    network = zoo.load(zoo.DEFAULT)
    from zfnet_core.images import Crop

    image = prepare(sample_photos.load("rocket"), network.preprocessing, Crop(0.4, 0.5))
    top = trace(network, image).probabilities[0].max()
    expect(page.get_by_text(f"{100 * top:.1f} %").first).to_be_visible()


def test_fully_connected_layers_offer_their_strongest_units(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/?layer=fc7")
    buttons = page.get_by_text(re.compile(r"^unit \d+ · "))
    expect(buttons.first).to_be_visible()
    with runs.rerun():
        buttons.nth(3).click()
    assert "unit=" in page.url


def test_every_file_of_the_save_menu_arrives(address: str, page: Page, runs: Runs) -> None:
    for layer, count in (("conv2", 7), ("fc8", 5)):
        open_page(page, runs, f"{address}/?layer={layer}")
        page.get_by_role("button", name="Save").click()
        buttons = page.locator("[data-testid=stDownloadButton] button")
        expect(buttons).to_have_count(count)
        for number in range(count):
            with page.expect_download() as download:
                buttons.nth(number).click()
            content = download.value.path().read_bytes()
            name = download.value.suggested_filename
            assert content[:4] == b"\x89PNG" if name.endswith("png") else b"," in content, name


def test_back_goes_back_to_the_very_first_view(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    start = page.evaluate("zfnetExplorer.atlas.header.layer")
    for layer in ("conv2", "conv5"):
        with runs.rerun():
            page.get_by_role("radio", name=f"{layer}:").click()
        page.wait_for_timeout(1200)
    for layer in ("conv2", start):
        page.go_back()
        page.wait_for_function(f"zfnetExplorer.atlas.header.layer === '{layer}'")
    page.go_forward()
    page.wait_for_function("zfnetExplorer.atlas.header.layer === 'conv2'")


def test_unknown_ways_of_drawing_fall_back(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/?sort=xx&scale=yy&zero=zz&layer=conv2")
    expect(page.get_by_text(re.compile("sort, scale, zero could not be used"))).to_be_visible()
    expect(page.get_by_text("256 feature maps")).to_be_visible()


def test_a_second_photo_has_its_own_thumbnail(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    seen = []
    for colour in ((200, 40, 40), (30, 60, 220)):
        with runs.rerun():
            file = {"name": f"{colour[0]}.png", "mimeType": "image/png", "buffer": a_photo(colour)}
            page.locator("input[type=file]").first.set_input_files(file)
        page.wait_for_timeout(300)
        seen.append(page.locator(".st-key-samples img").first.get_attribute("src"))
    assert seen[0] != seen[1]

"""The first page in a real browser: with the mouse, with the keyboard only, and through a link."""

from __future__ import annotations

import base64
import csv
import io
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.dashboard import Runs, settled
from zfnet_core.deconvnet.projection import Unit, project_by_rules
from zfnet_core.deconvnet.scaling import as_picture
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.decoding import open_image
from zfnet_core.photos.images import Crop, prepare, shown

RULES = ("deconvnet", "gradient", "guided")
VIRIDIS = ((68, 1, 84), (253, 231, 37))  # its darkest and its brightest colour


@pytest.fixture(scope="module")
def network() -> Network:
    return zoo.load(zoo.DEFAULT)


@pytest.fixture(scope="module")
def coffee(network: Network) -> Trace:
    return trace(network, prepare(samples.load("coffee"), network.preprocessing))


def open_page(page: Page, runs: Runs, url: str) -> None:
    with runs.rerun():
        page.goto(url)
    expect(page.locator(".st-key-projections figure")).not_to_have_count(0)
    # A layer of single units has no large map; where there is one, it must have been drawn and know what is chosen.
    drawn = "(!document.querySelector('.st-key-unit') || zfnetExplorer.unitMap?.chosen) && zfnetExplorer.crop?.data"
    page.wait_for_function(f"Number.isInteger(globalThis.zfnetExplorer?.atlas?.chosen) && {drawn}")


def click_canvas(page: Page, name: str, x: float, y: float) -> None:
    """Click a canvas at fractions of its size."""
    canvas = page.locator(f".st-key-{name} canvas").first
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * x, "y": box["height"] * y})


def pixels_of(page: Page, place: str) -> np.ndarray:
    """What the browser holds for an image or canvas, uint8 [H, W, 3]."""
    url = page.locator(place).evaluate(
        """async (element) => {
            if (element.decode) await element.decode();
            const canvas = document.createElement('canvas');
            canvas.width = element.naturalWidth || element.width;
            canvas.height = element.naturalHeight || element.height;
            canvas.getContext('2d').drawImage(element, 0, 0);
            return canvas.toDataURL('image/png');
        }"""
    )
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB"))


def a_photo(colour: tuple[int, int, int] = (200, 40, 40)) -> bytes:
    pixels = np.full((300, 400, 3), 230, np.uint8)
    pixels[80:220, 120:260] = colour
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def test_choose_layer_map_and_unit(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside")
    with runs.rerun():
        page.get_by_role("radio", name="conv4").click()
    expect(page.get_by_text("384 feature maps")).to_be_visible()
    page.wait_for_function("zfnetExplorer.atlas.header.layer === 'conv4' && zfnetExplorer.atlas.chosen !== null")
    with runs.rerun():
        click_canvas(page, "atlas", 0.55, 0.55)
    chosen = page.evaluate("zfnetExplorer.atlas.chosen")
    expect(page.get_by_text(f"Map {chosen}", exact=True)).to_be_visible()
    large = "zfnetExplorer.unitMap.header"
    page.wait_for_function(f"{large}.layer === 'conv4' && {large}.map === {chosen} && zfnetExplorer.unitMap.chosen")
    with runs.rerun():
        click_canvas(page, "unit", 4.5 / 13, 9.5 / 13)
    expect(page.get_by_text(re.compile(rf"conv4, map {chosen}, row 9, column 4"))).to_be_visible()
    expect(page).to_have_url(re.compile(f"unit={chosen}-9-4"))
    expect(page).to_have_url(re.compile("layer=conv4"))
    settled(page, runs)
    check_first_window(page)
    page.goto(f"{page.url}&present=1")
    expect(page.locator(SEEN_AT_ONCE[-1][0])).to_be_visible()
    settled(page, runs)
    for wide, high in ((1280, 720), (1440, 900), (1920, 1080)):
        page.set_viewport_size({"width": wide, "height": high})
        check_seen_at_once(page, high)


SEEN_AT_ONCE = (
    (".st-key-crop .stage", 100),
    (".st-key-atlas .field > canvas", 180),
    (".st-key-unit canvas", 130),
    (".st-key-projections figure:nth-child(2) img", 130),  # behind the patch: the deconvnet projection
)


def check_seen_at_once(page: Page, high: int) -> None:
    """All of each is in a window that is `high`, and at least so many pixels wide, once nothing moves any more."""
    boxes: list = []
    while boxes != (boxes := [page.locator(place).bounding_box() for place, _ in SEEN_AT_ONCE]):
        page.wait_for_timeout(400)
    for (place, least), box in zip(SEEN_AT_ONCE, boxes, strict=True):
        assert box["y"] >= 0 and box["y"] + box["height"] <= high and box["width"] >= least, (high, place, box)


def check_first_window(page: Page) -> None:
    """Photo, maps and the unit's projection are seen at once on a projector, with the sidebar open and folded."""
    for wide, high in ((1280, 720), (1366, 768)):
        page.set_viewport_size({"width": wide, "height": high})
        for button, folded in (("stSidebarCollapseButton", "false"), ("stExpandSidebarButton", "true")):
            expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", folded)
            check_seen_at_once(page, high)
            inner = "button" if button == "stSidebarCollapseButton" else ""
            page.evaluate(f"document.querySelector('[data-testid={button}] {inner}').click()")


def test_the_activation_shown_is_the_networks(address: str, page: Page, runs: Runs, coffee: Trace) -> None:
    number, row, column = 7, *divmod(int(coffee.activation("conv2")[0, 7].argmax()), 26)
    open_page(page, runs, f"{address}/look-inside?layer=conv2&unit={number}-{row}-{column}&photo=coffee")
    value = float(coffee.activation("conv2")[0, number, row, column])
    expect(page.get_by_text(f"map {number}, row {row}, column {column} · activation {value:.3f}")).to_be_visible()


def test_a_link_restores_the_view(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside?photo=flower&layer=conv4&unit=12-5-6&sort=strength&maps=all")
    expect(page.get_by_text("conv4, map 12, row 5, column 6")).to_be_visible()
    expect(page.get_by_role("radio", name="Flower")).to_have_attribute("aria-checked", "true")
    with runs.rerun():
        page.reload()
    expect(page.get_by_text("conv4, map 12, row 5, column 6")).to_be_visible()
    page.wait_for_function(
        "globalThis.zfnetExplorer?.atlas?.header?.layer === 'conv4' && zfnetExplorer.atlas.maps.length === 384"
    )
    assert page.evaluate("zfnetExplorer.atlas.maps[0]") == int(
        np.argmax(page.evaluate("Array.from(zfnetExplorer.atlas.maxima)"))
    )


def test_bad_values_in_a_link_fall_back(address: str, page: Page, runs: Runs) -> None:
    open_page(
        page,
        runs,
        f"{address}/look-inside?photo=nobody&layer=conv99&unit=a-b&crop=nan-1&network=none&sort=7&zoom=maybe",
    )
    expect(page.get_by_text("96 feature maps")).to_be_visible()
    expect(page.get_by_text(re.compile("could not be used"))).to_be_visible()


def tab_to(page: Page, wanted: str, most: int = 60) -> None:
    """Press Tab until the focused element, looked up through shadow roots, matches the CSS selector."""
    focused = r"""(wanted) => {
        let element = document.activeElement;
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
        const outside = element?.getRootNode().host ?? element;
        const name = outside?.closest('.stElementContainer')?.className ?? '';
        return element?.matches(wanted) && name.match(/st-key-[\w-]+/)?.[0];
    }"""
    key, selector = wanted.split(" ", 1)
    page.locator(f".{wanted}").first.wait_for()
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(focused, selector) == key:
            return
    raise AssertionError(f"Tab does not reach {wanted}")


def test_without_a_mouse(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside?layer=conv1")
    tab_to(page, "st-key-samples button")
    with runs.rerun():
        page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("photo=astronaut"))
    tab_to(page, "st-key-upload button")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    with runs.rerun():
        chooser.value.set_files({"name": "keys.png", "mimeType": "image/png", "buffer": a_photo()})
    page.wait_for_url(re.compile("photo=yours"))
    tab_to(page, "st-key-layers button")
    with runs.rerun():
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("256 feature maps")).to_be_visible()
    tab_to(page, "st-key-atlas canvas")
    page.wait_for_function("zfnetExplorer.atlas.header.layer === 'conv2' && zfnetExplorer.atlas.chosen !== null")
    with runs.rerun():
        page.keyboard.press("ArrowRight")  # from the strongest map to the one that is next to it in strength
    second = page.evaluate("zfnetExplorer.atlas.header.strongest[1]")
    expect(page.get_by_text(f"Map {second}", exact=True)).to_be_visible()
    expect(page.locator(".st-key-atlas .lens")).to_be_visible()  # on focus
    tab_to(page, "st-key-unit canvas")
    page.wait_for_function(f"zfnetExplorer.unitMap.header.map === {second} && zfnetExplorer.unitMap.chosen")
    row, column = page.evaluate("zfnetExplorer.unitMap.chosen")
    key, step = ("ArrowLeft", -1) if column else ("ArrowRight", 1)
    with runs.rerun():
        page.keyboard.press(key)
    there = page.get_by_text(re.compile(rf"conv2, map \d+, row {row}, column {column + step} · activation"))
    expect(there).to_be_visible()
    page.reload()
    expect(page.get_by_text(re.compile("somebody’s own photo"))).to_be_visible()
    expect(there).to_be_visible()


def test_every_key_press_counts_at_the_speed_of_fingers(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside?layer=conv2&unit=7-3-2&maps=all")
    page.locator(".st-key-unit canvas").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(180)
    expect(page.get_by_text("conv2, map 7, row 3, column 8")).to_be_visible()
    assert page.evaluate("zfnetExplorer.unitMap.chosen") == [3, 8]
    page.locator(".st-key-atlas .field > canvas").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(180)
    expect(page.get_by_text("Map 13", exact=True)).to_be_visible()
    assert page.evaluate("zfnetExplorer.atlas.chosen") == 13
    page.locator(".st-key-crop .frame").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(260)
    page.wait_for_url(re.compile("crop=0.9-0.5"))
    assert page.evaluate("zfnetExplorer.crop.left") == pytest.approx(0.9)


def test_enter_chooses_at_once(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside?layer=conv5&unit=7-3-2")
    values = np.reshape(page.evaluate("Array.from(zfnetExplorer.unitMap.values)"), (13, 13))
    row, column = np.unravel_index(values.argmax(), values.shape)
    page.locator(".st-key-atlas .field > canvas").focus()
    with runs.rerun():
        page.keyboard.press("Enter")
    page.wait_for_function(f"String(zfnetExplorer.unitMap.chosen) === '{row},{column}'")


def test_a_late_click_on_a_layer_of_another_network_is_nothing(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside?layer=conv5&unit=7-3-2")
    for element, choice in (("atlas", "{ layer: 'block3_1', map: 1 }"), ("atlas", "{ layer: 'conv5', map: 999 }")):
        with runs.rerun():
            page.evaluate(f"() => zfnetExplorer.{element}.choices.now({choice})")
        expect(page.get_by_text("conv5, map 7, row 3, column 2")).to_be_visible()
    with runs.rerun():
        page.evaluate("() => zfnetExplorer.unitMap.choices.now({ layer: 'block3_1', map: 1, row: 0, column: 0 })")
    expect(page.get_by_text("conv5, map 7, row 3, column 2")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("layer", ["conv3", "conv5"])
def test_the_pictures_on_screen_are_the_projections_to_the_last_grey_level(
    address: str, page: Page, runs: Runs, network: Network, coffee: Trace, layer: str
) -> None:
    unit = Unit(int(coffee.activation(layer)[0, :, 6, 6].argmax()), 6, 6)
    link = f"{address}/look-inside?photo=coffee&layer={layer}&unit={unit.map}-{unit.row}-{unit.column}"
    top, left, bottom, right = network.layer(layer).receptive_field.box(unit.row, unit.column, 224)
    # As the page does it, by all rules in one walk: one rule alone rounds a little differently.
    pictures = [as_picture(one.pixels[0]) for one in project_by_rules(coffee, layer, unit, RULES)]
    assert not any(np.array_equal(pictures[i], pictures[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    open_page(page, runs, f"{link}&zoom=0")
    for place, picture in enumerate(pictures):
        assert np.array_equal(pixels_of(page, f".st-key-projections figure:nth-child({place + 1}) img"), picture)
    open_page(page, runs, link)
    photo = shown(samples.load("coffee"), network.preprocessing)
    for place, picture in enumerate([photo, *pictures]):
        seen = pixels_of(page, f".st-key-projections figure:nth-child({place + 1}) img")
        times = len(seen) // (bottom - top)
        assert len(seen) == times * (bottom - top) >= 224
        assert np.array_equal(seen[::times, ::times], picture[top:bottom, left:right])


def test_the_field_is_bright_and_the_rest_is_dim(
    address: str, page: Page, runs: Runs, network: Network, coffee: Trace
) -> None:
    open_page(page, runs, f"{address}/look-inside?photo=coffee&layer=conv3&unit=112-4-2")
    top, left, bottom, right = network.layer("conv3").receptive_field.box(4, 2, 224)
    page.wait_for_function("zfnetExplorer.unitMap.chosen && zfnetExplorer.unitMap.photo.complete")
    sees = page.locator(".st-key-unit .sees")
    picture = Image.open(io.BytesIO(sees.screenshot())).convert("RGB")
    seen = np.asarray(picture.resize((224, 224), Image.Resampling.BILINEAR)).astype(float)
    photo = shown(samples.load("coffee"), network.preprocessing).astype(float)
    inside = np.zeros((224, 224), bool)
    inside[top + 5 : bottom - 5, left + 5 : right - 5] = True
    outside = np.ones((224, 224), bool)
    outside[top - 5 : bottom + 5, max(0, left - 5) : right + 5] = False
    outside[:9] = outside[-9:] = outside[:, :9] = outside[:, -9:] = False  # round corners
    assert np.abs(seen[inside] - photo[inside]).mean() < 12  # the photo itself may travel lossy, and is drawn larger
    assert np.abs(seen[outside] - 0.2 * photo[outside]).mean() < 4
    expect(sees).to_have_attribute("aria-label", re.compile(f"rows {top}–{bottom - 1}, columns {left}–{right - 1} of"))


def test_hovering_tells_the_numbers_of_a_map(address: str, page: Page, runs: Runs, coffee: Trace) -> None:
    open_page(page, runs, f"{address}/look-inside?photo=coffee&layer=conv2")
    settled(page, runs)
    canvas = page.locator(".st-key-atlas .field > canvas")
    box = canvas.bounding_box()
    canvas.hover(position={"x": 0.4 * box["width"], "y": 0.6 * box["height"]})
    page.wait_for_function("zfnetExplorer.atlas.hover !== null")
    number = page.evaluate("zfnetExplorer.atlas.hover")
    maps = coffee.activation("conv2")[0]
    told = page.locator(".st-key-atlas output")
    expect(told).to_have_text(re.compile(f"^Under the pointer: map {number} · maximum "))
    largest, mean = re.fullmatch(r".* · maximum (\S+) · mean (\S+)", told.inner_text()).groups()
    assert float(largest) == pytest.approx(float(maps[number].max()), rel=0.06, abs=0.006)
    assert float(mean) == pytest.approx(float(maps[number].mean()), rel=0.06, abs=0.006)
    expect(page.locator(".st-key-atlas .lens")).to_be_visible()
    expect(page.locator(".st-key-atlas .lens span")).to_have_text(re.compile(f"^{number} · "))
    page.mouse.move(5, 5)
    expect(page.locator(".st-key-atlas .lens")).not_to_be_visible()
    expect(page.locator(".st-key-atlas output")).to_have_text(re.compile("^Chosen: map"))


def test_colours_run_to_the_maximum_of_the_map_or_of_the_layer(
    address: str, page: Page, runs: Runs, coffee: Trace
) -> None:
    maxima = coffee.activation("conv2")[0].amax((1, 2))
    weak = int(maxima.argsort()[len(maxima) // 4])
    for scale in ("map", "layer"):
        open_page(page, runs, f"{address}/look-inside?photo=coffee&layer=conv2&scale={scale}&unit={weak}-0-0")
        seen = np.array(
            page.evaluate(
                """(map) => {
                    const { sheet, maps, columns, gap, cellH } = zfnetExplorer.atlas, at = maps.indexOf(map);
                    const edge = (column) => Math.floor((column * (sheet.width - gap)) / columns);
                    const x = edge(at % columns), y = Math.floor(at / columns) * cellH;
                    const wide = edge((at % columns) + 1) - x, context = sheet.getContext('2d');
                    return Array.from(context.getImageData(x + gap, y + gap, wide - gap, cellH - gap).data);
                }""",
                weak,
            )
        ).reshape(-1, 4)
        assert (seen[:, 3] == 255).all()
        brightest = tuple(seen[seen[:, :3].sum(axis=-1).argmax(), :3].tolist())
        assert (brightest == VIRIDIS[1]) == (scale == "map")
    expect(page.locator(".st-key-atlas .high")).to_have_text(f"{maxima.max():.2f}")


def test_every_pixel_of_the_screen_is_drawn_and_no_line_vanishes(address: str, chromium: Browser) -> None:
    """At any width and resolution: gaps of equal width between all maps, which share the whole width to the pixel."""
    for wide, ratio in ((1440, 1), (768, 1), (1024, 2)):
        context = chromium.new_context(
            viewport={"width": wide, "height": 900}, device_scale_factor=ratio, bypass_csp=True
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        runs = Runs(page)
        open_page(page, runs, f"{address}/look-inside?layer=conv4&maps=all")
        page.wait_for_function(
            "(({ canvas }) => canvas.width === Math.round(canvas.clientWidth * devicePixelRatio))(zfnetExplorer.atlas)"
        )
        atlas = page.evaluate(
            """() => {
                const { canvas, sheet, columns, gap } = zfnetExplorer.atlas;
                const row = Array.from(sheet.getContext('2d').getImageData(0, gap + 1, sheet.width, 1).data);
                return { wide: canvas.clientWidth * devicePixelRatio, own: canvas.width, columns, gap,
                         empty: row.filter((_, at) => at % 4 === 3).map((alpha) => alpha === 0) };
            }"""
        )
        assert atlas["own"] == round(atlas["wide"])
        runs_of = [(empty, len(list(same))) for empty, same in itertools.groupby(atlas["empty"])]
        assert {wide for empty, wide in runs_of if empty} == {atlas["gap"]} and atlas["gap"] >= 1
        assert runs_of[0][0] and runs_of[-1][0], "no margin, at neither side"
        wides = [wide for empty, wide in runs_of if not empty]
        assert len(wides) == atlas["columns"] and max(wides) - min(wides) <= 1
        assert runs.exceptions == []
        context.close()


def test_any_map_is_found_by_its_number(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside?layer=conv4")
    box = page.get_by_role("searchbox", name="Map no.")
    box.fill("300")
    with runs.rerun():
        box.press("Enter")
    expect(page.get_by_text("Map 300", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("unit=300-"))
    assert 300 in page.evaluate("zfnetExplorer.atlas.maps")
    page.get_by_role("radio", name="All 384").click()
    expect(page).to_have_url(re.compile("maps=all"))
    assert page.evaluate("zfnetExplorer.atlas.maps.length") == 384


def test_a_layer_of_1024_maps(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside?network=googlenet&layer=inception5b&maps=all")
    expect(page.get_by_text("1024 feature maps")).to_be_visible()
    page.wait_for_function("zfnetExplorer.atlas.header.maps === 1024")
    with runs.rerun():
        click_canvas(page, "atlas", 0.6, 0.5)
    number = page.evaluate("zfnetExplorer.atlas.chosen")
    expect(page.get_by_text(f"Map {number}", exact=True)).to_be_visible()
    assert number > 0


def test_own_weights_open_and_their_link_finds_them_again(
    address: str, page: Page, runs: Runs, network: Network, tmp_path: Path
) -> None:
    state = {name: value.contiguous() for name, value in network.module.state_dict().items()}
    file = tmp_path / "mine.safetensors"
    safetensors.torch.save_file(state, file)
    open_page(page, runs, f"{address}/look-inside?photo=coffee&layer=conv4&unit=5-6-6")
    chosen = page.get_by_text(re.compile("conv4, map 5, row 6, column 6 · activation")).inner_text()
    open_page(page, runs, f"{address}/look-inside?photo=coffee&layer=conv4")
    activation = page.get_by_text(re.compile("conv4, map .* · activation"))
    before = activation.inner_text()  # of the strongest unit, which another network is looked at from
    page.get_by_role("button", name="Your own weights").click()
    with runs.rerun():
        page.locator(".st-key-own-weights input[type=file]").set_input_files(file)
    expect(page.get_by_text("Your own weights from “mine.safetensors”")).to_be_visible()
    expect(activation).to_have_text(before)
    expect(page).to_have_url(re.compile("network=own-"))
    link = f"{page.url}&unit=5-6-6"
    page.goto(link)
    expect(page.get_by_text("This link was made with somebody’s own weights")).to_be_visible()
    page.get_by_role("button", name="Your own weights").click()
    with runs.rerun():
        page.locator(".st-key-own-weights input[type=file]").set_input_files(file)
    expect(page.get_by_text("This link was made with somebody’s own weights")).to_have_count(0)
    expect(activation).to_have_text(chosen)
    assert sorted(page.url.split("?")[1].split("&")) == sorted(link.split("?")[1].split("&"))


def test_the_model_card_opens_in_one_click(address: str, page: Page, runs: Runs, network: Network) -> None:
    open_page(page, runs, f"{address}/look-inside")
    page.get_by_role("button", name="Model card").click()
    val = network.card["accuracy"]["val"]
    words = f"{100 * val['top1']:.1f} % top-1, {100 * val['top5']:.1f} % top-5"
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_text("among the 10 classes of Imagenette")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame")).to_have_count(
        3
    )  # the sample photos, those it was taught on, and its words


def dropped(page: Page, place: str, name: str, content: bytes) -> None:
    """Drop a file on an element."""
    transfer = page.evaluate_handle(
        """([bytes, name]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/png' }));
            return transfer;
        }""",
        [list(content), name],
    )
    for event in ("dragenter", "dragover", "drop"):
        page.locator(place).dispatch_event(event, {"dataTransfer": transfer})


def test_a_photo_is_dropped_on_the_photo_and_an_old_error_is_gone(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside")
    dropped(page, ".st-key-crop .stage", "broken.png", a_photo()[:150])
    problem = page.locator(".st-key-photo-choice").get_by_role("alert")
    expect(problem).to_contain_text("broken.png")
    crop, told = page.locator(".st-key-crop").bounding_box(), problem.bounding_box()
    assert 0 <= told["y"] - crop["y"] - crop["height"] < 60, "directly under the photo"
    dropped(page, ".st-key-crop .stage", "dropped.png", a_photo())
    page.wait_for_url(re.compile("photo=yours"))
    expect(page.get_by_text("dropped.png").first).to_be_visible()
    expect(problem).to_have_count(0)


def test_a_photo_that_is_dropped_before_the_upload_field_is_there_is_shown_when_it_is(
    address: str, page: Page, runs: Runs
) -> None:
    script, held = "**/FileUploader.*.js", list[Route]()
    page.route(script, lambda route: held.append(route))
    with page.expect_request(script):
        open_page(page, runs, f"{address}/look-inside")
    assert page.locator(".st-key-upload input[type=file]").count() == 0
    dropped(page, ".st-key-crop .stage", "early.png", a_photo())
    for route in held:
        route.continue_()
    page.wait_for_url(re.compile("photo=yours"))
    expect(page.get_by_text("early.png").first).to_be_visible()


def test_a_file_that_the_field_itself_refuses_takes_the_old_error_away(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside")
    dropped(page, ".st-key-crop .stage", "broken.png", a_photo()[:150])
    problem = page.locator(".st-key-photo-choice").get_by_role("alert").filter(has_text="broken.png")
    expect(problem).to_be_visible()
    dropped(page, ".st-key-crop .stage", "words.txt", b"hello")
    expect(problem).to_have_count(0)


def test_upload_and_a_link_to_it(address: str, page: Page, runs: Runs, network: Network) -> None:
    open_page(page, runs, f"{address}/look-inside")
    with runs.rerun():
        page.locator("input[type=file]").set_input_files(
            {"name": "red.png", "mimeType": "image/png", "buffer": a_photo()}
        )
    expect(page.get_by_text("red.png").first).to_be_visible()
    top = trace(network, prepare(open_image(a_photo()), network.preprocessing)).probabilities[0].max()
    expect(page.get_by_text(f"{100 * top:.1f} %").first).to_be_visible()
    expect(page).to_have_url(re.compile("photo=yours"))
    page.reload()
    expect(page.get_by_text(re.compile("somebody’s own photo"))).to_be_visible()


@pytest.mark.parametrize(
    ("name", "content"),
    [("broken.jpg", b"\xff\xd8\xff\xe0 not a picture"), ("text.png", b"hello"), ("cut.png", a_photo()[:200])],
)
def test_a_bad_upload_is_one_sentence_and_keeps_everything(
    address: str, page: Page, runs: Runs, name: str, content: bytes
) -> None:
    open_page(page, runs, f"{address}/look-inside?photo=coffee&layer=conv2")
    with runs.rerun():
        page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "image/png", "buffer": content})
    expect(page.get_by_text(name).and_(page.get_by_role("alert").get_by_text(name))).to_be_visible()
    expect(page.get_by_text("256 feature maps")).to_be_visible()
    expect(page.get_by_role("radio", name="Cup of coffee")).to_have_attribute("aria-checked", "true")


def test_moving_the_crop_changes_what_the_network_sees(address: str, page: Page, runs: Runs, network: Network) -> None:
    open_page(page, runs, f"{address}/look-inside?photo=rocket")
    page.locator(".st-key-crop .frame").focus()
    with runs.rerun():
        page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("crop=0.4-0.5"))
    image = prepare(samples.load("rocket"), network.preprocessing, Crop(0.4, 0.5))
    top = trace(network, image).probabilities[0].max()
    expect(page.get_by_text(f"{100 * top:.1f} %").first).to_be_visible()


def test_zooming_the_crop_changes_what_the_network_sees(address: str, page: Page, runs: Runs, network: Network) -> None:
    open_page(page, runs, f"{address}/look-inside?photo=rocket")
    page.locator(".st-key-crop .frame").focus()
    with runs.rerun():
        page.keyboard.press("+")
    expect(page).to_have_url(re.compile("crop_zoom=1.15"))
    image = prepare(samples.load("rocket"), network.preprocessing, Crop(0.5, 0.5, 1.15))
    top = trace(network, image).probabilities[0].max()
    expect(page.get_by_text(f"{100 * top:.1f} %").first).to_be_visible()
    page.goto(page.url.replace("look-inside", "occlusion"))
    page.wait_for_function("globalThis.zfnetExplorer?.crop?.zoom === 1.15")


def test_the_square_on_a_panorama_can_be_grabbed(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside")
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 1200, 3), np.uint8)).save(stream, "PNG")
    with runs.rerun():
        file = {"name": "wide.png", "mimeType": "image/png", "buffer": stream.getvalue()}
        page.locator(".st-key-upload input[type=file]").set_input_files(file)
    page.wait_for_function("zfnetExplorer.crop.data.aspect === 20")
    frame = page.locator(".st-key-crop .frame")
    box = frame.bounding_box()
    assert min(box["width"], box["height"]) > 80
    outside = page.locator(".st-key-crop .window").bounding_box()
    assert outside["x"] <= box["x"] and box["x"] + box["width"] <= outside["x"] + outside["width"], "it is in sight"
    before = page.evaluate("zfnetExplorer.crop.left")
    frame.hover(position={"x": 40, "y": 40})  # as soon as it moves no more
    box = frame.bounding_box()
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 40, steps=4)
    with runs.rerun():
        page.mouse.up()
    assert page.evaluate("zfnetExplorer.crop.left") > before


def test_fully_connected_layers_offer_their_strongest_units(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside?layer=fc7")
    buttons = page.get_by_text(re.compile(r"^unit \d+ · "))
    expect(buttons.first).to_be_visible()
    with runs.rerun():
        buttons.nth(3).click()
    expect(page).to_have_url(re.compile("unit="))


def saved(page: Page, label: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=label, exact=True).click()
    return download.value.path().read_bytes()


def picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(data.decode().splitlines()))


def test_every_file_of_the_save_menu_holds_what_its_name_says(
    address: str, page: Page, runs: Runs, network: Network, coffee: Trace
) -> None:
    unit, layer = Unit(112, 4, 2), network.layer("conv3")
    maps = coffee.activation("conv3")[0].numpy()
    top, left, bottom, right = layer.receptive_field.box(unit.row, unit.column, 224)
    photo = shown(samples.load("coffee"), network.preprocessing)
    projections = [one.pixels[0] for one in project_by_rules(coffee, "conv3", unit, RULES)]
    open_page(page, runs, f"{address}/look-inside?photo=coffee&layer=conv3&unit=112-4-2&scale=layer&sort=strength")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-testid=stDownloadButton] button")).to_have_count(19)
    for name, values in zip(("Deconvnet", "Gradient", "Guided backprop"), projections, strict=True):
        assert np.array_equal(picture(saved(page, f"{name} (PNG)")), as_picture(values))
    assert np.array_equal(picture(saved(page, "Patch (PNG)")), photo[top:bottom, left:right])
    field = picture(saved(page, "Receptive field (PNG)"))
    assert np.array_equal(
        field[top + 1 : bottom - 1, left + 1 : right - 1], photo[top + 1 : bottom - 1, left + 1 : right - 1]
    )
    assert np.array_equal(field[:top], (photo[:top] * 0.2).astype(np.uint8))
    whole = picture(saved(page, "Photo and crop (PNG)"))
    assert whole.shape == samples.load("coffee").pixels.shape
    large = picture(saved(page, "This map (PNG)"))
    times = len(large) // 13
    brightest = np.unravel_index(maps[112].argmax(), (13, 13))
    assert tuple(large[::times, ::times][brightest]) == VIRIDIS[1]
    atlas = picture(saved(page, "All maps (PNG)")).reshape(-1, 3)
    assert {VIRIDIS[0], VIRIDIS[1]} <= {tuple(colour) for colour in np.unique(atlas, axis=0).tolist()}
    # On the layer's scale only the strongest map of all has the brightest colour.
    strongest = maps.reshape(len(maps), -1).max(1).max()
    share = int((maps > strongest * 254.5 / 255).sum()) / maps.size
    assert (atlas == VIRIDIS[1]).all(1).sum() < 3 * share * len(atlas)
    values = np.loadtxt(io.BytesIO(saved(page, "This map (CSV)")), delimiter=",")
    assert np.allclose(values, maps[112], rtol=1e-5)
    head, *rows = table(saved(page, "Maxima, means (CSV)"))
    assert head == ["map", "maximum", "mean"] and len(rows) == 384
    numbers = np.array(rows, float)
    assert np.allclose(numbers[:, 1], maps.max((1, 2)), rtol=1e-5) and np.allclose(
        numbers[:, 2], maps.mean((1, 2)), rtol=1e-4
    )
    head, *rows = table(saved(page, "Projected pixels (CSV)"))
    pixels = np.array(rows, float)
    assert len(pixels) == (bottom - top) * (right - left) and head[2] == "deconvnet red" and head[-1] == "guided blue"
    places = pixels[:, 0].astype(int), pixels[:, 1].astype(int)
    for number, values in enumerate(projections):
        there = values.numpy()[:, places[0], places[1]].T
        assert np.allclose(pixels[:, 2 + 3 * number : 5 + 3 * number], there, rtol=1e-4, atol=1e-9)
    _, *rows = table(saved(page, "Probabilities (CSV)"))
    best = coffee.probabilities[0].topk(5)
    assert [row[0] for row in rows[:5]] == [network.labels[index] for index in best.indices]
    assert np.allclose([float(row[1]) for row in rows[:5]], best.values, rtol=1e-5)


def test_the_numbers_of_a_fully_connected_layer_can_be_saved(
    address: str, page: Page, runs: Runs, network: Network, coffee: Trace
) -> None:
    open_page(page, runs, f"{address}/look-inside?photo=coffee&layer=fc8")
    page.get_by_role("button", name="Save").click()
    head, *rows = table(saved(page, "All units (CSV)"))
    assert head == ["unit", "label", "activation"] and [row[1] for row in rows] == list(network.labels)
    assert np.allclose([float(row[2]) for row in rows], coffee.activation("fc8")[0], rtol=1e-4)


def test_back_goes_back_to_the_very_first_view(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside")
    start = page.evaluate("zfnetExplorer.atlas.header.layer")
    for layer in ("conv4", "conv5"):
        page.get_by_role("radio", name=f"{layer}:").click()
        expect(page).to_have_url(re.compile(f"layer={layer}"))
        settled(page, runs)
    for layer in ("conv4", start):
        page.go_back()
        page.wait_for_function(f"zfnetExplorer.atlas.header.layer === '{layer}'")
    page.go_forward()
    page.wait_for_function("zfnetExplorer.atlas.header.layer === 'conv4'")


def test_unknown_ways_of_drawing_fall_back(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside?sort=xx&scale=yy&zero=zz&layer=conv2")
    expect(page.get_by_text(re.compile("sort, scale, zero could not be used"))).to_be_visible()
    expect(page.get_by_text("256 feature maps")).to_be_visible()


def test_a_second_photo_has_its_own_thumbnail(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/look-inside")
    seen = []
    for colour in ((200, 40, 40), (30, 60, 220)):
        file = {"name": f"{colour[0]}.png", "mimeType": "image/png", "buffer": a_photo(colour)}
        page.locator("input[type=file]").first.set_input_files(file)
        tile = page.locator(".st-key-samples").get_by_role("radio", name=f"Your photo {colour[0]}.png")
        seen.append(tile.locator("img").get_attribute("src"))
    assert seen[0] != seen[1]


def test_how_it_is_drawn_always_shows_what_is_chosen(address: str, page: Page, runs: Runs) -> None:
    """Whatever is clicked, each group goes on showing its choice, and nothing unknown gets into the address."""
    open_page(page, runs, f"{address}/look-inside?layer=conv2")
    page.get_by_role("button", name="How it is drawn").click()
    chosen = {"sort": "by number", "scale": "the map’s maximum", "zero": "strong contrast"}
    others = {"sort": "strongest first", "scale": "the layer’s maximum", "zero": "proportional"}
    written = {"sort": "strength", "scale": "layer", "zero": "symmetric"}

    def all_shown() -> None:
        for label in chosen.values():
            expect(page.get_by_role("radio", name=label, exact=True)).to_be_checked()
        assert "None" not in page.url and not page.locator("[data-testid=stAlertContentError]").count()

    start = dict(chosen)
    all_shown()
    for name, label in others.items():
        page.get_by_role("radio", name=label, exact=True).click()
        chosen[name] = label
        settled(page, runs)
        all_shown()
        assert f"{name}={written[name]}" in page.url
    page.get_by_text("Enlarge the receptive field").click()
    settled(page, runs)
    all_shown()
    page.get_by_role("radio", name=chosen["sort"], exact=True).click()  # once more on what is chosen
    settled(page, runs)
    all_shown()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="How it is drawn").click()
    all_shown()
    page.get_by_role("radio", name=start["scale"], exact=True).click()
    chosen["scale"] = start["scale"]
    settled(page, runs)
    all_shown()
    assert "scale=" not in page.url


def test_the_page_needs_nothing_that_its_policy_forbids(address: str, chromium: Browser) -> None:
    """The other tests go round the policy, since their own waiting would break it."""
    context = chromium.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(60_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Security Policy" in message.text else None)
    response = page.goto(f"{address}/look-inside?layer=conv2")  # as links were when this was the first page
    assert response is not None and "script-src" in response.headers["content-security-policy"]
    for picture in (".st-key-atlas canvas", ".st-key-unit canvas", ".st-key-projections img"):
        expect(page.locator(picture).first).to_be_visible(timeout=60_000)
    assert complaints == []
    context.close()

"""The first page in a real browser: with the mouse, with the keyboard only, and through a link."""

from __future__ import annotations

import base64
import csv
import io
import re

import numpy as np
import pytest
import safetensors.torch
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.dashboard import Runs, settled
from zfnet_core import sample_photos
from zfnet_core.deconvnet import Unit, project
from zfnet_core.images import Crop, open_image, prepare, shown
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.projection_scaling import as_picture
from zfnet_core.trace import Trace, trace

RULES = ("deconvnet", "gradient", "guided")
VIRIDIS = ((68, 1, 84), (253, 231, 37))  # its darkest and its brightest colour


@pytest.fixture(scope="module")
def network() -> Network:
    return zoo.load(zoo.DEFAULT)


@pytest.fixture(scope="module")
def coffee(network: Network) -> Trace:
    return trace(network, prepare(sample_photos.load("coffee"), network.preprocessing))


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


def test_the_activation_shown_is_the_networks(address: str, page: Page, runs: Runs, coffee: Trace) -> None:
    number, row, column = 7, *divmod(int(coffee.activation("conv2")[0, 7].argmax()), 26)
    open_page(page, runs, f"{address}/?layer=conv2&unit={number}-{row}-{column}&photo=coffee")
    value = float(coffee.activation("conv2")[0, number, row, column])
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


def tab_to(page: Page, wanted: str, most: int = 60) -> None:
    """Press Tab until the focused element, looked up through shadow roots, matches the CSS selector."""
    focused = """(wanted) => {
        let element = document.activeElement;
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
        const outside = element?.getRootNode().host ?? element;
        const name = outside?.closest('.stElementContainer')?.className ?? '';
        return element?.matches(wanted) && name.match(/st-key-[\w-]+/)?.[0];
    }"""
    key, selector = wanted.split(" ", 1)
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(focused, selector) == key:
            return
    raise AssertionError(f"Tab does not reach {wanted}")


def test_without_a_mouse(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/?layer=conv1")
    tab_to(page, "st-key-samples button")
    with runs.rerun():
        page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("photo=astronaut"))
    settled(page, runs)  # what is drawn anew loses the focus
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
    before = page.evaluate("zfnetExplorer.atlas.chosen")
    key, step = ("ArrowLeft", -1) if before else ("ArrowRight", 1)
    with runs.rerun():
        page.keyboard.press(key)
    expect(page.get_by_text(f"Map {before + step}", exact=True)).to_be_visible()
    tab_to(page, "st-key-unit canvas")
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
    open_page(page, runs, f"{address}/?layer=conv2&unit=7-3-2")
    page.locator(".st-key-unit canvas").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(180)
    expect(page.get_by_text("conv2, map 7, row 3, column 8")).to_be_visible()
    assert page.evaluate("zfnetExplorer.unitMap.chosen") == [3, 8]
    page.locator(".st-key-atlas canvas").focus()
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
    open_page(page, runs, f"{address}/?layer=conv5&unit=7-3-2")
    page.locator(".st-key-atlas canvas").focus()
    with runs.rerun():
        page.keyboard.press("Enter")
    place = page.evaluate("zfnetExplorer.unitMap.chosen")
    values = np.reshape(page.evaluate("Array.from(zfnetExplorer.unitMap.values)"), (13, 13))
    assert place == list(np.unravel_index(values.argmax(), values.shape))


def test_a_late_click_on_a_layer_of_another_network_is_nothing(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/?layer=conv5&unit=7-3-2")
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
    link = f"{address}/?photo=coffee&layer={layer}&unit={unit.map}-{unit.row}-{unit.column}"
    top, left, bottom, right = network.layer(layer).receptive_field.box(unit.row, unit.column, 224)
    pictures = [as_picture(project(coffee, layer, [unit], rule).pixels[0]) for rule in RULES]
    assert not any(np.array_equal(pictures[i], pictures[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    open_page(page, runs, f"{link}&zoom=0")
    for place, picture in enumerate(pictures):
        assert np.array_equal(pixels_of(page, f".st-key-projections figure:nth-child({place + 2}) img"), picture)
    open_page(page, runs, link)
    photo = shown(sample_photos.load("coffee"), network.preprocessing)
    for place, picture in enumerate([photo, *pictures]):
        seen = pixels_of(page, f".st-key-projections figure:nth-child({place + 2}) img")
        times = len(seen) // (bottom - top)
        assert len(seen) == times * (bottom - top) >= 224
        assert np.array_equal(seen[::times, ::times], picture[top:bottom, left:right])


def test_the_field_is_bright_and_the_rest_is_dim(
    address: str, page: Page, runs: Runs, network: Network, coffee: Trace
) -> None:
    open_page(page, runs, f"{address}/?photo=coffee&layer=conv3&unit=112-4-2")
    top, left, bottom, right = network.layer("conv3").receptive_field.box(4, 2, 224)
    photo = shown(sample_photos.load("coffee"), network.preprocessing).repeat(2, axis=0).repeat(2, axis=1).astype(float)
    page.wait_for_function("zfnetExplorer.projections.image.complete")
    seen = pixels_of(page, ".st-key-projections canvas").astype(float)
    inside = np.zeros((448, 448), bool)
    inside[2 * top + 6 : 2 * bottom - 6, 2 * left + 6 : 2 * right - 6] = True
    outside = np.ones((448, 448), bool)
    outside[2 * top - 6 : 2 * bottom + 6, max(0, 2 * left - 6) : 2 * right + 6] = False
    assert np.abs(seen[inside] - photo[inside]).mean() < 6  # the photo itself may travel lossy
    assert np.abs(seen[outside] - 0.2 * photo[outside]).mean() < 3


def test_hovering_tells_the_numbers_of_a_map(address: str, page: Page, runs: Runs, coffee: Trace) -> None:
    open_page(page, runs, f"{address}/?photo=coffee&layer=conv2")
    box = page.locator(".st-key-atlas canvas").bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.6 * box["height"])
    number = page.evaluate("zfnetExplorer.atlas.hover")
    maps = coffee.activation("conv2")[0]
    words = f"Under the pointer: map {number} · maximum {maps[number].max():.2f} · mean {maps[number].mean():.2f}"
    expect(page.locator(".st-key-atlas output")).to_have_text(words)
    page.mouse.move(5, 5)
    expect(page.locator(".st-key-atlas output")).to_have_text(re.compile("^Chosen: map"))


def test_colours_run_to_the_maximum_of_the_map_or_of_the_layer(
    address: str, page: Page, runs: Runs, coffee: Trace
) -> None:
    maxima = coffee.activation("conv2")[0].amax((1, 2))
    weak = int(maxima.argsort()[len(maxima) // 4])
    for scale in ("map", "layer"):
        open_page(page, runs, f"{address}/?photo=coffee&layer=conv2&scale={scale}")
        sheet = page.evaluate_handle("zfnetExplorer.atlas.sheet")
        number, columns = weak, page.evaluate("zfnetExplorer.atlas.columns")
        rgb = np.array(
            sheet.evaluate(
                "(sheet, [x, y]) => Array.from(sheet.getContext('2d').getImageData(x, y, 26, 26).data)",
                [26 * (number % columns), 26 * (number // columns)],
            )
        ).reshape(26, 26, 4)[..., :3]
        brightest = tuple(rgb.reshape(-1, 3)[rgb.sum(axis=-1).argmax()].tolist())
        assert (brightest == VIRIDIS[1]) == (scale == "map")
    expect(page.locator(".st-key-atlas .high")).to_have_text(f"{maxima.max():.2f}")


def test_a_layer_of_1024_maps(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, f"{address}/?network=googlenet&layer=inception5b")
    expect(page.get_by_text("1024 feature maps")).to_be_visible()
    page.wait_for_function("zfnetExplorer.atlas.header.maps === 1024")
    with runs.rerun():
        click_canvas(page, "atlas", 0.98, 0.5)
    number = page.evaluate("zfnetExplorer.atlas.chosen")
    expect(page.get_by_text(f"Map {number}", exact=True)).to_be_visible()
    assert number > 0


def test_own_weights_open_and_their_link_finds_them_again(
    address: str, page: Page, runs: Runs, network: Network
) -> None:
    state = {name: value.contiguous() for name, value in network.module.state_dict().items()}
    file = {
        "name": "mine.safetensors",
        "mimeType": "application/octet-stream",
        "buffer": safetensors.torch.save(state),
    }
    open_page(page, runs, f"{address}/?photo=coffee&layer=conv4&unit=5-6-6")
    activation = page.get_by_text(re.compile("conv4, map 5, row 6, column 6 · activation"))
    before = activation.inner_text()
    page.get_by_role("button", name="Your own weights").click()
    with runs.rerun():
        page.locator(".st-key-own-weights input[type=file]").set_input_files(file)
    expect(page.get_by_text("Your own weights from “mine.safetensors”")).to_be_visible()
    expect(activation).to_have_text(before)
    link = page.url
    assert "network=own-" in link
    page.goto(link)
    expect(page.get_by_text("This link was made with somebody’s own weights")).to_be_visible()
    page.get_by_role("button", name="Your own weights").click()
    with runs.rerun():
        page.locator(".st-key-own-weights input[type=file]").set_input_files(file)
    expect(page.get_by_text("This link was made with somebody’s own weights")).to_have_count(0)
    expect(activation).to_have_text(before)
    assert page.url == link


def test_the_model_card_opens_in_one_click(address: str, page: Page, runs: Runs, network: Network) -> None:
    open_page(page, runs, address)
    page.get_by_role("button", name="Model card").click()
    val = network.card["accuracy"]["val"]
    words = f"{100 * val['top1']:.1f} % top-1, {100 * val['top5']:.1f} % top-5"
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_text("among the 10 classes of Imagenette")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame")).to_have_count(2)  # photos from outside its data, and every class


def test_a_photo_can_be_dropped(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    dropped = page.evaluate_handle(
        """(bytes) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], 'dropped.png', { type: 'image/png' }));
            return transfer;
        }""",
        list(a_photo()),
    )
    zone = page.locator(".st-key-upload [data-testid=stFileUploaderDropzone]")
    with runs.rerun():
        for event in ("dragenter", "dragover", "drop"):
            zone.dispatch_event(event, {"dataTransfer": dropped})
    expect(page.get_by_text("dropped.png").first).to_be_visible()
    page.wait_for_url(re.compile("photo=yours"))


def test_upload_and_a_link_to_it(address: str, page: Page, runs: Runs, network: Network) -> None:
    open_page(page, runs, address)
    with runs.rerun():
        page.locator("input[type=file]").set_input_files(
            {"name": "red.png", "mimeType": "image/png", "buffer": a_photo()}
        )
    expect(page.get_by_text("red.png").first).to_be_visible()
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


def test_moving_the_crop_changes_what_the_network_sees(address: str, page: Page, runs: Runs, network: Network) -> None:
    open_page(page, runs, f"{address}/?photo=rocket")
    page.locator(".st-key-crop .frame").focus()
    with runs.rerun():
        page.keyboard.press("ArrowLeft")
    assert "crop=0.4-0.5" in page.url
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
    photo = shown(sample_photos.load("coffee"), network.preprocessing)
    projections = [project(coffee, "conv3", [unit], rule).pixels[0] for rule in RULES]
    open_page(page, runs, f"{address}/?photo=coffee&layer=conv3&unit=112-4-2&scale=layer&sort=strength")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-testid=stDownloadButton] button")).to_have_count(12)
    for name, values in zip(("Deconvnet", "Gradient", "Guided backprop"), projections, strict=True):
        assert np.array_equal(picture(saved(page, f"{name} (PNG)")), as_picture(values))
    assert np.array_equal(picture(saved(page, "Patch (PNG)")), photo[top:bottom, left:right])
    field = picture(saved(page, "Receptive field (PNG)"))
    assert np.array_equal(
        field[top + 1 : bottom - 1, left + 1 : right - 1], photo[top + 1 : bottom - 1, left + 1 : right - 1]
    )
    assert np.array_equal(field[:top], (photo[:top] * 0.2).astype(np.uint8))
    whole = picture(saved(page, "Photo and crop (PNG)"))
    assert whole.shape == sample_photos.load("coffee").pixels.shape
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
    open_page(page, runs, f"{address}/?photo=coffee&layer=fc8")
    page.get_by_role("button", name="Save").click()
    head, *rows = table(saved(page, "All units (CSV)"))
    assert head == ["unit", "label", "activation"] and [row[1] for row in rows] == list(network.labels)
    assert np.allclose([float(row[2]) for row in rows], coffee.activation("fc8")[0], rtol=1e-4)


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

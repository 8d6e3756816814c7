"""What is saved: colours against their sources, pages that open as PNG, PDF and SVG, and every alphabet."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.font_manager import get_font
from PIL import Image
from skimage.color import rgb2lab

from zfnet_core.drawing import palette
from zfnet_core.drawing.fonts import BUNDLED, LAST_RESORT, USUAL, families, shortened
from zfnet_core.drawing.page import KINDS, LINE_PX, WhitePage
from zfnet_core.drawing.sheets import FINER, GAP_PX, LABEL_PX, lettered_table, titled_blocks

ROOT = Path(__file__).parents[2]
NAMES = ("小猫の写真.jpg", "Кошка", "Γάτα", "قطة", "חתול", "Größe", "$5_a$ – cat", "−3 × √2")


def words_of(svg: bytes) -> list[str]:
    """Every text of an SVG, as text."""
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_viridis_is_matplotlibs() -> None:
    assert np.array_equal(palette.viridis(), np.round(255 * np.array(matplotlib.colormaps["viridis"].colors)))


def test_series_stay_apart_for_colour_blind_eyes() -> None:
    # Machado, Oliveira & Fernandes 2009, severity 1.0, in linear light.
    deuteranopia = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    protanopia = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    for matrix in (deuteranopia, protanopia):
        linear = (np.array([palette.rgb(colour) for colour in palette.SERIES]) / 255) ** 2.2
        seen = rgb2lab(((linear @ np.array(matrix).T).clip(0, 1) ** (1 / 2.2))[None])[0]
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
        assert apart[np.triu_indices(len(seen), 1)].min() > 10


def test_each_letter_is_in_the_font_that_is_named_for_it() -> None:
    assert families("Größe Кошка قطة √ −") == [USUAL]
    assert families("小猫の写真") == [USUAL, "Droid Sans Fallback"]
    assert set(map(ord, "小猫の写真")) <= set(get_font(BUNDLED).get_charmap())
    nowhere = "\U00013000"  # a hieroglyph
    assert families(f"a{nowhere}") in ([USUAL, LAST_RESORT],) or LAST_RESORT not in families(nowhere)


def test_what_is_too_long_ends_with_an_ellipsis() -> None:
    assert shortened("short", 100, 15) == "short"
    cut = shortened("a very long name of a photo", 100, 15)
    assert cut.endswith("…") and "a very long name of a photo".startswith(cut[:-1]) and 5 < len(cut) < 16
    assert len(shortened("猫" * 20, 100, 15)) == 6  # square letters: five and a bit, and the ellipsis


@pytest.fixture(scope="module")
def page() -> WhitePage:
    page = WhitePage(400, 300)
    for line, name in enumerate(NAMES):
        page.text(10, 10 + 21 * line, name)
    page.picture(300, 10, 80, np.full((4, 4, 3), (10, 200, 30), np.uint8), smooth=False)
    page.box(300, 100, 380, 140, "#0072b2")
    page.panel(60, 200, 200, 60, title="猫の曲線", xlabel="Größe (px)").plot([0, 1, 2], [3, -1, 2])
    return page


def test_words_stay_words_in_svg(page: WhitePage) -> None:
    words = words_of(page.file("svg"))
    assert set(NAMES) | {"猫の曲線", "Größe (px)"} <= set(words)
    assert not any("?" in text for text in words)


def test_words_can_be_copied_from_the_pdf(page: WhitePage) -> None:
    pdf = page.file("pdf")
    assert pdf.startswith(b"%PDF") and b"/ToUnicode" in pdf and b"DroidSansFallback" in pdf
    assert re.search(rb"/MediaBox \[ ?0 0 288 216 ?\]", pdf)  # 400 × 300 px at 100 to the inch, in points


def test_pixels_lie_where_they_were_asked_for(page: WhitePage) -> None:
    pixels = np.asarray(Image.open(io.BytesIO(page.file("png"))).convert("RGB"))
    assert pixels.shape == (600, 800, 3) and page.pixels().shape == (300, 400, 3)
    assert (pixels[22:178, 602:758] == (10, 200, 30)).all() and pixels[590, 790].tolist() == [255] * 3
    assert (pixels[202:278, 602:758] == palette.rgb("#0072b2")).all()
    dark = pixels[:400, :580].min(axis=2) < 128
    rows = [dark[20 + 42 * line : 20 + 42 * (line + 1)].any() for line in range(len(NAMES))]
    assert all(rows)  # each name has left ink


def test_no_letter_is_drawn_as_a_box(page: WhitePage, recwarn: pytest.WarningsRecorder) -> None:
    page.file("png")
    assert not [one for one in recwarn if "missing from font" in str(one.message)]


def test_many_savers_at_once_get_the_same_bytes(page: WhitePage) -> None:
    with ThreadPoolExecutor(4) as pool:
        files = list(pool.map(page.file, KINDS * 3))
    assert all(files[place] == files[place % len(KINDS)] for place in range(len(files)))


def test_a_sheet_keeps_the_pixels_of_tiny_pictures_and_every_name() -> None:
    tiny = np.random.default_rng(0).integers(0, 256, (2, 3, 5, 5, 3), np.uint8)
    table = lettered_table(tiny, ["猫", "7"], ["Größe", "кошка", "c"], side=50)
    assert {"猫", "Größe", "кошка"} <= set(words_of(table.file("svg")))
    drawn = np.asarray(Image.open(io.BytesIO(table.file("png"))).convert("RGB"))
    step, pixel = FINER * (50 + GAP_PX), FINER * 10
    for row, column in np.ndindex(2, 3):
        top, left = FINER * LINE_PX + row * step, FINER * LABEL_PX + column * step
        middles = drawn[top + pixel // 2 : top + 5 * pixel : pixel, left + pixel // 2 : left + 5 * pixel : pixel]
        assert np.array_equal(middles, tiny[row, column])
    nine = np.full((9, 40, 40, 3), np.arange(9)[:, None, None, None] * 20, np.uint8)
    blocks = titled_blocks([("left", [nine]), ("$right$", [nine, nine])], columns=2, side=40)
    assert {"left", "$right$"} <= set(words_of(blocks.file("svg")))
    drawn = np.asarray(Image.open(io.BytesIO(blocks.file("png"))).convert("L"))
    middle = FINER * (GAP_PX + 20), FINER * (LINE_PX + 20)
    step = FINER * (40 + GAP_PX)
    block = drawn[middle[1] :: step, middle[0] :: step][:3, :3]
    assert block.ravel().tolist() == nine[:, 0, 0, 0].tolist()


def test_style_sheets_take_their_colours_from_the_palette() -> None:
    """Black and white, as shadows and double outlines, are seen on everything; every other colour has its name."""
    colour = re.compile(r"#[0-9a-fA-F]{3,8}\b|rgba?\(\s*\d[^)]*\)")
    plain = re.compile(r"#(000|fff){1,2}[0-9a-f]{0,2}|rgba?\(\s*(0[, ]+0[, ]+0|255[, ]+255[, ]+255)\b.*", re.IGNORECASE)
    own = [
        f"{file.relative_to(ROOT)}:{number}: {found}"
        for ending in ("css", "js", "html")
        for file in sorted((ROOT / "ui").rglob(f"*.{ending}"))
        for number, line in enumerate(file.read_text().splitlines(), 1)
        for found in colour.findall(line)
        if not plain.fullmatch(found)
    ]
    assert own == []
    assert [
        found for found in colour.findall("a #1f2 rgba(1, 2, 3, .5) #000 rgb(0 0 0 / .5)") if not plain.fullmatch(found)
    ] == [
        "#1f2",
        "rgba(1, 2, 3, .5)",
    ]


def test_style_sheets_name_nothing_that_nobody_sets() -> None:
    """A variable is the theme's, the palette's, or set in the sheet itself or by the component's script."""
    for sheet in sorted((ROOT / "ui").rglob("*.css")):
        component = any(sheet.parent.glob("*.html"))
        known = set(palette.css_variables()) | {"viridis"} if component else set()
        known |= {f"zf-{name}" for name in palette.page_variables()}
        nearby = "".join(file.read_text() for ending in ("css", "js") for file in sheet.parent.glob(f"*.{ending}"))
        set_here = set(re.findall(r"--([\w-]+)['\"]?[:,]", nearby))
        used = {name for name in re.findall(r"var\(--([\w-]+)\)", sheet.read_text()) if not name.startswith("st-")}
        assert used <= known | set_here, sheet


def test_words_of_the_page_can_be_read_on_their_ground() -> None:
    """Contrast after WCAG 2.2; the grounds are those of the two themes."""
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    for place, name in enumerate(("light", "dark")):
        ground = theme[name]["backgroundColor"], theme[name]["secondaryBackgroundColor"]
        for ink in (palette.THEMED["accent"][place], palette.THEMED["quiet"][place]):
            assert min(contrast(ink, one) for one in ground) >= 4.5, (name, ink)
        assert contrast(palette.THEMED["on-accent"][place], palette.THEMED["accent"][place]) >= 4.5
        assert theme[name].get("primaryColor", theme["primaryColor"]) == palette.THEMED["accent"][place]
    assert contrast("#ffffff", palette.INK) >= 4.5 and contrast("#000000", "#ffffff") == 21


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' relative luminances (WCAG 2.2, with its linear light of sRGB)."""
    light = []
    for colour in (one, other):
        value = np.array(palette.rgb(colour)) / 255
        linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
        light.append(float(linear @ (0.2126, 0.7152, 0.0722)) + 0.05)
    return max(light) / min(light)


def test_matplotlib_waits_until_something_is_saved() -> None:
    code = "import sys, zfnet_core.drawing.page, zfnet_core.drawing.map_pictures; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0

"""What the save menu offers first: everything as ZIP, and the page as one PDF with caption and link."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from ui.shell.saving import SOURCE, figure_files, sheet_of, zipped
from zfnet_core.drawing.page import WhitePage


def figure() -> WhitePage:
    page = WhitePage(300, 200)
    page.picture(10, 10, 100, np.zeros((4, 4, 3), np.uint8))
    return page


def test_the_page_holds_title_caption_and_link_as_words() -> None:
    files = [("Numbers (CSV)", "x.csv", lambda: b"1,2"), *figure_files("The figure", "x", figure)]
    content = sheet_of(files, "Look $inside$", "Chelsea · ZFNet", "http://127.0.0.1/look-inside?layer=conv2")
    assert content.startswith(b"%PDF")
    # Words stay words: the fonts that write them are in the file.
    assert b"/Type0" in content or b"/TrueType" in content or b"/Type42" in content
    assert content == sheet_of(files, "Look $inside$", "Chelsea · ZFNet", "http://127.0.0.1/look-inside?layer=conv2")
    assert content != sheet_of(files, "Look $inside$", "Chelsea · ZFNet", "http://127.0.0.1/look-inside?layer=conv3")
    assert "Zeiler" in SOURCE


def test_everything_holds_every_file() -> None:
    files = [("a", "a.csv", lambda: b"1"), ("b", "a.csv", lambda: b"2")]
    with zipfile.ZipFile(io.BytesIO(zipped(files))) as archive:
        assert archive.namelist() == ["a.csv", "2-a.csv"] and archive.read("2-a.csv") == b"2"

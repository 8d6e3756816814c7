"""Drawing a digit, without a browser: what arrives is checked, read, and taken along to the other pages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.app.visit import chosen, visit
from ui.architectures.digit import Board, enlarged, sample_digit, sample_tiles
from ui.architectures.digit_board import CELLS, ink_of
from ui.shell.chosen import YOURS, Chosen, ChosenUnit
from zfnet_core.forward.trace import trace
from zfnet_core.models import zoo
from zfnet_core.photos import digits
from zfnet_core.photos.decoding import photo_of
from zfnet_core.photos.images import prepare

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "text", ["", "0" * (CELLS * CELLS - 1), "g" * CELLS * CELLS, "0" * CELLS * CELLS + "\n", "<b>"]
)
def test_what_is_no_board_is_nothing(text: str) -> None:
    assert ink_of(text) is None


def test_ink_is_read_row_by_row() -> None:
    ink = ink_of("0f" + "7" * (CELLS * CELLS - 2))
    assert ink is not None and ink.shape == (CELLS, CELLS)
    assert ink[0, :3].tolist() == pytest.approx([0, 1, 7 / 15])


def test_a_line_from_top_to_bottom_is_a_one() -> None:
    board = np.zeros((CELLS, CELLS), np.float32)
    board[8:48, 26:31] = 1
    network = zoo.load(zoo.DIGITS)
    photo = photo_of(digits.on_paper(digits.drawn(board)), "drawn")
    assert trace(network, prepare(photo, network.preprocessing)).probabilities[0].argmax() == 1


def test_ten_samples_are_held_out_and_read() -> None:
    network = zoo.load(zoo.DIGITS)
    read = [
        int(trace(network, prepare(sample_digit(str(digit)), network.preprocessing)).probabilities[0].argmax())
        for digit in range(10)
    ]
    assert sum(one == digit for digit, one in enumerate(read)) >= 9 and len(sample_tiles()) == 10
    assert enlarged(sample_digit("3").pixels).shape == (160, 160, 3)


@pytest.mark.parametrize("page", ["look-inside", "occlusion"])
def test_a_digit_is_taken_along(page: str) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.run()
    visit(app).memory(Board).photo = sample_digit("4")
    app.switch_page("pages/architectures_page.py").run()
    assert not app.exception and any("Of 360 digits" in caption.value for caption in app.caption)
    app.button(key=f"digit-{page}").click().run()
    assert not app.exception and not app.error
    assert chosen(app, Chosen).network == zoo.DIGITS and chosen(app, Chosen).photo == YOURS
    assert visit(app).own_photo is sample_digit("4") and visit(app).page == page
    assert chosen(app, ChosenUnit).layer == "C3"


@pytest.mark.parametrize("page", ["features", "invariance", "comparison", "correspondence", "look_inside", "occlusion"])
def test_every_page_opens_with_lenet(page: str) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    app.query_params["network"] = zoo.DIGITS
    app.run()
    app.switch_page(f"pages/{page}_page.py").run()
    assert not app.exception and not app.error

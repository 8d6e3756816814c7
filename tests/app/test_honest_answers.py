"""Honest answers: weak ones are called so, random weights carry a banner, what is known can be looked up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.app.visit import choose
from ui.exhibits import EXHIBITS
from ui.shell.bars import answer_in_words
from ui.shell.chosen import Chosen
from ui.shell.known_words import FIRST, FIVE, OTHERS, PHOTOS, WORD, word_rows
from zfnet_core.language import speak
from zfnet_core.models import zoo
from zfnet_core.models.card import SURE_FROM, is_sure, sure_from
from zfnet_core.models.network import Network

APP = str(Path(__file__).parents[2] / "app.py")
BANNER = "mean nothing"


@pytest.fixture(scope="module")
def network() -> Network:
    return zoo.load(zoo.DEFAULT)


def shares(best: float) -> np.ndarray:
    """1000 probabilities of which class 285 has `best`."""
    values = np.full(1000, (1 - best) / 999)
    values[285] = best
    return values


def test_a_weak_answer_is_called_one(network: Network) -> None:
    bound = network.card["accuracy"]["sure_from"]
    assert sure_from(network) == bound and 0.2 < bound < 0.8
    assert answer_in_words(shares(bound + 0.001), network) == "**Egyptian cat**"
    assert answer_in_words(shares(bound - 0.001), network) == "Not sure; best guess: **Egyptian cat**"
    assert is_sure(network, bound) and not is_sure(network, float("nan"))
    assert "not numbers" in answer_in_words(np.full(1000, np.nan), network)
    random = zoo.load("zfnet-random")
    assert sure_from(random) == SURE_FROM and BANNER in answer_in_words(shares(0.99), random)


def test_every_word_can_be_looked_up_with_what_was_measured(network: Network) -> None:
    rows = word_rows(network)
    assert len(rows) == 1000 and sum(row[PHOTOS] >= 20 for row in rows) == 10
    told = network.card["accuracy"]["per_class"]
    for row in rows[:10]:
        one = told[row[WORD]]
        extra = row[PHOTOS] - one["photos"]
        assert extra in (0, 1)  # an even class has one photo more
        assert row[FIRST] == pytest.approx(100 * one["top1"], abs=0.4) and row[FIVE] >= row[FIRST]
    assert [row[PHOTOS] for row in rows] == sorted((row[PHOTOS] for row in rows), reverse=True)
    assert all((row[FIRST] is None) == (row[PHOTOS] == 0) for row in rows)
    (paper,) = word_rows(network, "toilet paper")
    assert paper[WORD] == "toilet tissue" and "toilet paper" in paper[OTHERS]
    assert word_rows(network, "qwertz") == []


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda exhibit: exhibit.name)
def test_random_weights_carry_a_banner_on_every_page(exhibit) -> None:
    app = AppTest.from_file(APP, default_timeout=90)
    app.query_params["network"] = "zfnet-random"
    choose(app, Chosen, network="zfnet-random")
    app.switch_page(f"pages/{exhibit.name}_page.py").run()
    assert any(BANNER in warning.value for warning in app.warning)


def test_the_first_page_says_what_it_thinks(network: Network) -> None:
    app = AppTest.from_file(APP, default_timeout=90).run().switch_page("pages/look_inside_page.py").run()
    assert not app.exception and not any(BANNER in warning.value for warning in app.warning)
    assert any(text.value == "**Egyptian cat**" for text in app.markdown)
    even = network.card["accuracy"]["even"]
    assert any(f"right {100 * even['top1']:.0f} times in 100" in caption.value for caption in app.sidebar.caption)


def test_a_chinese_page_calls_the_cat_by_its_chinese_name() -> None:
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = "zh"
    speak("zh")  # the tester formats the widgets' options itself when it runs the app again
    try:
        app.run().switch_page("pages/look_inside_page.py").run()
    finally:
        speak("")
    shown = " ".join(part.proto.body for part in app.get("html"))
    assert "埃及猫" in shown and "Egyptian cat" not in shown and not app.exception and not app.error

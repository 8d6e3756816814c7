"""The front door without a browser: cards for everything in the registry, old links, hostile names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.visit import choose, chosen, visit
from ui.exhibits import EXHIBITS
from ui.shell.chosen import YOURS, Chosen, ChosenUnit
from ui.start.scene import card, sheet
from zfnet_core.photos import samples

APP = str(Path(__file__).parents[2] / "app.py")


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=120)
    app.query_params.update(query)
    return app.run()


def html(app: AppTest) -> str:
    return " ".join(one.proto.body for one in app.get("html"))


def test_there_is_a_card_for_every_exhibit_and_the_paper_is_cited() -> None:
    app = opened()
    assert not app.exception and not app.error
    links = [one.proto.page for one in app.get("page_link")]
    assert links == [exhibit.path for exhibit in EXHIBITS[1:]]
    told = html(app)
    for exhibit in EXHIBITS[1:]:
        assert exhibit.lead and exhibit.minutes > 0 and exhibit.lead in told
    assert "https://doi.org/10.1007/978-3-319-10590-1_53" in told
    assert "Its answer: Egyptian cat." in told and told.count("<figure>") == 3


def test_an_old_link_to_the_first_page_leads_to_look_inside() -> None:
    app = opened(layer="conv5", photo="coffee")
    assert not app.exception and not app.error
    assert visit(app).page == "look-inside" and chosen(app, ChosenUnit).layer == "conv5"
    assert chosen(app, Chosen).photo == "coffee"


def test_a_link_with_a_photo_alone_stays_on_the_first_page() -> None:
    app = opened(photo="coffee")
    assert visit(app).page == "start" and chosen(app, Chosen).photo == "coffee"


def test_names_of_photos_are_no_markup() -> None:
    app = AppTest.from_file(APP, default_timeout=120)
    visit(app).own_photo = replace(samples.load("coffee"), name="<img src=x onerror=alert(1)>", sha="0" * 64)
    choose(app, Chosen, photo=YOURS)
    app.run()
    assert not app.exception and "<img src=x" not in html(app)


def test_a_picture_that_fails_costs_the_card_its_picture_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("no")

    object.__setattr__(EXHIBITS[1], "picture", broken)
    try:
        app = opened()
    finally:
        object.__setattr__(EXHIBITS[1], "picture", None)
    assert not app.exception and not app.error and len(app.get("page_link")) == len(EXHIBITS) - 1


def test_a_cards_words_are_escaped() -> None:
    hostile = replace(EXHIBITS[1], lead="<b>bold</b>", figure="<i>Fig</i>", minutes=1)
    assert "<b>" not in card(hostile, "") and "<i>" not in card(hostile, "") and "1 minute<" in card(hostile, "")


def test_few_maps_leave_the_sheet_grey() -> None:
    import numpy as np

    picture = sheet([np.zeros((4, 4), np.uint8)])
    assert picture.shape[0] == picture.shape[1] and (picture[-1, -1] == 128).all()

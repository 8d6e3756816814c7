"""Each part of a page guards itself: one that fails is excused in its place, and the others are there."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui.shell import classroom, frame, model_card, network_choice, photo_panel
from zfnet_core.models import zoo

ROOT = Path(__file__).parents[2]
EXCUSE = "Something went wrong here"
PARTS = (
    (frame, "network_choice"),
    (network_choice, "known_words"),
    (network_choice, "model_card"),
    (network_choice, "_own_weights"),
    (frame, "language_choice"),
    (classroom, "class_line"),
    (photo_panel, "_photo"),
    (photo_panel, "top_classes"),
    (photo_panel, "_upload"),
    (frame, "limits"),
)


def opened() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    app.session_state["model card menu"] = True
    return app.switch_page("pages/look_inside_page.py").run()


def components(app: AppTest) -> int:
    return len(app.get("bidi_component"))


@pytest.fixture(scope="module")
def usual() -> AppTest:
    app = opened()
    assert not app.exception and not app.error
    return app


@pytest.mark.parametrize(("room", "name"), PARTS, ids=[name for _, name in PARTS])
def test_a_part_that_fails_takes_no_other_away(
    room: object, name: str, usual: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("photos")

    monkeypatch.setattr(room, name, broken)
    app = opened()
    assert not app.exception
    assert [error.value.startswith(EXCUSE) for error in app.error] == [True]
    lost = components(usual) - components(app)
    assert lost <= 2, "at most what the part itself shows"
    assert lost == 0 or room is photo_panel


@pytest.mark.parametrize("missing", ["photos", "top1", "top5"])
def test_a_card_without_one_of_its_figures_costs_the_card_only(
    missing: str, usual: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = zoo.bundled_card(zoo.DEFAULT)
    even = {name: value for name, value in card["accuracy"]["even"].items() if name != missing}
    less = {**card, "accuracy": {**card["accuracy"], "even": even}}
    shown = model_card.headlines
    monkeypatch.setattr(model_card, "headlines", lambda _: shown(less))
    app = opened()
    assert not app.exception and len(app.error) == 1 and app.error[0].value.startswith(EXCUSE)
    assert components(app) == components(usual)

"""The lessons that wait for deeds, through the whole app without a browser: done when it was done, and not before."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.visit import visit
from ui.lessons import panel, shelf
from ui.lessons.progress import Progress
from ui.shell import prediction
from ui.shell.chosen import Chosen
from ui.transfer import choices
from ui.transfer.album import Album

ROOT = Path(__file__).parents[2]


def opened(page: str, lesson: str, step: int) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update({"lesson": lesson, "step": str(step)})
    app.run()
    return app.switch_page(f"pages/{page}_page.py").run()


def is_done(app: AppTest, lesson: str, step: int) -> bool:
    assert not app.exception and not app.error
    shown = shelf.lesson(lesson).steps[step - 1].notice in " ".join(one.value for one in app.markdown)
    assert shown == ((lesson, step) in visit(app).memory(Progress).done)
    return shown


def guess(app: AppTest, lesson: str, step: int) -> AppTest:
    """Give the first answer; before that the page does not hear anything as done."""
    assert not is_done(app, lesson, step)
    return app.button(key=f"guess-{lesson}-{step}-0").click().run()


def on(app: AppTest) -> Any:
    """The button that leads to the next step."""
    return next(one for one in app.button if (one.key or "").startswith("lesson-next-"))


@pytest.mark.parametrize(
    ("step", "widget", "value"),
    [
        (3, "input", 227),
        (5, "channels", 512),
        (6, "squeezed", 128),
        (7, "block", "block2_1"),
    ],
)
def test_sliders_of_the_architectures(step: int, widget: str, value: object) -> None:
    lesson = "from-lenet-to-resnet"
    app = opened("architectures", lesson, step)
    if shelf.lesson(lesson).steps[step - 1].question:
        app = guess(app, lesson, step)
    assert not is_done(app, lesson, step)
    if step == 3:
        app.slider(key="choice-architectures_p1").set_value(0).run()
        assert not is_done(app, lesson, step)
    kind = "segmented_control" if widget == "input" else "select_slider"
    getattr(app, kind)(key=f"choice-architectures_{widget}").set_value(value).run()
    assert is_done(app, lesson, step)


def test_the_idea_is_shown_after_the_guess_and_not_before() -> None:
    app = opened("architectures", "from-lenet-to-resnet", 5)
    assert "18C²" not in " ".join(one.value for one in app.markdown)
    app = guess(app, "from-lenet-to-resnet", 5)
    assert "18C²" in " ".join(one.value for one in app.markdown)


def test_from_a_set_to_a_network_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson, acts = "your-own-classes", []
    monkeypatch.setattr(choices, "board", lambda scene, key, on_act: acts.append((scene, on_act)))
    app = guess(opened("transfer", lesson, 1), lesson, 1)
    assert not is_done(app, lesson, 1)
    app.button(key="set-objects").click().run()
    assert is_done(app, lesson, 1)
    end = time.monotonic() + 90
    while not any("of 40 photos right" in one.value for one in app.markdown) and time.monotonic() < end:
        app.run()
    assert any("**39 of 40 photos right**" in one.value for one in app.markdown)
    for step in (2, 3):
        app = guess(on(app).click().run(), lesson, step)
        assert not is_done(app, lesson, step)
        key, value = (("view", "few"), ("layer", "conv1"))[step - 2]
        app.segmented_control(key=f"choice-transfer_{key}").set_value(value).run()
        assert is_done(app, lesson, step)
    on(app).click().run()
    tiles = [tile for one in acts[-1][0]["classes"] for tile in one["tiles"]]
    right, wrong = ([tile["id"] for tile in tiles if tile["wrong"] is which] for which in (False, True))
    assert (len(right), len(wrong)) == (32, 8)
    visit_before = visit(app)
    assert visit_before.memory(Album).chosen == "" and not is_done(app, lesson, 4)
    on(app).click().run()
    app.button(key="make-network").click().run()
    assert is_done(app, lesson, 5)
    assert visit(app).chosen[Chosen].network.startswith("own-") and prediction.Predictions in visit(app).memories


def test_a_step_that_the_page_itself_sees_done_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson, drawn = "from-lenet-to-resnet", []
    app = opened("architectures", lesson, 6)
    assert not is_done(app, lesson, 6)
    draw = panel.panel
    monkeypatch.setattr(panel, "panel", lambda lesson: (drawn.append(lesson.name), draw(lesson)))
    app.select_slider(key="choice-architectures_squeezed").set_value(128).run()
    assert is_done(app, lesson, 6) and drawn == [lesson]

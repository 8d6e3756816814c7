"""Links to lessons and classes that are not there: one clear sentence each, and the page all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui.lessons.shelf import lesson
from ui.shell import classroom
from zfnet_core.serving.classes import Classes

ROOT = Path(__file__).parents[2]


@pytest.fixture
def classes(monkeypatch: pytest.MonkeyPatch) -> Classes:
    """A server's classes for one test; its visitors' browsers have answered."""
    own = Classes()
    monkeypatch.setattr(classroom, "classes", lambda: own)
    monkeypatch.setattr(classroom, "has_answered", lambda: True)
    return own


def opened(page: str = "lessons", **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update(query)
    app.run()
    return app.switch_page(f"pages/{page}_page.py").run()


def sentences(app: AppTest) -> list[str]:
    """What is said on top of the page itself."""
    assert not app.exception
    return [one.value for kind in (app.warning, app.error, app.info, app.toast) for one in kind]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"lesson": "no-such-lesson"}, "There is no lesson “no-such-lesson”; the page “Lessons” lists them."),
        ({"lesson": "../../etc"}, "The value for lesson could not be used"),
        ({"lesson": "first-steps", "step": "soon"}, "The value for step could not be used"),
        ({"lang": "xx"}, "The value for lang could not be used"),
        ({"class": "abc"}, "The value for class could not be used"),
        ({"hide": "<b>"}, "The value for hide could not be used"),
        ({"class": "QQQQQ"}, "There is no class QQQQQ here; it has ended, or the code is mistyped."),
    ],
)
def test_a_broken_link_says_what_is_wrong(classes: Classes, query: dict[str, str], says: str) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update(query)
    app.run()
    assert [sentence for sentence in sentences(app) if says in sentence], sentences(app)
    assert len(sentences(app)) == 1


def test_a_step_that_the_lesson_has_not_is_its_last(classes: Classes) -> None:
    app = opened("look_inside", lesson="first-steps", step="99")
    assert not app.exception and sentences(app) == []
    many = len(lesson("first-steps").steps)
    assert f"First steps · step {many} of {many}" in [one.value for one in app.caption]


def test_a_class_that_ends_while_pupils_are_in_it_and_a_code_that_nobody_gave(classes: Classes) -> None:
    code = classes.begin("teacher")
    app = opened("classroom", **{"class": code})
    assert f"You are in class **{code}**. Your teacher’s page shows the way." in [one.value for one in app.markdown]
    assert classes.attendance(code).present == 1
    classes.end(code, "teacher")
    said = sentences(app.run())
    assert said == [f"There is no class {code} here; it has ended, or the code is mistyped."]
    assert "I learn" in [one.value for one in app.subheader]  # the page goes on
    app = app.button(key="class-read").click().run()
    assert sentences(app) == [] and "I learn" in [one.value for one in app.subheader]
    app.text_input(key="class code").set_value("qq-qqq").run()
    assert sentences(app) == ["There is no class “qq-qqq” here; a code is five letters or digits."]

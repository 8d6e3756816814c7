"""Switching maps off through the whole app, without a browser."""

from __future__ import annotations

import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.app.visit import choose
from ui.switched_off.fields import Fields

ROOT = Path(__file__).parents[2]


def test_a_link_to_a_class_shows_what_is_known_of_it() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params["switched_off_view"] = "class"
    app.query_params["switched_off_class"] = "497"
    app.run()
    app = app.switch_page("pages/switched_off_page.py").run()
    assert not app.exception and not app.error
    captions = [one.value for one in app.caption]
    assert any("Photos of it that were asked: 331; right: 86." in one and "1,000 words" in one for one in captions)
    for _ in range(100):
        if any("photos of “church” are not at hand" in one.value for one in app.caption):
            break
        time.sleep(0.2)
        app.run()
    assert any("photos of “church” are not at hand" in one.value for one in app.caption)
    choose(app, Fields, class_index=1)
    app.run()
    assert any("is not known" in one.value for one in app.caption) and not app.exception


def test_the_answer_follows_the_maps_and_a_link() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params["switched_off_layer"] = "fc7"
    app.run()
    app = app.switch_page("pages/switched_off_page.py").run()
    assert any("Nothing is changed" in one.value for one in app.markdown)
    choose(app, Fields, off=tuple(range(60)))
    app.run()
    assert not app.exception and not app.error
    assert any("before," in one.value and "The answer is" in one.value for one in app.markdown)
    for _ in range(100):
        if len(app.get("download_button")) > 1:
            break
        time.sleep(0.2)
        app.run()
    assert not app.exception and not app.error
    choose(app, Fields, layer="conv5", off=(3, 700))
    app.run()
    assert any("changes of others were left out" in one.value for one in app.info)

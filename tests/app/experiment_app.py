"""An experiment's page in a simulated browser: opened by a link, looked at again until its work is done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


def visited(page: str, **query: str) -> AppTest:
    """The page after its first run."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.run()
    app.query_params.update(query)
    app.switch_page(f"pages/{page}.py").run()
    return app


def opened(page: str, **query: str) -> AppTest:
    """The page after its first run, without exceptions or errors."""
    app = visited(page, **query)
    assert not app.exception and not app.error
    return app


def until(app: AppTest, ready: Callable[[AppTest], object], seconds: float = 90, may_fail: bool = False) -> AppTest:
    """Look again, as the page's own timer would, until the long work is done."""
    end = time.monotonic() + seconds
    while not ready(app):
        assert time.monotonic() < end, "the page never finished"
        assert not app.exception and (may_fail or not app.error)
        time.sleep(0.1)
        app.run()
    return app


def scenes(app: AppTest, name: str) -> list[dict[str, Any]]:
    """What components were given, of those whose data has this name."""
    found = [json.loads(item.proto.json) for item in app.get("bidi_component") if item.proto.json]
    return [scene for scene in found if name in scene]


def said(app: AppTest, words: str) -> bool:
    """Whether the page says this in running text or in a caption."""
    return any(words in text.value for text in (*app.markdown, *app.caption))


def press(app: AppTest, label: str) -> AppTest:
    """Press the button of that label."""
    next(button for button in app.button if button.label == label).click().run()
    return app

"""A visit of a simulated browser: what has been chosen in it, and choosing something else behind the widgets' back."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from streamlit.testing.v1 import AppTest

from ui.shell.session import KEY, Session

Fields = TypeVar("Fields")


def visit(app: AppTest) -> Session:
    """The visit's memory, also before the first run."""
    if KEY not in app.session_state:
        app.session_state[KEY] = Session()
    return app.session_state[KEY]


def chosen(app: AppTest, kind: type[Fields]) -> Fields:
    """The fields of a kind as they are chosen."""
    return visit(app).chosen.get(kind) or kind()


def choose(app: AppTest, kind: type, **choices: object) -> None:
    """Have fields chosen as in an earlier run."""
    visit(app).chosen[kind] = replace(chosen(app, kind), **choices)

"""Going to another page from anywhere: a lesson's next step, or where the teacher has gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ui.shell import state
from ui.shell.session import session


@dataclass(eq=False)
class _Going:
    """The address of the page to be shown by the next run of app.py, or ""."""

    to: str = ""


def go(page: str, settings: Mapping[str, str], keep: tuple[type, ...] | None = None) -> None:
    """Have the next run show `page` with `settings` (by their names in the address); refused ones say so.

    `keep` are the classes of fields that stay as they are where `settings` do not name them; None keeps all.
    """
    session().memory(_Going).to = page
    state.adopt(settings, keep)


def is_going() -> bool:
    """Whether the page that is shown is not the one to be shown."""
    return session().memory(_Going).to not in ("", session().page)


def arrive() -> str:
    """The page to go to, once; "" for none."""
    memory = session().memory(_Going)
    to, memory.to = memory.to, ""
    return to

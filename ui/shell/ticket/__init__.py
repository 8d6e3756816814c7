"""A number that a browser's tab keeps through reloads, so that one browser has one vote in a class."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from ui.kit import register
from ui.shell.session import reported, session

_mount = register(Path(__file__).parent)
KEY = "ticket"


@dataclass(eq=False)
class _Offered:
    """What this visit offers its browser, for the case that it has no number yet."""

    number: str = field(default_factory=lambda: secrets.token_hex(16))


def ask_for_ticket() -> None:
    """Put the invisible component on the page."""
    _mount(key=KEY, data={"offered": session().memory(_Offered).number}, on_ticket_change=lambda: None)


def has_answered() -> bool:
    """Whether the browser has said its number in this visit; until then nobody knows whether it was here before."""
    return reported(KEY, "ticket") is not None


def ticket() -> str:
    """The browser's number; this visit's own one until the browser has answered."""
    found = reported(KEY, "ticket")
    if isinstance(found, str) and re.fullmatch(r"[0-9a-f]{32}", found):
        return found
    return session().memory(_Offered).number

"""What the components in the browser reported, checked: anything may arrive from there."""

from __future__ import annotations

from typing import Any

from ui.shell.session import reported

LARGEST_NUMBER = 2**53  # the largest to which a browser counts exactly


def received(key: str, name: str, /, **kinds: type) -> dict[str, Any] | None:
    """The named parts of what the component `key` reported last as `name`; None unless each is of its kind.

    `float` stands for any number but infinity and gives a float; `int` is a whole number, never True or False. What the
    values may be is for the caller to check.

    `received("wall", "picked", map=int)` is {"map": 7} after {"map": 7, "number": 1}.
    """
    message = reported(key, name)
    if not isinstance(message, dict):
        return None
    found = {part: _as(kind, message.get(part)) for part, kind in kinds.items()}
    return None if any(value is None for value in found.values()) else found


def newest(key: str, name: str) -> int:
    """The number of the newest choice (`choices` in kit.js) that has come as `name` from the component `key`, or 0."""
    message = reported(key, name)
    number = message.get("number") if isinstance(message, dict) else None
    return number if type(number) is int and 0 < number < LARGEST_NUMBER else 0


def _as(kind: type, value: Any) -> Any:
    if kind is float:
        return float(value) if type(value) in (int, float) and abs(value) < LARGEST_NUMBER else None
    return value if type(value) is kind else None

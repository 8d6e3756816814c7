"""When a step counts as done: conditions on what the page's address says, and on deeds that stand in none.

    page=occlusion             the learner is on that page
    layer=conv1,conv2          the layer is one of these
    unit changes               it is another one than when the step began
    digit_drawn happens        that was done since the step began (ui/shell/deeds.py)
    read                       reading is enough

joined with “and”.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from zfnet_core.language import phrase
from zfnet_core.photos.decoding import printable

IS = re.compile(r"([a-z][a-z0-9_]*)=(\S+)")
CHANGES = re.compile(r"([a-z][a-z0-9_]*) changes")
HAPPENS = re.compile(r"([a-z][a-z0-9_]*) happens")
PAGE = "page"


@dataclass(frozen=True)
class Condition:
    """`name` is what a setting is called in the address, “page”, or a deed; `values` are those it is to have."""

    kind: Literal["is", "changes", "happens", "read"]
    name: str = ""
    values: tuple[str, ...] = ()


def read_conditions(text: str) -> tuple[Condition, ...]:
    """The conditions in `text`. Raises ValueError with a sentence, a `Phrase`."""
    return tuple(_condition(part.strip()) for part in text.split(" and "))


def hold(conditions: Sequence[Condition], before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether all of them hold: `before` and `now` are every setting by its name in the address, the
    page, and how often each deed was done."""
    return all(_holds(condition, before, now) for condition in conditions)


def _condition(text: str) -> Condition:
    if text == "read":
        return Condition("read")
    if found := IS.fullmatch(text):
        return Condition("is", found[1], tuple(value.replace("+", " ") for value in found[2].split(",")))
    if found := CHANGES.fullmatch(text):
        return Condition("changes", found[1])
    if found := HAPPENS.fullmatch(text):
        return Condition("happens", found[1])
    raise ValueError(
        phrase(
            "“{text}” is no condition like “layer=conv2”, “unit changes”, “digit_drawn happens” or “read”.",
            text=printable(text[:60]),
        )
    )


def _holds(condition: Condition, before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    if condition.kind == "read":
        return True
    value = now.get(condition.name, "")
    if condition.kind == "is":
        return value in condition.values
    return value != before.get(condition.name, "")

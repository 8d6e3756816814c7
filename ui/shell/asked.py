"""A question that can be wrong, asked before a page shows the answer: a record, made by a pure function."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LETTERS = "ABCDEFGHIJKL"


@dataclass(frozen=True, eq=False)
class Asked:
    """`key` names the question among all, the same for everybody who asks the same; `words` and `choices` are what is
    read. `right` are the indices of the right choices, several where they are equal; None while it is not known yet.

    `rule` says in a sentence what counts as right, `figures` what each choice has by that rule, () for nothing.
    `pictures` uint8 [H, W, 3] show the choices, one each; `shown`, with its words `shown_words`, what is asked about.
    """

    key: str
    words: str
    choices: tuple[str, ...]
    right: frozenset[int] | None
    rule: str
    figures: tuple[str, ...] = ()
    pictures: tuple[np.ndarray, ...] = ()
    shown: np.ndarray | None = None
    shown_words: str = ""


def key_of(exhibit: str, *about: object) -> str:
    """A question's key: the exhibit and a digest of whatever the question depends on, the same on every server."""
    return f"{exhibit}-{hashlib.sha256(repr(about).encode()).hexdigest()[:12]}"


def largest(values: Sequence[float]) -> frozenset[int]:
    """Where the largest value is: several places where they are equal. Nothing is nowhere the largest."""
    top = max(values)
    return frozenset(place for place, value in enumerate(values) if value == top)


def band(value: float, edges: Sequence[float]) -> frozenset[int]:
    """Between which of the ascending `edges` a value lies: 0 below the first; an edge belongs to what is above it."""
    return frozenset({sum(value >= edge for edge in edges)})


def letters(count: int) -> tuple[str, ...]:
    """What choices are called that are pictures: A, B, C …"""
    return tuple(LETTERS[:count])

"""What the bundled networks’ cards say of them in one sentence: English there, the reader’s language on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zfnet_core.language import later, phrase

FOR_LESSONS = later(
    "Taught by this project for lessons: {family}’s layers 1–5 as in the paper, 1024 units in layers 6 and 7, "
    "ImageNet’s 1000 classes, learned from a public teacher’s answers on {photos:,} photos; far weaker than the "
    "paper’s network."
)
FOR_DIGITS = later(
    "Taught by this project to read handwritten digits, on {photos:,} digits of {name}; any other photo is a digit to "
    "it, too."
)


def summary_parts(message: str, **values: object) -> dict[str, Any]:
    """The two parts of a card that hold its sentence: in English, and the values in it."""
    return {"summary": str(phrase(message, **values)), "summary_values": values}


def summary_of(card: Mapping[str, Any]) -> str:
    """The card's sentence, as a phrase where it is one of ours; "" where the card has none."""
    text, values = card.get("summary", ""), card.get("summary_values")
    if isinstance(values, dict):
        for message in (FOR_LESSONS, FOR_DIGITS):
            try:
                known = phrase(message, **values)
            except (KeyError, ValueError, TypeError):  # the values of another sentence
                continue
            if known == text:
                return known
    return str(text)

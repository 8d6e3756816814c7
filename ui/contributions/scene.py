"""What the page shows of one number, as data for the browser: its terms, windows and kernels, and where they lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ui.contributions.drawings import connections, drawn, passage
from ui.contributions.names import place_label, signed, term_label
from ui.contributions.pictures import above, below_picture, colour, photo, reader
from ui.contributions.question import Question
from zfnet_core.exhibits.contributions import Explained, Number, Part, Place, Term, down, value_at
from zfnet_core.language import t, tn
from zfnet_core.models.steps import INPUT
from zfnet_core.models.wiring import Wiring


def scene(question: Question, level: Explained, wired: Wiring | None) -> dict[str, Any]:
    """Everything of one level of the walk."""
    number = level.number
    data: dict[str, Any] = {
        "crumbs": crumbs(question),
        "passages": [passage(question, one) for one in level.passages],
        "photo": photo(question, level.end),
        "title": place_label(question.network, level.end),
        "words": words(),
        "number": None,
        "drawn": None,
        "reader": None,
        "pixel": None,
        "wiring": None if wired is None else connections(question.network, wired, level.end.map),
    }
    if number is None:
        data["pixel"] = pixel(question, level.end)
        return data
    data["number"] = sum_of(question, number)
    data["drawn"] = drawn(question, number)
    data["above"] = above(question, number, level)
    data["reader"] = reader(question, number.place)
    return data


def words() -> dict[str, str]:
    """What the browser writes itself."""
    return {
        "window": t("Window"),
        "kernel": t("Kernel"),
        "product": t("Product"),
        "go": t("Go there"),
        "outside": t("outside the map: 0"),
        "row": t("row"),
        "column": t("column"),
        "path": t("The way down"),
        "term": t("Term"),
        "value": t("Value"),
        "share": t("Share"),
        "shareOf": t("Of the sizes of all terms and of the bias, which are 100 % together."),
        "added": t("Added up"),
        "below": t("Map below"),
        "own": t("This map"),
        "reader": t("Map above"),
        "map": t("map"),
        "step": t("Arrow keys move the kernel; with Shift by five."),
        "hover": t("Point at a cell: its window lights up below, its readers light up above."),
        "cells": t("Click a cell of the window to go to the number under it; arrow keys move, Enter goes there."),
        "wiring": t("The ten strongest connections to the maps below"),
        "kernels": t("The whole kernel of this map"),
    }


def decimals(number: Number) -> int:
    """So many digits behind the point that the rounded terms add up to the value's first three digits.

    Every product of a window may be half a unit of the last digit wrong; they are added like dice.
    """
    count = sum(part.products.size for part in number.parts if part.kernel <= 11 and len(part.maps) <= 3) or 1
    scale = max(abs(number.sum), 1e-3)
    needed = -math.log10(5e-4 * scale / math.sqrt(count)) - 0.3
    return min(6, max(4, math.ceil(needed)))


def split(number: Number, shown: int) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """The terms that stand by themselves, the largest first, and the others; one alone is no rest."""
    ranked = number.ranked()
    return (ranked[:shown], ranked[shown:]) if len(ranked) > shown + 1 else (ranked, ())


def sum_of(question: Question, number: Number) -> dict[str, Any]:
    """The terms, ranked, each with its window and kernel; the rest together; bias, sum and value."""
    ranked = number.ranked()
    listed, rest = split(number, question.shown)
    pictures = {}
    for term in listed:
        part = number.parts[term.part]
        if (part.reads, term.map) not in pictures and part.size > 1:
            pictures[part.reads, term.map] = below_picture(question, part, term)
    several = len(number.parts) > 1
    return {
        "digits": decimals(number),
        "rows": [row(question, number, term, several, pictures) for term in listed],
        "rest": None
        if not rest
        else {
            "label": tn("the other map", "the other {n} maps together", len(rest)),
            "value": sum(term.value for term in rest),
            "share": sum(term.share for term in rest),
        },
        "bias": {"label": t("bias"), "value": number.bias, "share": abs(number.bias) / (number.size or 1)},
        "sum": {"label": t("sum"), "value": number.sum},
        "value": {"label": result_label(number), "value": number.value},
        "largest": max((abs(term.value) for term in ranked), default=0.0),
        "colour": colour(question, number),
        "alt": spoken_sum(question, number, ranked),
    }


def result_label(number: Number) -> str:
    """What is done with the sum, in words."""
    if number.function == "relu":
        return t("ReLU: the larger of 0 and the sum")
    return number.function or t("value (no ReLU here)")


def spoken_sum(question: Question, number: Number, ranked: Sequence[Term]) -> str:
    """The sum in words, from its numbers."""
    positive = sum(term.value for term in ranked if term.value > 0)
    negative = sum(term.value for term in ranked if term.value < 0)
    return t(
        "{n} terms: those above zero add up to {positive}, those below to {negative}, the bias is {bias}; the sum is "
        "{sum} and the value {value}.",
        n=len(ranked),
        positive=signed(positive),
        negative=signed(negative),
        bias=signed(number.bias),
        sum=signed(number.sum),
        value=signed(number.value),
    )


def row(
    question: Question, number: Number, term: Term, several: bool, pictures: dict[tuple[str, int], str]
) -> dict[str, Any]:
    """One term: its name, value and share, what it is made of, and where its window lies in the map below."""
    part = number.parts[term.part]
    windowed = part.kernel <= 13
    rows, columns = part.windows.shape[1:]
    cell = part.strongest_cell(term.index) if rows == columns else (0, 0)
    inside = [
        [int(part.place(term.index, down_by, right_by) is not None) for right_by in range(columns)]
        for down_by in range(rows)
    ]
    return {
        "part": term.part,
        "index": term.index,
        "map": term.map,
        "label": term_label(question.network, part, term.map, several),
        "value": term.value,
        "share": term.share,
        "window": part.windows[term.index].tolist() if windowed else None,
        "kernel": part.kernels[term.index].tolist() if windowed else None,
        "inside": inside,
        "cell": cell,
        "go": part.place(term.index, *cell) is not None,
        "below": {
            "picture": pictures.get((part.reads, term.map), ""),
            "size": part.size,
            "corner": part.corner,
            "kernel": part.kernel,
            "stride": part.stride,
            "padding": part.padding,
            "kind": part.kind,
            "alt": t("{what} with the window that is read.", what=term_label(question.network, part, term.map, True)),
        },
    }


def crumbs(question: Question) -> list[dict[str, Any]]:
    """The way that was walked, each level with its value."""
    found = []
    for place in question.trail:
        _, end = down(question.trace, place)
        found.append({"label": place_label(question.network, end), "value": value_at(question.trace, end)})
    return found


def pixel(question: Question, place: Place) -> dict[str, Any]:
    """Where every walk ends."""
    own, value = int(question.photo[place.row, place.column, place.map]), value_at(question.trace, place)
    rules = question.network.preprocessing
    return {
        "text": t(
            "The walk has come to a pixel. Its {colour} is {own} of 255. The network reads {value}: {own} / 255, minus "
            "the mean {mean}, divided by {std}.",
            colour=term_label(question.network, _OF_PHOTO, place.map, False),
            own=own,
            value=signed(value),
            mean=f"{rules.mean[place.map]:.3f}",
            std=f"{rules.std[place.map]:.3f}",
        )
    }


_EMPTY = np.zeros((0, 1, 1), np.float32)
_OF_PHOTO = Part("conv", INPUT, INPUT, np.arange(3), _EMPTY, _EMPTY, (0, 0), 1, 1, 0)

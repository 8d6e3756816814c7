"""What the page draws, of the question and what was found: pure functions of their arguments."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np

from ui.switched_off.question import Question
from zfnet_core.exhibits.switched_off import DOUBLE, OFF, Answer, ClassMaps, Confused, Ranking
from zfnet_core.language import t, tn

SHOWN = 24
MOST_NAMES = 5
STATES = {OFF: "off", DOUBLE: "doubled"}


def points(share: float) -> str:
    """A change of a probability in percentage points, with its sign: −3.2, +0.04."""
    value = 100 * share
    digits = 1 if abs(value) >= 1 else 3
    return f"{value:+.{digits}f}".replace("-", "−")


def score(change: float) -> str:
    """A change of a score, with its sign: −1.24, +0.003."""
    return f"{change:+.{2 if abs(change) >= 0.1 else 3}f}".replace("-", "−")


def scene(question: Question, ranking: Ranking | ClassMaps, picture: Callable[[int], bytes | None]) -> dict[str, Any]:
    """The maps that the class needs most, then those that are changed. `picture` is a map's nine patches, as WebP."""
    falls = ranking.fall if isinstance(ranking, Ranking) else ranking.score_fall
    best = [int(number) for number in ranking.order[:SHOWN] if np.isfinite(falls[number])]
    changed = [number for number in question.settings.factors if number not in best]
    cards = []
    for number in (*best, *changed):
        state = STATES.get(question.settings.factors.get(number, 1.0), "")
        fall = float(falls[number])
        if not np.isfinite(fall):
            note = "…"
        elif isinstance(ranking, Ranking):
            note = t("{points} points", points=points(-fall))
        else:
            note = score(-fall)
        words = {"off": t("switched off"), "doubled": t("doubled"), "": t("as it is")}[state]
        found = picture(number)
        cards.append(
            {
                "map": number,
                "title": t("Map {n}", n=number),
                "note": note,
                "state": state,
                "word": words,
                "alt": t(
                    "Map {n}, {state}; without it “{label}”: {note}",
                    n=number,
                    state=words,
                    label=question.label,
                    note=note,
                ),
                "image": "data:image/webp;base64," + base64.b64encode(found).decode() if found else "",
            }
        )
    return {"maps": cards, "label": t("Maps of {layer}", layer=question.settings.layer)}


def verdict(question: Question, answer: Answer) -> str:
    """What the changes did, in a sentence."""
    labels = question.network.names
    before, after = int(answer.before.argmax()), int(answer.after.argmax())
    index = question.class_index
    values = {
        "label": labels[index],
        "before": f"{100 * answer.before[index]:.1f}",
        "after": f"{100 * answer.after[index]:.1f}",
    }
    if not question.settings.factors:
        return t("Nothing is changed: {label} {before} %. Press a map to switch it off, again to double it.", **values)
    text = t("{label}: {before} % before, {after} % now.", **values)
    if before != after:
        return text + " " + t("The answer is now **{label}**.", label=labels[after])
    return text + " " + t("The answer is still {label}.", label=labels[after])


def ranking_words(question: Question, ranking: Ranking) -> str:
    """How much rests on single maps, in a sentence."""
    known = np.isfinite(ranking.fall)
    others = int((known & (ranking.answers >= 0) & (ranking.answers != question.class_index)).sum())
    if int(question.trace.probabilities[0].argmax()) != question.class_index:
        return t("“{label}” is not the answer to this photo, so single maps say little.", label=question.label)
    if not others:
        return t("Whichever single map is switched off, the answer stays the same: it rests on many.")
    return tn(
        "There is {n} map without which, switched off alone, the answer is another one.",
        "There are {n} maps without each of which, switched off alone, the answer is another one.",
        others,
    )


def compared(answer: Answer, count: int = 5) -> list[int]:
    """The classes to show before and now: the most probable ones of both."""
    return [int(index) for index in np.argsort(-np.maximum(answer.before, answer.after), kind="stable")[:count]]


def cycled(factor: float) -> float:
    """What a press makes of a map: as it is → off → doubled → as it is."""
    return {1.0: OFF, OFF: DOUBLE}.get(factor, 1.0)


def class_words(question: Question, found: ClassMaps) -> str:
    """On which photos the maps of a class were ranked."""
    if question.class_photos:
        return tn(
            "By its score on {n} photo of “{label}”.",
            "By its score on {n} photos of “{label}”, on average.",
            found.photos,
            label=question.label,
        )
    return t("By its score on the photo that is shown here: photos of “{label}” are not at hand.", label=question.label)


def confusion_bars(question: Question, found: Confused) -> tuple[list[str], list[float]]:
    """What photos of the class were taken for, itself first: names, and shares of these photos."""
    labels = question.network.labels
    counted = [(question.class_index, found.right), *found.taken_for[:MOST_NAMES]]
    return [labels[index] for index, _ in counted], [count / found.photos for _, count in counted]


def confusion_words(question: Question, found: Confused | None) -> str:
    """What the class is confused with, and how that was found out; or that it is not known."""
    if found is None or not (found.photos or found.taken_from):
        return t("What it is confused with is not known: no photos of it were asked.")
    labels = question.network.labels
    parts = [t("Photos of it that were asked: {n}; right: {right}.", n=found.photos, right=found.right)]
    if found.taken_from:
        names = ", ".join(f"“{labels[index]}” {count}" for index, count in found.taken_from[:MOST_NAMES])
        parts.append(t("Photos of other things that were taken for it: {names}.", names=names))
    elif found.photos == found.right:
        parts.append(t("It is confused with nothing."))
    if question.own:
        parts.append(t("Each was asked of a classifier that had not seen it."))
    else:
        parts.append(
            t(
                "Asked were Imagenette’s validation photos and one photo each of 500 classes, with all {n:,} words to "
                "choose from.",
                n=len(labels),
            )
        )
    return " ".join(parts)

"""The result in words and numbers, for the page to draw."""

from __future__ import annotations

from zfnet_core.exhibits.dimming import Result

from ui.dimming.question import Question


def scene(question: Question, result: Result) -> dict[str, list[float]]:
    """The curve: brightness and probability."""
    return {"brightness": result.brightness.tolist(), "probability": result.probability.tolist()}


def sentence(question: Question, result: Result) -> str:
    """What it says."""
    label = question.network.labels[result.class_index]
    first, last = 100 * result.probability[0], 100 * result.probability[-1]
    return f"{label}: {first:.0f} % as it is, {last:.0f} % at {100 * result.brightness[-1]:.0f} %"

"""What the browser is given of the invariance page: the photos under the handle and the three columns of curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ui.invariance.question import Question
from ui.shell import photo_set
from zfnet_core.exhibits.invariance.curves import InvarianceCurves
from zfnet_core.exhibits.invariance.figure import COLOURS, SYMBOLS, amount_ticks, axis_title, panels, words
from zfnet_core.language import t


def scene(question: Question, curves: InvarianceCurves, styles: Sequence[int]) -> dict[str, Any]:
    """The data of the component `moved_photos`; `styles` are the numbers of the photos' colours and symbols."""
    view, transformation, amounts = question.view(curves, styles), question.transformation, question.settings.amounts
    preprocessing, labels = question.network.preprocessing, question.network.names

    def label(index: int) -> str | None:
        return labels[index] if index >= 0 else None

    photos = [
        {
            "image": photo_set.picture_url(photo, preprocessing),
            "title": photo.title,
            "colour": COLOURS[style],
            "symbol": SYMBOLS[style],
            "answers": [label(int(answer)) for answer in answers],
            "untouched": label(int(untouched)),
            "followed": label(followed),
        }
        for photo, style, answers, untouched, followed in zip(
            question.photos.values(), styles, curves.answers, curves.reference_answers, view.classes, strict=True
        )
    ]
    columns = [
        {
            "name": panel.name,
            "title": panel.title,
            "words": words(panel, curves, question.titles),
            "values": _finite(panel.values),
            "share": panel.share,
            "top": panel.top,
            "ticks": panel.ticks,
        }
        for panel in panels(curves, view)
    ]
    return {
        "photos": photos,
        "panels": columns,
        "kind": transformation.kind,
        "label": t(transformation.title),
        "axis": axis_title(transformation),
        "amounts": list(amounts),
        "ticks": amount_ticks(transformation, amounts),
        "texts": [transformation.text(amount) for amount in amounts],
        "at": question.step,
        "border": question.settings.border,
        "said": {"probability": t("probability of {label}"), "now": t("now: {label}")},
        "fill": f"rgb({', '.join(str(round(255 * value)) for value in preprocessing.mean)})",
    }


def _finite(values: np.ndarray) -> list[list[float | None]]:
    return [[round(float(value), 5) if math.isfinite(value) else None for value in row] for row in values]

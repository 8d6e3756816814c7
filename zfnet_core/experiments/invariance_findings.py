"""What invariance curves say, in sentences computed from their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zfnet_core.experiments.invariance import Definition, InvarianceCurves
from zfnet_core.experiments.transforms import TRANSFORMATIONS


@dataclass(frozen=True)
class Finding:
    """At `low_strength` the low layer has moved `share` of its largest distance; the high layer needs `high_strength`.

    Strengths are in the transformation's unit, counted from no change (a rotation by 350° is one of 10°; a scale of 1.2
    is 0.2). None where the distances are zero or not complete.
    """

    low_layer: str
    high_layer: str
    share: float
    low_strength: float
    high_strength: float
    stable_strength: float
    largest_strength: float
    unit: str


def strengths(curves: InvarianceCurves) -> np.ndarray:
    """How far each amount is from changing nothing, float [S]."""
    transformation = TRANSFORMATIONS[curves.settings.kind]
    strength = np.abs(np.asarray(curves.settings.amounts) - transformation.identity)
    if transformation.kind == "rotation":
        strength = strength % 360
        strength = np.minimum(strength, 360 - strength)
    return strength.round(6)


def by_strength(curves: InvarianceCurves, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of `values` [P, S] over photos and over amounts of equal strength: (strengths ascending, means)."""
    strength = strengths(curves)
    levels = np.unique(strength)
    return levels, np.array([np.nanmean(values[:, strength == level]) for level in levels])


def finding(
    curves: InvarianceCurves, low: str, high: str, classes: Sequence[int], definition: Definition = "relative"
) -> Finding | None:
    """Compare how soon two layers have gone half of their way.

    The first strength at which the low layer (mean over photos) has reached half of its largest distance, the share it
    has reached there, and the strength (between two steps: on the line between them) at which the high layer reaches
    the same share. `stable_strength`: up to here the chosen classes keep at least half of their probability; 0 where
    they have lost it at the first amount.
    """
    if curves.done < 1:
        return None
    levels, low_share = _share(curves, low, definition)
    _, high_share = _share(curves, high, definition)
    if not (np.isfinite(low_share).all() and np.isfinite(high_share).all()):
        return None
    step = int(np.argmax(low_share >= 0.5))
    share = float(low_share[step])
    _, probability = by_strength(curves, curves.probability(classes))
    before = curves.reference_probabilities[np.arange(len(classes)), list(classes)].mean()
    lost = np.flatnonzero(probability < before / 2)
    kept_up_to = levels[-1] if len(lost) == 0 else levels[lost[0] - 1] if lost[0] else 0.0
    return Finding(
        low,
        high,
        share,
        float(levels[step]),
        _crossing(levels, high_share, share),
        float(kept_up_to),
        float(levels[-1]),
        TRANSFORMATIONS[curves.settings.kind].unit,
    )


def _share(curves: InvarianceCurves, layer: str, definition: Definition) -> tuple[np.ndarray, np.ndarray]:
    levels, distance = by_strength(curves, curves.distance(layer, definition))
    with np.errstate(divide="ignore", invalid="ignore"):
        return levels, distance / distance.max()


def _crossing(levels: np.ndarray, share: np.ndarray, wanted: float) -> float:
    """Where a curve that starts at the first level first reaches `wanted`, by straight lines between its points."""
    step = int(np.argmax(share >= wanted))
    if step == 0:
        return float(levels[0])
    rise = share[step] - share[step - 1]
    return float(levels[step - 1] + (wanted - share[step - 1]) / rise * (levels[step] - levels[step - 1]))


def sentence(found: Finding) -> str:
    """The finding in words."""
    low, high = strength_text(found.low_strength, found.unit), strength_text(found.high_strength, found.unit)
    comparison = f"{found.high_layer} needs {high}"
    if found.high_strength <= found.low_strength:
        comparison = f"{found.high_layer} is no slower: it needs {high}"
    answer = f"keeps at least half of its probability up to {strength_text(found.stable_strength, found.unit)}"
    if found.stable_strength == found.largest_strength:
        answer = "keeps at least half of its probability all the way"
    if found.stable_strength == 0:
        answer = "loses half of its probability at the first step"
    beginning = f"{found.low_layer} has moved {found.share:.0%} of its way after {low}"
    return f"{beginning}, {comparison}; the chosen class {answer}."


def stability_sentence(curves: InvarianceCurves) -> str:
    """How often the answer changes between neighbouring amounts, in words."""
    changes, pairs = curves.answer_changes
    transformation = TRANSFORMATIONS[curves.settings.kind]
    amounts = np.asarray(curves.settings.amounts)
    size = float(np.diff(amounts).min()) if len(amounts) > 1 else 0.0
    step = f"{size:g} in scale" if transformation.kind == "scale" else strength_text(size, transformation.unit)
    times = "once" if changes == 1 else f"{changes} times"
    if changes == 0:
        return f"None of {pairs} steps of {step} changes the most probable class."
    return f"In {pairs} steps of {step} the most probable class changes {times} ({changes / pairs:.0%})."


def strength_text(value: float, unit: str) -> str:
    """How much of a change, in words: 25 px, 30°, ×1.25 (the strength of an enlargement is what it adds to 1)."""
    if unit == "×":
        return f"×{1 + value:.2f}"
    number = f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"
    return f"{number}{unit}" if unit == "°" else f"{number} {unit}"

"""What invariance curves say, in sentences computed from their numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from zfnet_core.exhibits.invariance.curves import Definition, InvarianceCurves
from zfnet_core.language import later, t, tn
from zfnet_core.photos.transforms import TRANSFORMATIONS, Kind

AFTER: dict[Kind, str] = {
    "down": later("After a shift of {amount} {layer} has changed by {share:.0f} % of the most it ever does"),
    "right": later("After a shift of {amount} {layer} has changed by {share:.0f} % of the most it ever does"),
    "scale": later("After enlarging by {amount} {layer} has changed by {share:.0f} % of the most it ever does"),
    "rotation": later("After a turn of {amount} {layer} has changed by {share:.0f} % of the most it ever does"),
}
Slower = Literal["low", "high", "neither", "one photo"]


@dataclass(frozen=True)
class Finding:
    """At `low_strength` the low layer has moved `share` of its largest distance; the high layer needs `high_strength`.

    Strengths are in the transformation's unit, counted from no change (a rotation by 350° is one of 10°; a scale of 1.2
    is 0.2). None where the distances are zero or not complete. `slower` is the layer that needs clearly more: for every
    photo by itself, and by more than twice the standard error over the photos; one photo has no spread to go by.
    """

    low_layer: str
    high_layer: str
    share: float
    low_strength: float
    high_strength: float
    stable_strength: float
    largest_strength: float
    kind: Kind
    slower: Slower


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
    levels, low_share = _share(curves, curves.distance(low, definition))
    _, high_share = _share(curves, curves.distance(high, definition))
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
        curves.settings.kind,
        _slower(curves, low, high, definition),
    )


def _slower(curves: InvarianceCurves, low: str, high: str, definition: Definition) -> Slower:
    """Which layer is later with half of its way, photo by photo; see `Finding`."""
    differences = []
    for photo in range(len(curves.moved)):
        halves = []
        for layer in (low, high):
            levels, share = _share(curves, curves.distance(layer, definition)[photo : photo + 1])
            if not np.isfinite(share).all():
                return "neither"
            halves.append(_crossing(levels, share, 0.5))
        differences.append(halves[1] - halves[0])
    if len(differences) < 2:
        return "one photo"
    mean, error = np.mean(differences), np.std(differences, ddof=1) / math.sqrt(len(differences))
    if abs(mean) <= 2 * error or min(differences) * max(differences) <= 0:
        return "neither"
    return "high" if mean > 0 else "low"


def _share(curves: InvarianceCurves, distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances [P, S] as (strengths, share of the largest mean distance)."""
    levels, distance = by_strength(curves, distances)
    with np.errstate(divide="ignore", invalid="ignore"):
        return levels, distance / distance.max()


def _crossing(levels: np.ndarray, share: np.ndarray, wanted: float) -> float:
    """Where a curve that starts at the first level first reaches `wanted`, by straight lines between its points."""
    step = int(np.argmax(share >= wanted))
    if step == 0:
        return float(levels[0])
    rise = share[step] - share[step - 1]
    return float(levels[step - 1] + (wanted - share[step - 1]) / rise * (levels[step] - levels[step - 1]))


def headline(found: Finding) -> str:
    """What the curves say, in words that need no explanation; a verdict on layers only beyond the photos' spread."""
    numbers = t(
        AFTER[found.kind],
        amount=amount(found.low_strength, found.kind),
        layer=found.low_layer,
        share=100 * found.share,
    )
    told = {
        "numbers": numbers,
        "low": found.low_layer,
        "high": found.high_layer,
        "amount": amount(found.high_strength, found.kind),
    }
    if found.slower == "high":
        layers = t("{low} notices first. {numbers}; {high} takes {amount} to get as far.", **told)
    elif found.slower == "low":
        layers = t("{high} notices first. {numbers}; {high} is there after {amount} already.", **told)
    elif found.slower == "neither":
        layers = t("The photos do not agree on which layer notices first. {numbers}, {high} after {amount}.", **told)
    else:
        layers = t("{numbers}; {high} takes {amount} to get as far. One photo is no rule: add more.", **told)
    if found.stable_strength == found.largest_strength:
        answer = t("On average the answer keeps at least half of its probability all the way.")
    elif found.stable_strength == 0:
        answer = t("On average the answer loses more than half of its probability at the first step.")
    else:
        answer = t(
            "On average the answer keeps at least half of its probability up to {amount}.",
            amount=amount(found.stable_strength, found.kind),
        )
    return f"{layers} {answer}"


def stability_sentence(curves: InvarianceCurves) -> str:
    """How often the answer changes between neighbouring amounts, in words."""
    changes, pairs = curves.answer_changes
    kind, amounts = curves.settings.kind, np.asarray(curves.settings.amounts)
    size = float(np.diff(amounts).min()) if len(amounts) > 1 else 0.0
    step = t("{size:g} in scale", size=size) if kind == "scale" else amount(size, kind)
    if changes == 0:
        return t(
            "Photo by photo, too: none of {pairs} steps of {step} changes the most probable word.",
            pairs=pairs,
            step=step,
        )
    return tn(
        "Photo by photo it is less calm: in {pairs} steps of {step} the most probable word changes once "
        "({share:.0f} %).",
        "Photo by photo it is less calm: in {pairs} steps of {step} the most probable word changes {n} times "
        "({share:.0f} %).",
        changes,
        pairs=pairs,
        step=step,
        share=100 * changes / pairs,
    )


def amount(strength: float, kind: Kind) -> str:
    """How much of a change, in words: 25 px, 30°, ×1.25 (the strength of an enlargement is what it adds to 1)."""
    if kind == "scale":
        return f"×{1 + strength:.2f}"
    number = f"{strength:.0f}" if abs(strength - round(strength)) < 0.05 else f"{strength:.1f}"
    return f"{number}°" if kind == "rotation" else f"{number} px"

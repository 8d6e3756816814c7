"""One row of Fig. 5 as three values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ui.invariance.question import Question
from zfnet_core.exhibits.invariance.bundled import LAYERS
from zfnet_core.exhibits.invariance.curves import InvarianceCurves, InvarianceSettings
from zfnet_core.exhibits.invariance.findings import Finding, amount
from zfnet_core.language import later, t
from zfnet_core.paper import values as paper_values

NONE = "–"
PRINTED_ROWS = {"down": "vertical shift, −60 to 60 px", "scale": "scale, 1 to 1.8", "rotation": "rotation, 0 to 350°"}
COLUMNS = ("layer 1", "layer 7")
IN_WORDS = later("in words: see below")
LARGEST = {
    "relative": later("largest relative distance, {layer}"),
    "raw": later("largest raw distance, {layer}"),
    "cosine": later("largest cosine distance, {layer}"),
}
Row = tuple[str, str, str, str]


def rows(question: Question, curves: InvarianceCurves, found: Finding, bundled: Mapping[str, Any]) -> list[Row]:
    """The largest distances, how soon they come, and how long the answer stays: (what, paper, ours, yours).

    Ours (`bundled`, see `our_results`) is shown only where it was computed for the same range, border, definition and
    layers. The steps of the amounts decide at which share of its way the low layer is looked at; where ours was looked
    at at another share, it says so.
    """
    kind = question.settings.kind
    same = question.distance == "relative" and question.settings == InvarianceSettings.of_figure_5(kind)
    ours = bundled.get("rows", {}).get(kind, {}) if same else {}
    at, theirs = f"{100 * found.share:.0f} %", f"{100 * ours['share']:.0f} %" if "share" in ours else ""
    other = theirs if theirs != at else ""

    def strength(values: Mapping[str, float], name: str) -> str:
        if name not in values:
            return NONE
        text = amount(values[name], kind)
        return (
            t("{amount} (for {share})", amount=text, share=other)
            if values is ours and other and name != "stable"
            else text
        )

    yours = {"low": found.low_strength, "high": found.high_strength, "stable": found.stable_strength}
    what = {
        "low": t("{layer} has moved {share} of its way after", layer=question.low, share=at),
        "high": t("{layer} has moved as far after", layer=question.high),
        "stable": t("the class keeps half its probability up to"),
    }
    same_layers = (question.low, question.high) == LAYERS
    paper = t(IN_WORDS) if kind in PRINTED_ROWS else NONE
    table = [_largest(layer, column, question, curves, ours) for layer, column in zip(LAYERS, COLUMNS, strict=True)]
    for name in what:
        shown = ours if same_layers or name == "stable" else {}
        table.append((what[name], paper, strength(shown, name), strength(yours, name)))
    return table


def note(how: str) -> str:
    """What the paper says of Fig. 5, and how ours was made."""
    claims = " ".join(f"{claim.claim.rstrip('.')} ({claim.where})." for claim in paper_values.claims("figure-5"))
    paper = paper_values.exhibit("figure-5").note
    return t("Paper: {paper} It says: {claims} Ours: {how}", paper=paper, claims=claims, how=how)


def _largest(layer: str, column: str, question: Question, curves: InvarianceCurves, ours: Mapping[str, float]) -> Row:
    """The row with a layer's largest distance."""
    printed = PRINTED_ROWS.get(question.settings.kind)
    value = paper_values.exhibit("figure-5").value(printed, column) if printed else None
    paper = t("{value} (its own scale)", value=value) if printed else NONE
    bundled = f"{ours[f'largest {layer}']:.3g}" if f"largest {layer}" in ours else NONE
    yours = f"{np.nanmax(curves.distance(layer, question.distance)):.3g}" if layer in curves.layers else NONE
    return t(LARGEST[question.distance], layer=layer), paper, bundled, yours

"""One row of Fig. 5 as three values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ui.invariance_work import Asked
from ui.three_values import three_values
from zfnet_core import our_results, paper_values
from zfnet_core.experiments.invariance import InvarianceCurves, InvarianceSettings
from zfnet_core.experiments.invariance_findings import Finding, strength_text
from zfnet_core.models.network import Network

NONE = "–"
PRINTED_ROWS = {"down": "vertical shift, −60 to 60 px", "scale": "scale, 1 to 1.8", "rotation": "rotation, 0 to 350°"}
IN_WORDS = "in words: see below"


def invariance_table(network: Network, asked: Asked, curves: InvarianceCurves, found: Finding) -> None:
    """Show the largest distances, how soon they come, and how long the answer stays.

    Ours is shown only where it was computed for the same range, border, definition and layers. The steps of the
    amounts decide at which share of its way the low layer is looked at; where ours was looked at at another share, it
    says so.
    """
    kind = asked.transformation
    same = asked.distance == "relative" and asked.settings == InvarianceSettings.of_figure_5(kind.kind)
    ours = our_results.figure_5(network, kind.kind) if same else {}
    other = f"{ours['share']:.0%}" if "share" in ours and f"{ours['share']:.0%}" != f"{found.share:.0%}" else ""
    rows = [
        _largest(layer, column, asked, curves, ours) for layer, column in (("conv1", "layer 1"), ("fc7", "layer 7"))
    ]

    def strength(values: Mapping[str, float], name: str) -> str:
        if name not in values:
            return NONE
        text = strength_text(values[name], kind.unit)
        return f"{text} (for {other})" if values is ours and other and name != "stable" else text

    yours = {"low": found.low_strength, "high": found.high_strength, "stable": found.stable_strength}
    what = {
        "low": f"{asked.low} has moved {found.share:.0%} of its way after",
        "high": f"{asked.high} has moved as far after",
        "stable": "the class keeps half its probability up to",
    }
    same_layers = (asked.low, asked.high) == our_results.LAYERS
    paper = IN_WORDS if kind.kind in PRINTED_ROWS else NONE
    for name in what:
        bundled = ours if same_layers or name == "stable" else {}
        rows.append((what[name], paper, strength(bundled, name), strength(yours, name)))
    claims = " ".join(f"{claim.claim.rstrip('.')} ({claim.where})." for claim in paper_values.claims("figure-5"))
    note = paper_values.exhibit("figure-5").note
    three_values(rows, f"Paper: {note} It says: {claims} Ours: {our_results.how(network, 'figure-5')}")


def _largest(
    layer: str, column: str, asked: Asked, curves: InvarianceCurves, ours: Mapping[str, float]
) -> tuple[str, str, str, str]:
    """The row with a layer's largest distance."""
    printed = PRINTED_ROWS.get(asked.settings.kind)
    paper = f"{paper_values.exhibit('figure-5').value(printed, column)} (its own scale)" if printed else NONE
    bundled = f"{ours[f'largest {layer}']:.3g}" if f"largest {layer}" in ours else NONE
    yours = f"{np.nanmax(curves.distance(layer, asked.distance)):.3g}" if layer in curves.layers else NONE
    return f"largest {asked.distance} distance, {layer}", paper, bundled, yours

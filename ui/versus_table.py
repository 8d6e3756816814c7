"""The comparison's claims as three values: the paper's, ours and the visitor's."""

from __future__ import annotations

from collections.abc import Sequence

from ui.three_values import three_values
from ui.versus_work import MeasuredPhoto, photos
from zfnet_core import our_results
from zfnet_core.experiments.comparison import MEASURES, Comparison
from zfnet_core.images import CENTRE
from zfnet_core.models.network import Network

NONE = "–"


def table(networks: Sequence[Network], comparison: Comparison) -> None:
    """Show every measure, and the further numbers, of which the paper claims nothing."""
    ours = [our_results.figure_6(network) for network in networks]

    def row(key: str, title: str, claim: str) -> tuple[str, str, str, str]:
        return title, claim, _both([found.get(key) for found in ours]), _both(comparison.values(key))

    rows = []
    for measure in MEASURES:
        rows.append(row(measure.key, measure.title, measure.claim if comparison.of_the_papers_networks else NONE))
        rows += [row(key, title, NONE) for key, title in measure.further]
    three_values(rows, table_note(networks, photos()))


def table_note(networks: Sequence[Network], chosen: Sequence[MeasuredPhoto]) -> str:
    """Which networks and which photos stand behind the table's numbers."""
    title = " | ".join(network.title for network in networks)
    names = ", ".join(one.name + ("" if one.crop == CENTRE else " (your crop)") for one in chosen)
    text = f"Values: {title}. Ours: {our_results.how(networks[0], 'figure-6')} Your run: on {names}."
    if any(our_results.figure_6(network) for network in networks):
        text += " The photos are not the same, so the two columns need not agree; the accuracies depend on neither."
    return text


def _both(values: Sequence[float | None]) -> str:
    known = [NONE if value is None else f"{value:.1%}" for value in values]
    return NONE if set(known) == {NONE} else "\u00a0|\u00a0".join(known)

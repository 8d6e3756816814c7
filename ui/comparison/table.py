"""The comparison's claims as three values: the paper's, ours and the visitor's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ui.comparison.question import Question
from ui.comparison.scene import shown
from zfnet_core.exhibits.comparison.comparison import MEASURES, Comparison
from zfnet_core.language import t
from zfnet_core.photos.images import CENTRE

NONE = "–"
Row = tuple[str, str, str, str]


def rows(comparison: Comparison, bundled: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Every measure, and the further numbers, of which the paper claims nothing: (what, paper, ours, yours).

    `bundled` are our results for both networks (see `our_results`), empty where there are none.
    """
    ours = [found.get("measures", {}) for found in bundled]

    def row(key: str, title: str, claim: str) -> Row:
        return title, claim, _both([found.get(key) for found in ours]), _both(comparison.values(key))

    table = []
    for measure in MEASURES:
        table.append(row(measure.key, t(measure.title), measure.claim if comparison.of_the_papers_networks else NONE))
        table += [row(key, t(title), NONE) for key, title in measure.further]
    return table


def note(question: Question, how: str, known: bool) -> str:
    """Which networks and which photos stand behind the table's numbers; `how` ours were made, if any are `known`."""
    title = " | ".join(network.title for network in question.networks)
    names = t(", ").join(
        one.title if one.crop == CENTRE else t("{photo} (your crop)", photo=one.title) for one in question.photos
    )
    text = t("Values: {networks}. Ours: {how} Your run: on {photos}.", networks=title, how=how, photos=names)
    if known:
        text += " " + t(
            "The photos are not the same, so the two columns need not agree; the accuracies depend on neither."
        )
    return text


def _both(values: Sequence[float | None]) -> str:
    known = [shown(value) for value in values]
    return NONE if set(known) == {NONE} else "\u00a0|\u00a0".join(known)

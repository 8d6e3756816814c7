"""What the page of results is about, resolved once per run."""

from __future__ import annotations

from dataclasses import dataclass

from ui.results.fields import Fields
from ui.results.own_results import OwnResults
from zfnet_core.exhibits import our_results
from zfnet_core.exhibits.results import Settings
from zfnet_core.language import t


@dataclass(frozen=True, eq=False)
class Question:
    """The table, with what the visitor has brought; `notes` are sentences on what to mind about it."""

    settings: Settings
    notes: tuple[str, ...]


def resolve(fields: Fields, own: OwnResults) -> Question:
    """The table that is chosen, and whether a file that was opened is of the weights that its names say."""
    notes = []
    for network in own.evaluation.networks if own.evaluation and fields.show == "table-2" else ():
        shipped = our_results.fingerprint(network.name)
        if shipped and shipped != network.fingerprint:
            notes.append(
                t(
                    "Your file was made with other weights of {title} than those that come with this program; its "
                    "numbers are of those.",
                    title=network.title,
                )
            )
    return Question(Settings(fields.show, own.evaluation, own.ablation), tuple(notes))

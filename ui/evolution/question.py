"""What the page is about: one layer of one training run's film, at an epoch."""

from __future__ import annotations

from dataclasses import dataclass

from ui.evolution.fields import Fields
from ui.shell import address
from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.evolution import Evolution
from zfnet_core.language import phrase, t
from zfnet_core.models.network import Network


@dataclass(frozen=True, eq=False)
class Question:
    """`run` names the film, `column` is the one to start at; `finished` is the network that came of it, where known.

    `notes` has a sentence for each value that was asked for and could not be used.
    """

    run: str
    film: Evolution
    layer: str
    column: int
    finished: Network | None = None
    notes: tuple[str, ...] = ()


def layer_names(film: Evolution) -> list[str]:
    """The layers a film has. Raises UnknownName if it has none."""
    if not film.layers:
        raise UnknownName(phrase("This film has no layers; make it again."))
    return [layer.layer for layer in film.layers]


def resolve(fields: Fields, run: str, film: Evolution, finished: Network | None = None) -> Question:
    """The question that `fields` ask of a film; the last column is meant where an epoch has none."""
    layers, notes, last = layer_names(film), [], len(film.epochs) - 1
    layer = fields.layer if fields.layer in layers else layers[0]
    if layer != fields.layer and fields.layer != address.default(Fields, "layer"):
        notes.append(t("This film has no layer “{asked}”; this is {layer}.", asked=fields.layer[:40], layer=layer))
    column = film.epochs.index(fields.epoch) if fields.epoch in film.epochs else last
    if fields.epoch >= 0 and fields.epoch not in film.epochs:
        kept = film.epochs[last]
        notes.append(t("Nothing was kept of epoch {asked}; this is epoch {epoch}.", asked=fields.epoch, epoch=kept))
    return Question(run, film, layer, column, finished, tuple(notes))

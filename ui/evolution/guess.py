"""Predict first: when did the last layer of a training come to rest?"""

from __future__ import annotations

from itertools import pairwise

from ui.evolution.question import layer_names
from ui.shell.asked import Asked, key_of
from zfnet_core.exhibits.evolution import Evolution
from zfnet_core.exhibits.evolution.summary import settled_epoch
from zfnet_core.language import t

STEPS, LEAST_EPOCHS = 4, 5


def asked(film: Evolution, complete: bool = True) -> Asked | None:
    """What to ask of a training; nothing of one that goes on, or of which little was kept."""
    epochs = film.epochs[1:]
    if not complete or len(epochs) < LEAST_EPOCHS:
        return None
    layer = layer_names(film)[-1]
    groups = spans(epochs)
    settled = settled_epoch(film, layer)
    right = len(groups) if settled is None else next(at for at, group in enumerate(groups) if settled in group)
    return Asked(
        key_of("evolution", film.name, film.epochs, layer),
        t("The training took {n} epochs. When had {layer}, the last layer shown, come to rest?", n=epochs[-1],
          layer=layer),
        (
            *(t("epoch {first} to {last}", first=group[0], last=group[-1]) for group in groups),
            t("not even at the end"),
        ),
        frozenset({right}),
        t("the epoch from which on its projections change by less than 0.1 per epoch (our choice)."),
        (t("{layer} not yet", layer=layer) if settled is None else t("{layer} from epoch {epoch}", layer=layer,
                                                                     epoch=settled),),
    )  # fmt: skip


def spans(epochs: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """The kept epochs in four neighbouring groups, as equal in number as can be."""
    cuts = [round(at * len(epochs) / STEPS) for at in range(STEPS + 1)]
    return tuple(epochs[first:last] for first, last in pairwise(cuts))

"""Predict first: on which layer's features are the classes told apart best?"""

from __future__ import annotations

from ui.shell.asked import Asked, key_of, largest
from ui.transfer.question import Question
from zfnet_core.exhibits.transfer import LayerTable
from zfnet_core.language import t


def asked(question: Question, result: LayerTable | None, complete: bool) -> Asked:
    """What to ask of these classes; the answer is known once every layer was tried."""
    layers, kind = question.table_layers, question.training.kind
    values = []
    if complete and result is not None:
        values = [found[0] for layer in layers if (found := result.value(layer, kind)) is not None]
    known = len(values) == len(layers)
    return Asked(
        key_of("transfer", question.network.fingerprint, question.collection.key, kind),
        t("On the features of which layer are your classes told apart best?"),
        layers,
        largest(values) if known else None,
        t("most right answers on photos not taught with, as the mean of five random choices."),
        tuple(f"{layer}: {value:.1f} %" for layer, value in zip(layers, values, strict=True)) if known else (),
    )

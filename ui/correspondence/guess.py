"""Predict first: hiding which part changes all pictures most alike?"""

from __future__ import annotations

from ui.correspondence.fields import ROWS
from ui.correspondence.question import Question
from ui.shell.asked import Asked, key_of, largest
from zfnet_core.exhibits.correspondence.measure import RANDOM, Correspondence, shown
from zfnet_core.language import t


def asked(question: Question, result: Correspondence | None, complete: bool) -> Asked | None:
    """What to ask of these photos and marks; nothing until the marks are placed."""
    if not question.ready:
        return None
    layer = question.settings.layers[0]
    known = result if complete else None
    values = [known.mean(part, layer) for part in ROWS] if known is not None else []
    names = tuple(t("random places") if part == RANDOM else t(part) for part in ROWS)
    photos = tuple(photo.key for photo in question.photos)
    return Asked(
        key_of("correspondence", question.network.fingerprint, photos, question.settings),
        t("Hiding what changes {layer} most alike in all these pictures?", layer=shown(layer)),
        names,
        largest([-value for value in values]) if values else None,
        t("the smallest Δ, the share of features whose change has another sign in another picture."),
        tuple(f"{name}: {value:.3f}" for name, value in zip(names, values, strict=True)) if values else (),
    )

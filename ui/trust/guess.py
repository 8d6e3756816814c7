"""Predict first: how much of a projection is left when the layer it starts from has lost what it had learnt."""

from __future__ import annotations

from ui.shell.asked import Asked, band, key_of
from ui.trust.question import Question
from zfnet_core.exhibits.trust import Trust
from zfnet_core.language import t

EDGES = (0.2, 0.5, 0.8)


def asked(question: Question, trust: Trust | None) -> Asked:
    """What to ask of this unit and rule; the answer is known once the first layer has lost its weights."""
    one, settings = question.settings, question.current.photo_key
    first = trust.survivors[0] if trust is not None and trust.survivors else None
    layer = question.place.layer.name
    return Asked(
        key_of("trust", question.network.fingerprint, settings, one.layer, one.unit, one.rule),
        t(
            "All weights of {layer} are drawn anew by lot. How much of the unit’s picture is still the same?",
            layer=layer,
        ),
        (t("next to nothing"), t("some of it"), t("most of it"), t("nearly all")),
        None if first is None else band(first.alike.cosine, EDGES),
        t("the cosine of the two pictures: below 0.2, to 0.5, to 0.8, and above (our choice)."),
        () if first is None else (t("it is {value} here", value=f"{first.alike.cosine:.2f}".replace("-", "−")),),
    )

"""Predict first: which of four maps the answer would miss most; without patches, on how many single maps it hangs."""

from __future__ import annotations

from random import Random

import numpy as np

from ui.shell.asked import Asked, band, key_of, largest, letters
from ui.shell.nine_patches import nine_patches
from ui.switched_off.question import Question
from ui.switched_off.scene import points
from zfnet_core.exhibits.switched_off import Ranking
from zfnet_core.language import t
from zfnet_core.top_activations.gallery import Gallery

OFFERED, AMONG = 4, 24
EDGES = (1, 4, 11)


def asked(question: Question, ranking: Ranking | None, complete: bool, gallery: Gallery | None) -> Asked:
    """What to ask of this photo, layer and class; the answer is known once its maps have been switched off."""
    layer = question.settings.layer
    key = key_of("switched-off", question.network.fingerprint, question.photo.key, layer, question.class_index)
    maps = offered(question, Random(key))
    pictures = [nine_patches(gallery, layer, number) for number in maps]
    shown = tuple(picture for picture in pictures if picture is not None)
    if len(shown) < OFFERED:
        return _how_many(question, ranking if complete else None, key)
    falls = [float("nan")] * OFFERED if ranking is None else [float(ranking.fall[number]) for number in maps]
    known = bool(np.isfinite(falls).all())
    return Asked(
        key,
        t("Each square shows what one map of {layer} likes best. Without which of them does “{label}” lose most?",
          layer=layer, label=question.label),
        letters(OFFERED),
        largest(falls) if known else None,
        t("the largest fall of the class’s probability when that map alone is switched off."),
        tuple(
            t("{letter} is map {map}: {points} points", letter=letter, map=number, points=points(-fall))
            for letter, number, fall in zip(letters(OFFERED), maps, falls, strict=True)
        )
        if known
        else (),
        shown,
    )  # fmt: skip


def offered(question: Question, random: Random) -> tuple[int, ...]:
    """Four maps by lot among the 24 that are most active on the photo: what they do for the class is not looked at."""
    activation = question.trace.activation(question.settings.layer)[0]
    strength = activation.abs().flatten(1).sum(1) if activation.dim() == 3 else activation.abs()
    best = strength.argsort(descending=True, stable=True)[:AMONG].tolist()
    return tuple(random.sample(best, min(OFFERED, len(best))))


def _how_many(question: Question, ranking: Ranking | None, key: str) -> Asked:
    needed = None
    if ranking is not None:
        own = int(question.trace.probabilities[0].argmax())
        needed = int(((ranking.answers >= 0) & (ranking.answers != own)).sum())
    maps = question.network.layer(question.settings.layer).maps
    return Asked(
        key,
        t("The {n} maps of {layer} are switched off one at a time. How many times is the answer another one?", n=maps,
          layer=question.settings.layer),
        (t("never"), t("1 to 3 times"), t("4 to 10 times"), t("more than 10 times")),
        None if needed is None else band(needed, EDGES),
        t("counted over all maps, each switched off alone."),
        () if needed is None else (t("{needed} of {n}", needed=needed, n=maps),),
    )  # fmt: skip

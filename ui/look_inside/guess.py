"""Predict first: which of four maps answers most strongly to the photo; without patches, how many answer at all."""

from __future__ import annotations

from random import Random

import numpy as np

from ui.look_inside.question import Question
from ui.shell.asked import Asked, band, key_of, largest, letters
from ui.shell.nine_patches import nine_patches
from zfnet_core.forward.map_summary import MapSummary
from zfnet_core.language import t
from zfnet_core.top_activations.gallery import Gallery

OFFERED = 4
EDGES = (0.25, 0.5, 0.75)


def asked(question: Question, summary: MapSummary, gallery: Gallery | None) -> Asked | None:
    """What to ask about this photo in this layer; nothing of the last layer, whose scores are no activations."""
    layer, network = question.layer, question.network
    if layer is network.layers[-1] or float(summary.maxima.max()) <= 0:
        return None
    key = key_of("look-inside", network.fingerprint, question.current.photo_key, layer.name)
    maps = offered(summary.maxima, Random(key))
    pictures = [nine_patches(gallery, layer.name, number) for number in maps]
    shown = tuple(picture for picture in pictures if picture is not None)
    if len(shown) < OFFERED:
        return _how_many(question, summary, key)
    values = [float(summary.maxima[number]) for number in maps]
    return Asked(
        key,
        t("Each square shows what one map of {layer} likes best. Which of these maps fires most for your photo?",
          layer=layer.name),
        letters(OFFERED),
        largest(values),
        t("the largest activation in the map."),
        tuple(
            t("{letter} is map {map}: {value}", letter=letter, map=number, value=f"{value:.2f}")
            for letter, number, value in zip(letters(OFFERED), maps, values, strict=True)
        ),
        shown,
    )  # fmt: skip


def offered(maxima: np.ndarray, random: Random) -> tuple[int, ...]:
    """Four maps by lot, in an order by lot: one from each quarter of the layer, ranked by their maxima [maps]."""
    order = np.argsort(-maxima, kind="stable").tolist()
    quarter = max(1, len(order) // OFFERED)
    found = [random.choice(order[at * quarter : (at + 1) * quarter]) for at in range(OFFERED) if order[at * quarter :]]
    random.shuffle(found)
    return tuple(found)


def _how_many(question: Question, summary: MapSummary, key: str) -> Asked:
    many = int((summary.maxima > 0).sum())
    share = many / question.layer.maps
    return Asked(
        key,
        t("How many of the {n} maps of {layer} answer to your photo at all?", n=question.layer.maps,
          layer=question.layer.name),
        quarters(),
        band(share, EDGES),
        t("a map answers if any activation in it is above zero."),
        (t("{many} of {n} do", many=many, n=question.layer.maps),),
    )  # fmt: skip


def quarters() -> tuple[str, ...]:
    """Shares in four steps, in words."""
    return (
        t("less than a quarter"),
        t("a quarter to a half"),
        t("a half to three quarters"),
        t("three quarters or more"),
    )

"""Predict first: which of four maps below adds most to a number, seen only by what the number reads of them."""

from __future__ import annotations

from random import Random

import numpy as np

from ui.contributions.names import signed, step_name, term_label
from ui.contributions.question import Question
from ui.shell.asked import Asked, key_of, largest
from ui.shell.nine_patches import enlarged
from zfnet_core.drawing.palette import viridis
from zfnet_core.exhibits.contributions import Number, Term
from zfnet_core.language import t
from zfnet_core.models.steps import INPUT

OFFERED, PICTURE_PX = 4, 140


def asked(question: Question, number: Number | None) -> Asked | None:
    """What to ask of the number where the walk begins; nothing further down, or where hardly anything is added."""
    if number is None or len(question.trail) > 1:
        return None
    key = key_of("contributions", question.network.fingerprint, question.current.photo_key, question.place)
    terms = offered(number, Random(key))
    if len(terms) < 2:
        return None
    parts = [number.parts[term.part] for term in terms]
    several = len(number.parts) > 1
    names = tuple(
        term_label(question.network, part, term.map, several) for part, term in zip(parts, terms, strict=True)
    )
    words = t("Which of these adds most to the number? You see what is read of each map below, not the weights.")
    if parts[0].reads == INPUT:
        words = t("Which colour of the photo adds most to the number?")
    elif parts[0].kernel == 1:
        of = t("{name}, which is {value}")
        read = (float(part.windows[term.index].max()) for part, term in zip(parts, terms, strict=True))
        names = tuple(of.format(name=name, value=f"{value:.2f}") for name, value in zip(names, read, strict=True))
        words = t("Which unit of {below} adds most to the number? You do not see the weights.",
                  below=step_name(question.network, parts[0].reads))  # fmt: skip
    return Asked(
        key,
        words,
        names,
        largest([term.value for term in terms]),
        t("window × kernel, added up; the largest sum counts."),
        tuple(f"{name}: {signed(term.value)}" for name, term in zip(names, terms, strict=True)),
        windows([part.windows[term.index] for part, term in zip(parts, terms, strict=True)])
        if parts[0].reads != INPUT and parts[0].kernel > 1
        else (),
    )


def offered(number: Number, random: Random) -> tuple[Term, ...]:
    """The term that adds most, and beside it those of three maps of which more is read than of any other: bright
    windows with other weights. In an order by lot."""
    ranked = [term for term in number.ranked() if term.value]
    if not ranked:
        return ()
    best = max(ranked, key=lambda term: term.value)

    def read(term: Term) -> float:
        return float(np.abs(number.parts[term.part].windows[term.index]).sum())

    others = sorted((term for term in ranked if term is not best), key=read, reverse=True)[: OFFERED - 1]
    found = [best, *others]
    random.shuffle(found)
    return tuple(found)


def windows(values: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    """What is read of each map, [k, k] each, dark to bright from zero to the largest of them all; uint8 [H, W, 3]."""
    top = max(float(window.max()) for window in values) or 1.0
    levels = [(window.clip(0) / top * 255).astype(np.uint8) for window in values]
    return tuple(enlarged(viridis()[level], PICTURE_PX) for level in levels)

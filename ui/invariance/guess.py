"""Predict first: which costs the answer most, a shift, an enlargement or a turn?"""

from __future__ import annotations

from ui.invariance.question import Question
from ui.shell import current, prediction
from ui.shell.asked import Asked, key_of, largest
from zfnet_core.exhibits.invariance.findings import amount
from zfnet_core.exhibits.invariance.three_changes import changes, falls
from zfnet_core.language import t
from zfnet_core.photos.transforms import PAPER_PX
from zfnet_core.serving.cache_budget import Cache

_falls: Cache[tuple[float, ...]] = Cache()


def now(question: Question) -> Asked:
    """The question; what it needs is computed once the guess is given."""
    photos, border = tuple(photo.key for photo in question.photos.values()), question.settings.border
    key = key_of("invariance", question.network.fingerprint, photos, border)
    side = question.network.preprocessing.input_px
    if not prediction.is_open(key):
        return asked(key, None, side)
    return asked(
        key,
        _falls.get_or_make(
            (question.network.uid, photos, border),
            lambda: current.scheduler().run(falls, question.network, question.images, border),
            of=question.network,
        ),
        side,
    )


def asked(key: str, found: tuple[float, ...] | None, side_px: int = PAPER_PX) -> Asked:
    """The record, of what was `found`: by how much each of `changes` lowers the answer's probability, 0 … 1."""
    down, larger, turn = changes(side_px)
    names = (
        t("a shift down by {amount}", amount=amount(down.amount, "down")),
        t("enlarging to {amount}", amount=amount(larger.amount - 1, "scale")),
        t("a turn by {amount}", amount=amount(turn.amount, "rotation")),
    )
    return Asked(
        key,
        t("Which of these costs the network’s answer most, on average over these photos?"),
        names,
        None if found is None else largest([round(fall, 3) for fall in found]),
        t("the largest fall of the probability of what each untouched photo is called, to a tenth of a point."),
        ()
        if found is None
        else tuple(
            t("{change}: {points} points", change=name, points=f"{-100 * fall:+.1f}".replace("-", "−"))
            for name, fall in zip(names, found, strict=True)
        ),
    )

"""What the page shows of one unit, as data for the browser: pictures, captions and descriptions from the numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ui.look_inside.question import Question
from zfnet_core.deconvnet.rules import Rule
from zfnet_core.drawing.encoding import enlarged, exact_url
from zfnet_core.exhibits.look_inside import Difference, Look, RuleProjection
from zfnet_core.exhibits.look_inside.figure import TITLES
from zfnet_core.forward.map_summary import MapSummary
from zfnet_core.language import later, t

STYLE = Path(__file__).parent / "look_inside.css"
KEEPS: Mapping[Rule, str] = {
    "deconvnet": later("Zeiler & Fergus: keep what is positive on the way down."),
    "gradient": later("Simonyan et al.: keep what was active on the way up."),
    "guided": later("Springenberg et al.: keep what is both."),
}
ALIKE, UNLIKE = 0.1, 0.5


def order_of(summary: MapSummary, sort: str) -> list[int]:
    """The maps as `sort` says: by "number", or by "strength", the largest maximum first."""
    numbers = range(len(summary.maxima))
    return sorted(numbers, key=lambda m: (-summary.maxima[m], m)) if sort == "strength" else list(numbers)


def scene(question: Question, look: Look) -> dict[str, Any]:
    """The pictures of what the unit answers to; zoomed in, the first is the patch of the photo."""
    side, photo = look.input_px, question.photo
    top, left, bottom, right = look.box
    seen = t("rows {top}–{bottom}, columns {left}–{right}", top=top, bottom=bottom - 1, left=left, right=right - 1)
    window = square_around(look.box, side) if question.zoomed else (0, 0, side)
    pictures = [
        {
            "url": exact_url(enlarged(look.whole(projection), window)),
            "title": t(TITLES[projection.rule]),
            "caption": caption(look, projection),
            "alt": alt_text(look, projection),
        }
        for projection in look.projections
    ]
    if look.difference is not None and look.difference.signed.any():
        pictures.append(_difference(look.difference, exact_url(enlarged(look.whole(look.difference), window))))
    if window[2] < side:
        pictures.insert(
            0,
            {
                "url": exact_url(enlarged(photo, window)),
                "title": t("Patch"),
                "alt": t("The photo in {place}.", place=seen),
                "caption": t("What the unit sees, enlarged like the pictures beside it."),
            },
        )
    return {"label": t("The pixels behind this unit"), "pictures": pictures}


def caption(look: Look, projection: RuleProjection) -> str:
    """What the rule keeps, and what the grey levels mean.

    From a negative activation (only the last layer has them) the walk starts with its size.
    """
    keeps = t(KEEPS[projection.rule])
    if not projection.strongest:
        return f"{keeps} {t('Empty: this unit is silent here.')}"
    words = f"{keeps} {t('Grey is zero; up to ±{value}.', value=plain(projection.strongest))}"
    if look.activation < 0:
        negative = t("The score is negative; the walk starts with its size: what speaks for the class (our choice).")
        words += f" {negative}"
    return words


def _difference(found: Difference, url: str) -> dict[str, str]:
    """The picture of where the two rules that look alike differ, with how much."""
    per_cent = f"{100 * found.share:.0f} %"
    if found.share < ALIKE:
        verdict = t("They differ by {share} of their strength: nearly the same picture.", share=per_cent)
    elif found.share < UNLIKE:
        verdict = t("They differ by {share} of their strength: what guided backprop left out.", share=per_cent)
    else:
        verdict = t("They differ by {share} of their strength: two quite different pictures.", share=per_cent)
    return {
        "url": url,
        "title": t("Deconvnet − guided"),
        "caption": f"{verdict} {t('Drawn as strongly as the deconvnet picture.')}",
        "alt": t(
            "Deconvnet minus guided backprop: they differ by {share} of their strength; signed pixels up to {value}.",
            share=per_cent,
            value=plain(float(np.abs(found.signed).max())),
        ),
    }


def alt_text(look: Look, projection: RuleProjection) -> str:
    """The picture in words, from its numbers."""
    title = t(TITLES[projection.rule])
    if not projection.strongest:
        return t("{title}: empty, all pixels are zero.", title=title)
    share = float((projection.signed != 0).any(axis=0).sum()) / look.input_px**2
    top, left, bottom, right = look.box
    return t(
        "{title} projection: signed pixels up to {value} in rows {top} to {bottom}, columns {left} to {right}; "
        "{share} % of the picture is not zero.",
        title=title,
        value=plain(projection.strongest),
        top=top,
        bottom=bottom - 1,
        left=left,
        right=right - 1,
        share=f"{100 * share:.0f}",
    )


def plain(value: float) -> str:
    """Two significant digits, without powers of ten."""
    digits = max(0, 1 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:.{digits}f}"


def square_around(box: tuple[int, int, int, int], side: int) -> tuple[int, int, int]:
    """(top, left, size) of the smallest square inside the image that contains the box."""
    top, left, bottom, right = box
    size = max(bottom - top, right - left)
    return min(top, side - size), min(left, side - size), size

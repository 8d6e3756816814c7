"""The pictures of one unit: its projections by several backward rules, with captions made from their numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ui import engine
from zfnet_core.deconvnet import Projection, Unit, project_by_rules
from zfnet_core.errors import CheckpointError
from zfnet_core.models.network import Layer
from zfnet_core.projection_scaling import Scaling, as_picture
from zfnet_core.trace import Trace

RULES = {
    "deconvnet": ("Deconvnet", "Zeiler & Fergus: keep what is positive on the way down."),
    "gradient": ("Gradient", "Simonyan et al.: keep what was active on the way up."),
    "guided": ("Guided backprop", "Springenberg et al.: keep what is both."),
}


@dataclass(frozen=True)
class UnitPicture:
    """One projection, drawn."""

    rule: str
    pixels: np.ndarray
    projection: Projection


def unit_pictures(trace: Trace, layer: Layer, unit: Unit, scaling: Scaling) -> tuple[UnitPicture, ...]:
    """The projections of `unit` by each of `RULES`, computed at the desk.

    Raises CheckpointError where the numbers run over on the way down.
    """
    projected = engine.desk().run(project_by_rules, trace, layer.name, unit, tuple(RULES))
    if not all(bool(one.pixels.isfinite().all()) for one in projected):
        raise CheckpointError(
            f"The weights of {trace.network.title} are so large that the values behind this unit are no longer "
            "numbers; choose an earlier layer or another network."
        )
    return tuple(UnitPicture(one.rule, as_picture(one.pixels[0], scaling), one) for one in projected)


def plain(value: float) -> str:
    """Two significant digits, without powers of ten."""
    digits = max(0, 1 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:.{digits}f}"


def caption(picture: UnitPicture) -> str:
    """What the rule keeps, and what the grey levels mean.

    From a negative activation (only the last layer has them) the walk starts with its size.
    """
    strongest = float(picture.projection.pixels.abs().max())
    scale = f"Grey is zero; up to ±{plain(strongest)}." if strongest else "Empty: this unit is silent here."
    against = ""
    if strongest and picture.projection.values[0] < 0:
        against = " The score is negative; the walk starts with its size: what speaks for the class (our choice)."
    return f"{RULES[picture.rule][1]} {scale}{against}"


def alt_text(picture: UnitPicture) -> str:
    """The picture in words, from its numbers."""
    title, projection = RULES[picture.rule][0], picture.projection
    strongest = float(projection.pixels.abs().max())
    if strongest == 0:
        return f"{title}: empty, all pixels are zero."
    share = float((projection.pixels[0] != 0).any(dim=0).float().mean())
    top, left, bottom, right = projection.boxes[0]
    return (
        f"{title} projection: signed pixels up to {plain(strongest)} in rows {top} to {bottom - 1}, columns {left} to "
        f"{right - 1}; {100 * share:.0f} % of the picture is not zero."
    )

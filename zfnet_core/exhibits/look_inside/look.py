"""The pixels behind one unit (§2.1): its projections by several rules, cut to its receptive field.

(look,) = compute(network, image, Settings("conv3"))
look.unit, look.activation        # the layer's strongest unit, unless the settings name one
look.projections[0].signed        # float32 [3, rows, columns] in the rows and columns of look.box
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from zfnet_core.deconvnet.projection import Box, Unit, crops_by_rules, strongest_units
from zfnet_core.deconvnet.rules import Rule
from zfnet_core.deconvnet.scaling import MID_GREY, Scaling, as_picture
from zfnet_core.errors import CheckpointError
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.language import phrase
from zfnet_core.models.network import Network

RULES: tuple[Rule, ...] = ("deconvnet", "gradient", "guided")
LIKE_TWO: tuple[Rule, Rule] = ("deconvnet", "guided")


@dataclass(frozen=True)
class Settings:
    """Which unit of `layer` (None: the strongest one) is projected by which rules, and how the values are drawn."""

    layer: str
    unit: Unit | None = None
    rules: tuple[Rule, ...] = RULES
    scaling: Scaling = "sigmoid"


@dataclass(frozen=True, eq=False)
class RuleProjection:
    """One projection within the receptive field: `signed` float32 [3, rows, columns], drawn as `pixels` uint8."""

    rule: Rule
    signed: np.ndarray
    pixels: np.ndarray

    @property
    def strongest(self) -> float:
        """The largest size of a value; 0 for a silent unit."""
        return float(np.abs(self.signed).max())


@dataclass(frozen=True, eq=False)
class Difference:
    """The first of two projections minus the second, `signed` float32 [3, rows, columns].

    Drawn as `pixels` on the scale of the first: what is pale differs little. `share` is Σ|first − second| /
    Σ(|first| + |second|): 0 for two that are the same, 1 for two that share nothing (our choice of a measure).
    """

    signed: np.ndarray
    pixels: np.ndarray
    share: float


@dataclass(frozen=True, eq=False)
class Look:
    """What one unit responds to. `box` (top, left, bottom, right) is its receptive field in the input of `input_px`."""

    settings: Settings
    unit: Unit
    activation: float
    box: Box
    input_px: int
    projections: tuple[RuleProjection, ...]

    def whole(self, projection: RuleProjection | Difference) -> np.ndarray:
        """A projection as the whole picture that the network sees, uint8 [input_px, input_px, 3]; grey is zero."""
        picture = np.full((self.input_px, self.input_px, 3), MID_GREY, np.uint8)
        top, left, bottom, right = self.box
        picture[top:bottom, left:right] = projection.pixels
        return picture

    @cached_property
    def difference(self) -> Difference | None:
        """Where deconvnet and guided backprop, which look so much alike, differ; None unless both were asked for."""
        found: dict[Rule, np.ndarray] = {projection.rule: projection.signed for projection in self.projections}
        one, other = (found.get(rule) for rule in LIKE_TWO)
        return None if one is None or other is None else difference(one, other, self.settings.scaling)


def compute(network: Network, images: torch.Tensor, settings: Settings) -> Iterator[Look]:
    """Look at a unit in each of `images` [N, 3, input_px, input_px], normalised; see `look_at` for the errors."""
    traced = trace(network, images, settings.layer)
    for image in range(len(images)):
        yield look_at(traced, settings, image)


def look_at(traced: Trace, settings: Settings, image: int = 0) -> Look:
    """The same for one image of a trace.

    Raises UnknownName for a layer, unit or rule that does not exist, CheckpointError where the numbers run over on the
    way down.
    """
    layer, side = traced.network.layer(settings.layer), traced.network.preprocessing.input_px
    unit = settings.unit or strongest_units(traced, layer.name, 1, image=image)[0]
    found = crops_by_rules(traced, layer.name, unit, settings.rules, image=image)
    if not all(bool(crops.pixels.isfinite().all()) for crops in found):
        raise CheckpointError(
            phrase(
                "The weights of {network} are so large that the values behind this unit are no longer numbers; choose "
                "an earlier layer or another network.",
                network=traced.network.title,
            )
        )
    top, left, bottom, right = layer.receptive_field.box(unit.row, unit.column, side)
    projections = []
    for crops in found:
        ((first_row, first_column),) = crops.corners
        inside = crops.pixels[0, :, top - first_row : bottom - first_row, left - first_column : right - first_column]
        projections.append(
            RuleProjection(crops.rule, inside.float().cpu().numpy(), as_picture(inside, settings.scaling))
        )
    return Look(settings, unit, found[0].values[0], (top, left, bottom, right), side, tuple(projections))


def difference(one: np.ndarray, other: np.ndarray, scaling: Scaling = "sigmoid") -> Difference:
    """Compare two projections float32 [3, rows, columns] of the same unit."""
    signed, both = one - other, float(np.abs(one).sum() + np.abs(other).sum())
    pixels = as_picture(torch.from_numpy(signed), scaling, like=torch.from_numpy(one))
    return Difference(signed, pixels, float(np.abs(signed).sum()) / both if both else 0.0)

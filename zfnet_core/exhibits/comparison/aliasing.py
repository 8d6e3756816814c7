"""Aliasing: what a stride folds, and what it does to the next layer when the photo moves by single pixels.

Zeiler & Fergus (§4.1) see aliasing artefacts in AlexNet's layer 2 and blame the stride of 4 in layer 1; they measure
nothing. Two measures, both our choice:

*Folded energy* is the textbook definition applied to layer 1: the filters are run over the photo at every pixel, and
the share of the responses' energy above the Nyquist frequency of the stride, 1 / (2·stride), along x or y is what the
strided layer folds onto lower frequencies.

*Shift response* follows the consequence into layer 2 (compare Zhang 2019; Azulay & Weiss 2019). When the photo moves by
s pixels, features sampled finely enough would move along by s / jump units (jump: pixels between neighbouring units).
The change of the features alone says little, because moving is a change too; what remains after the features have been
moved along, by band-limited interpolation, is what the sampling lost. It is 0 again when s reaches a whole unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from zfnet_core.errors import ExplorerError
from zfnet_core.forward.activations import activations
from zfnet_core.forward.batching import parts, photos_per_step
from zfnet_core.language import later, phrase
from zfnet_core.models.network import Layer, Network
from zfnet_core.models.receptive_field import ReceptiveField
from zfnet_core.photos.transforms import Kind, transformed

DIRECTIONS: tuple[Kind, ...] = ("right", "down")
REACH = 4  # units to each side that the interpolation reads
MOST_SHIFTS = 16
FOLDED_DEFINITION = later(
    "Layer-1 filters are run over the photo at every pixel (Hann window, mean removed); the share of their energy "
    "above 1/(2·stride) cycles per pixel along x or y is what the stride folds onto lower frequencies."
)
SHIFT_DEFINITION = later(
    "The photo moves by s pixels; the features are moved along by s/jump units (Lanczos interpolation from 4 units on "
    "each side; units near the border are left out). What still differs, ‖f′ − moved f‖ / ‖f‖, is the residual; the "
    "number is its mean over s = 1 … jump − 1, photos and both directions."
)


@dataclass(frozen=True, eq=False)
class FoldedEnergy:
    """`share` [photos] of each photo's layer-1 energy that the stride folds; `by_map` [photos, maps] per filter."""

    network: str
    stride_px: int
    share: np.ndarray
    by_map: np.ndarray


@dataclass(frozen=True, eq=False)
class ShiftResponse:
    """How a layer answers to shifts of `shifts_px` (0 … jump) pixels; NaN where not computed yet. Read-only.

    `change` [photos, directions, shifts] is ‖f′ − f‖ / ‖f‖ as it is, `residual` the same after moving f along.
    """

    network: str
    layer: str
    jump_px: int
    shifts_px: np.ndarray
    change: np.ndarray
    residual: np.ndarray

    @property
    def done(self) -> float:
        """Share computed, 0–1."""
        return float(np.mean(~np.isnan(self.change)))

    @property
    def one_pixel_change(self) -> float:
        """Mean relative change of the features when the photo moves by one pixel."""
        return float(np.nanmean(self.change[:, :, self.shifts_px == 1]))

    @property
    def aliased(self) -> float:
        """Mean residual between whole units; 0 for a layer with one unit per pixel."""
        between = (self.shifts_px > 0) & (self.shifts_px < self.jump_px)
        return float(np.nanmean(self.residual[:, :, between])) if between.any() else 0.0

    @property
    def by_photo(self) -> np.ndarray:
        """`aliased` of each photo."""
        between = (self.shifts_px > 0) & (self.shifts_px < self.jump_px)
        return self.residual[:, :, between].mean(axis=(1, 2)) if between.any() else np.zeros(len(self.residual))


@torch.inference_mode()
def folded_energy(network: Network, images: torch.Tensor) -> FoldedEnergy:
    """Measure the first convolution on `images` [P, 3, H, W] (normalised), before bias and ReLU."""
    weight, stride = network.first_convolution.weight, network.first_convolution.stride
    shares, by_map = [], []
    for image in images.to(network.device).split(1):
        dense = F.conv2d(image, weight)[0].float()
        dense = dense - dense.mean(dim=(1, 2), keepdim=True)
        size = dense.shape[-1]
        window = torch.hann_window(size, periodic=False, device=dense.device)
        power = torch.fft.fft2(dense * window[:, None] * window).abs().square()
        axis = torch.fft.fftfreq(size, device=dense.device).abs()
        folds = torch.maximum(axis[:, None], axis[None]) > 0.5 / stride
        total, folded = power.sum(dim=(1, 2)), power[:, folds].sum(dim=1)
        shares.append((folded.sum() / total.sum().clamp(min=1e-30)).item())
        by_map.append((folded / total.clamp(min=1e-30)).cpu().numpy())
    return FoldedEnergy(network.name, stride, np.array(shares), np.stack(by_map))


def joined(parts: Sequence[FoldedEnergy]) -> FoldedEnergy:
    """Measurements of one network on several sets of photos as one."""
    first = parts[0]
    share, by_map = (np.concatenate([getattr(part, name) for part in parts]) for name in ("share", "by_map"))
    return FoldedEnergy(first.network, first.stride_px, share, by_map)


def shift_response(network: Network, images: torch.Tensor, layer: str | None = None) -> Iterator[ShiftResponse]:
    """Measure a layer of feature maps (by default the second) on `images` [P, 3, input_px, input_px] (normalised).

    Yields partial results; the last is complete. Raises ExplorerError for a layer whose maps are too small to leave
    anything away from the border.
    """
    part = network.layer(layer) if layer else network.layers[1]
    field, size = part.receptive_field, images.shape[-1]
    jump = field.jump
    if not part.spatial:
        raise ExplorerError(
            phrase("{name} has no feature maps that could move along with the photo; choose conv2.", name=part.name)
        )
    away = _away_from_border(field, part.shape[1], size, jump)
    if away.stop - away.start < 2:
        raise ExplorerError(
            phrase("The maps of {name} are too small to measure away from the border; choose conv2.", name=part.name)
        )
    shifts = np.unique(np.linspace(0, jump, min(jump, MOST_SHIFTS) + 1).round().astype(int))
    change = np.full((len(images), len(DIRECTIONS), len(shifts)), np.nan)
    residual = np.full_like(change, np.nan)
    images = images.to(network.device)
    for photo in range(len(images)):
        image = images[photo : photo + 1]
        still = _features(network, part, image)[0]
        for index, direction in enumerate(DIRECTIONS):
            for pick in parts(len(shifts), photos_per_step(network)):
                amounts = shifts[pick].astype(float).tolist()
                batch = transformed(image.expand(len(amounts), -1, -1, -1), direction, amounts, "edge")
                for offset, moved in enumerate(_features(network, part, batch)):
                    position = pick.start + offset
                    along = moved_along(still, amounts[offset] / jump, direction)
                    length = _norm(still, away)
                    change[photo, index, position] = _norm(moved - still, away) / length
                    residual[photo, index, position] = _norm(moved - along, away) / length
            yield ShiftResponse(network.name, part.name, jump, shifts, change.copy(), residual.copy())


def moved_along(maps: torch.Tensor, units: float, direction: Kind) -> torch.Tensor:
    """Feature maps [C, H, W] moved right or down by a fraction of a unit (0 … 1), by Lanczos interpolation.

    The kernel is sinc(d)·sinc(d / REACH) for |d| < REACH, made to sum to 1. The `REACH` outermost rows or columns are
    not meaningful.
    """
    dimension = 2 if direction == "right" else 1
    taps = torch.arange(1 - REACH, REACH + 1, dtype=torch.float64)
    distance = taps - units
    weights = torch.sinc(distance) * torch.sinc(distance / REACH) * (distance.abs() < REACH)
    weights = weights / weights.sum()
    return sum(
        weight * maps.roll(int(tap), dims=dimension)
        for weight, tap in zip(weights.tolist(), taps.tolist(), strict=True)
    )


def _away_from_border(field: ReceptiveField, units: int, size: int, jump: int) -> slice:
    """Units that see neither the padding nor what a shift by `jump` pixels brings in, nor interpolate from such."""
    clear = [index for index in range(units) if field.jump * index + field.first >= jump]
    clear = [index for index in clear if field.jump * index + field.last < size]
    return slice(clear[0] + REACH, clear[-1] - REACH + 1) if clear else slice(0, 0)


def _norm(maps: torch.Tensor, away: slice) -> float:
    return max(torch.linalg.vector_norm(maps[:, away, away]).item(), 1e-30)


def _features(network: Network, layer: Layer, images: torch.Tensor) -> torch.Tensor:
    ((_, value),) = activations(network, images, (layer.step,))
    return value.float()

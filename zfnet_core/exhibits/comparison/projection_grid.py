"""Does the stride of layer 1 leave its grid in the projections of layer 2 (Fig. 6 d, e)? The paper judges by eye.

A projection ends with a transposed convolution: layer-1 filters pasted `stride` pixels apart. Smooth filters blend into
each other; others leave a texture that repeats with every paste, strong on some rows and columns and weak on those
between. So the measure (our choice) is how far a picture's energy swings with a period of exactly `stride` pixels:
|Σ e(n)·exp(−2πi·n/stride)| / Σ e(n), where e(n) is the energy in column (or row) n. It is 1 if only every stride-th
column is drawn at all and 0 if all are alike; signal theory calls it cyclostationarity, copies of the spectrum that are
correlated with the original.

Any picture swings a little with any period, more with long ones. What periods a little shorter and longer show is
therefore taken off, so that a picture without a grid scores about 0 whatever stride it is asked about. (The share of
power beyond 1 / (2·stride), which is nearer at hand, does not: edges have such power without any grid, and the larger
the stride the more of it counts.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from zfnet_core.deconvnet.projection import Unit, crops, strongest_units
from zfnet_core.forward.trace import trace
from zfnet_core.language import later
from zfnet_core.models.network import Network

UNITS_PER_PHOTO = 32
FREQUENCIES = np.arange(2, 33) / 64  # cycles per pixel; slower swings are the shape of the picture itself
NEIGHBOUR = 3  # periods per picture between the grid's frequency and those that it is compared with
DEFINITION = later(
    "The strongest unit of each of the 32 strongest layer-2 maps is projected to pixels. How far does its energy swing "
    "from column to column and row to row with a period of exactly the stride of layer 1? 100 %: only every stride-th "
    "one is drawn; 0 %: no more than with periods a little shorter and longer, which are taken off. The number is the "
    "root mean square over units and photos."
)


@dataclass(frozen=True, eq=False)
class ProjectionGrid:
    """How far the energy of U projections swings along x and y. Read-only.

    `swings` [U, 3] are squared swings (0–1, means of both directions) a little below, at and a little above 1 / stride;
    `photo` [U] tells which of the `photos` each projection is of; `spectrum` is the root mean square swing at
    `FREQUENCIES`.
    """

    network: str
    layer: str
    stride_px: int
    swings: np.ndarray
    photo: np.ndarray
    photos: int
    spectrum: np.ndarray

    @property
    def visibility(self) -> float:
        """The grid's swing beyond that of its neighbours, 0–1, over all projections (0 where there is none)."""
        return _beyond_neighbours(self.swings)

    @property
    def by_photo(self) -> np.ndarray:
        """The same for each photo."""
        return np.array([_beyond_neighbours(self.swings[self.photo == number]) for number in range(self.photos)])


def projection_grid(network: Network, images: torch.Tensor, layer: str | None = None) -> ProjectionGrid:
    """Project and measure a layer (by default the second) on `images` [P, 3, input_px, input_px] (normalised)."""
    name = layer or network.layers[1].name
    pictures, photo = [], []
    for number, image in enumerate(images.split(1)):
        traced = trace(network, image, until=name)
        units: Sequence[Unit] = strongest_units(traced, name, UNITS_PER_PHOTO)
        pictures.append(crops(traced, name, units).pixels.cpu().numpy())
        photo += [number] * len(units)
    return grid(np.concatenate(pictures), network.first_convolution.stride, np.array(photo), network.name, name)


def grid(
    pictures: np.ndarray, stride_px: int, photo: np.ndarray | None = None, network: str = "", layer: str = ""
) -> ProjectionGrid:
    """Measure pictures [U, colours, size, size]; silent ones (all alike) are left out. A stride of 1 has no grid."""
    pictures = pictures.astype(np.float64)
    energy = ((pictures - pictures.mean(axis=(2, 3), keepdims=True)) ** 2).sum(axis=1)
    drawn = energy.sum(axis=(1, 2)) > 0
    photo = np.zeros(len(pictures), int) if photo is None else photo
    photos, photo, energy = photo.max(initial=-1) + 1, photo[drawn], energy[drawn]
    profiles = np.stack([energy.sum(axis=1), energy.sum(axis=2)])
    apart = NEIGHBOUR / pictures.shape[-1]
    asked = np.array([1 / stride_px - apart, 1 / stride_px, 1 / stride_px + apart])
    swings = _squared_swings(profiles, asked) * (stride_px > 1)
    spectrum = np.sqrt(_squared_swings(profiles, FREQUENCIES).mean(axis=0)) if drawn.any() else 0 * FREQUENCIES
    return ProjectionGrid(network, layer, stride_px, swings, photo, photos, spectrum)


def _squared_swings(profiles: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Energy profiles [2, U, size] → squared swings [U, frequencies], the mean of both directions."""
    waves = np.exp(-2j * np.pi * np.arange(profiles.shape[-1])[:, None] * frequencies)
    swings = np.abs(profiles @ waves) / profiles.sum(axis=-1, keepdims=True)
    return (swings**2).mean(axis=0)


def _beyond_neighbours(swings: np.ndarray) -> float:
    """Swing at the grid's frequency beyond that of its neighbours (their mean), all as mean squares; at least 0."""
    if not len(swings):
        return 0.0
    below, at, above = swings.mean(axis=0)
    return float(np.sqrt(max(at - (below + above) / 2, 0)))

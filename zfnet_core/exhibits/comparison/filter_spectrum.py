"""Which spatial frequencies the filters of a first layer let through: the radial power of their 2-D Fourier transforms.

Zeiler & Fergus (§4.1) find AlexNet's first layer to be “a mix of extremely high and low frequency information, with
little coverage of the mid frequencies”, and put no number to it. Bands and definitions here are our choice.

A fair comparison of 11×11 with 7×7 filters needs a common unit. Both look at the same photo, so the main unit is cycles
per input pixel, with the bands at thirds of the pixel grid's Nyquist frequency (½ cycle per pixel) for every network.
A small filter cannot be as selective as a large one, though: k pixels resolve frequencies about 1/k apart, so that even
the smoothest 7×7 blob spreads over more frequencies than an 11×11 blob. Therefore random filters of the same size are
the control.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from zfnet_core.language import later
from zfnet_core.models.network import Network

BANDS = (later("low"), later("mid"), later("high"))
NYQUIST = 0.5
BAND_EDGES = (NYQUIST / 3, 2 * NYQUIST / 3)  # cycles per pixel; “high” reaches into the corners, up to √½
TRANSFORM_PX = 64
RINGS = 24
DEFINITION = later(
    "Each first-layer filter is zero-padded to 64×64 and Fourier-transformed (three colours together); its power is "
    "divided by its total. Low: below 1/6 cycle per input pixel (waves longer than 6 px, with the mean), mid: 1/6 to "
    "1/3 (3–6 px), high: above 1/3 (shorter than 3 px). The shares are means over all filters, weak ones included."
)


@dataclass(frozen=True, eq=False)
class FilterSpectrum:
    """The spectrum of a layer's F filters of `kernel_px`² pixels. Read-only.

    `frequencies` [RINGS] are the middles of the rings in cycles per pixel; `power` [F, RINGS] is each filter's share of
    power in each ring (a row adds up to 1); `shares` [F, 3] the same for the bands low, mid and high.
    """

    network: str
    kernel_px: int
    frequencies: np.ndarray
    power: np.ndarray
    shares: np.ndarray

    @property
    def mean_shares(self) -> dict[str, float]:
        """Mean share of each band over the filters."""
        return dict(zip(BANDS, self.shares.mean(axis=0).tolist(), strict=True))

    @property
    def mean_power(self) -> np.ndarray:
        """Mean share of power in each ring [RINGS]."""
        return self.power.mean(axis=0)


def filter_spectrum(network: Network) -> FilterSpectrum:
    """The spectrum of the network's first convolution."""
    return spectrum(network.first_convolution.weight.detach().float().cpu().numpy(), network.name)


def spectrum(weights: np.ndarray, network: str = "") -> FilterSpectrum:
    """The spectrum of filters [F, colours, k, k]. A filter of zeros has its (empty) power at frequency 0."""
    power = np.abs(np.fft.fft2(weights, s=(TRANSFORM_PX, TRANSFORM_PX))) ** 2
    power = power.sum(axis=1)
    empty = power.sum(axis=(1, 2)) == 0
    power[empty, 0, 0] = 1
    power /= power.sum(axis=(1, 2), keepdims=True)
    axis = np.abs(np.fft.fftfreq(TRANSFORM_PX))
    radius = np.hypot(axis[:, None], axis[None])
    edges = np.linspace(0, np.sqrt(2) * NYQUIST, RINGS + 1)
    ring = np.minimum(np.digitize(radius, edges) - 1, RINGS - 1)
    band = np.digitize(radius, BAND_EDGES)
    return FilterSpectrum(
        network,
        weights.shape[-1],
        (edges[1:] + edges[:-1]) / 2,
        _grouped(power, ring, RINGS),
        _grouped(power, band, len(BANDS)),
    )


@cache
def control(kernel_px: int, filters: int = 512, seed: int = 0) -> FilterSpectrum:
    """The same measurement on random filters of that size: what no training at all gives."""
    weights = np.random.default_rng(seed).standard_normal((filters, 3, kernel_px, kernel_px))
    return spectrum(weights, "random filters")


def _grouped(power: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    return np.stack([power[:, group == index].sum(axis=1) for index in range(groups)], axis=1)

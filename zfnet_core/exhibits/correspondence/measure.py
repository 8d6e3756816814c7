"""Table 1 and Fig. 8: does hiding the same part of different faces change a layer's features in the same way?

For photo i, ε_i = x_i − x̃_i is a layer's feature vector minus that of the photo with one part hidden. The measure is
the Hamming distance of the signs, H(sign ε_i, sign ε_j), as a share of the features, averaged over all pairs of photos;
lower means a more consistent change. Hiding random places gives the baseline. The paper writes a sum over pairs and
prints values that can only be means; it states neither the size nor the colour of the mask.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from zfnet_core.errors import ExplorerError
from zfnet_core.forward.activations import activations
from zfnet_core.forward.batching import parts, photos_per_step
from zfnet_core.language import later, phrase, t, tn
from zfnet_core.models.network import Network
from zfnet_core.models.steps import MaxPool, ResponseNorm

PARTS = (later("right eye"), later("left eye"), later("nose"))
RANDOM = later("random")
POOLED = " pooled"
ROUNDING = 1e-5
MOST_BY_CHANCE = 0.05

Point = tuple[float, float]


@dataclass(frozen=True)
class CorrespondenceSettings:
    """What was asked.

    `points[i][k]` is the centre (x, y) in input pixels of part k of photo i. `layers` are layer names, with the suffix
    “ pooled” for the max-pooled maps (the paper's layer 5 is presumably the 9216 pooled features). The square of
    `side_px` is filled with one value of the normalised input: 0 is the mean colour.
    Random squares lie wholly inside the photo, `repeats` of them in every photo.
    """

    points: tuple[tuple[Point, ...], ...]
    layers: tuple[str, ...] = ("conv5 pooled", "fc7")
    parts: tuple[str, ...] = PARTS
    side_px: int = 48
    fill: float = 0.0
    repeats: int = 20
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Correspondence:
    """Sign changes found so far. Read-only.

    `pairs` are the (i, j) with i < j. `signs_differ[name]` [repeats, pairs, layers] is the Hamming distance as a share
    of the features, NaN where not computed yet; a marked part has one repeat, “random” has `settings.repeats`.
    `boxes[name]` [repeats, photos, 4] are the hidden squares (top, left, bottom, right).
    """

    settings: CorrespondenceSettings
    network: str
    pairs: tuple[tuple[int, int], ...]
    signs_differ: dict[str, np.ndarray]
    boxes: dict[str, np.ndarray]

    @property
    def done(self) -> float:
        """Share of the sets of hidden photos run, 0–1."""
        known = np.concatenate([~np.isnan(values[:, 0, 0]) for values in self.signs_differ.values()])
        return float(known.mean())

    def mean(self, part: str, layer: str) -> float:
        """Δ: the mean over pairs (and repeats so far); NaN before the first."""
        values = self._of(part, layer)
        return float(values.mean()) if values.size else float("nan")

    def spread(self, part: str, layer: str) -> float:
        """Standard deviation over pairs (for random places over pairs and repeats), as the paper's ± presumably is."""
        values = self._of(part, layer)
        return float(values.std(ddof=1)) if values.size > 1 else float("nan")

    def relative(self, part: str, layer: str) -> tuple[float, float]:
        """Δ and its spread where the mean of random places is 1: below 1 is more consistent than chance."""
        chance = self.mean(RANDOM, layer)
        return self.mean(part, layer) / chance, self.spread(part, layer) / chance

    def random_means(self, layer: str) -> np.ndarray:
        """The mean over pairs of each random repeat: what chance placements give, ascending."""
        values = self.signs_differ[RANDOM][:, :, self.settings.layers.index(layer)]
        return np.sort(values[~np.isnan(values).any(axis=1)].mean(axis=1))

    def matrix(self, part: str, layer: str) -> np.ndarray:
        """Distance of every pair [photos, photos], 0 on the diagonal (random places: mean over repeats so far)."""
        photos = len(self.settings.points)
        table = np.zeros((photos, photos))
        values = self.signs_differ[part][:, :, self.settings.layers.index(layer)]
        values = values[~np.isnan(values).any(axis=1)]
        means = values.mean(axis=0) if len(values) else np.full(len(self.pairs), np.nan)
        for (i, j), value in zip(self.pairs, means, strict=True):
            table[i, j] = table[j, i] = value
        return table

    def closest_pair(self, part: str, layer: str) -> tuple[int, int]:
        """The two photos whose changes agree most."""
        table = self.matrix(part, layer)
        return min(self.pairs, key=lambda pair: table[pair])

    def _of(self, part: str, layer: str) -> np.ndarray:
        values = self.signs_differ[part][:, :, self.settings.layers.index(layer)]
        return values[~np.isnan(values)]


def beats_chance(found: Correspondence, part: str, layer: str) -> bool | None:
    """Whether a part changes a layer more consistently than chance does: at most one in twenty placements, counting the
    part's own as one of them, may be as consistent. None where there are too few random placements to tell."""
    chance = found.random_means(layer)
    if 1 / (len(chance) + 1) > MOST_BY_CHANCE:
        return None
    as_good = int((chance <= found.mean(part, layer)).sum())
    return (as_good + 1) / (len(chance) + 1) <= MOST_BY_CHANCE


def verdict(found: Correspondence) -> str:
    """Layer by layer whether the parts agree more than chance; empty until all is measured."""
    if found.done < 1:
        return ""
    verdicts = t("; ").join(_verdict_of(found, layer) for layer in found.settings.layers)
    return t("{verdicts}.", verdicts=verdicts)


def sentence(found: Correspondence, layer: str) -> str:
    """How each part compares with the random placements at a layer, in words; empty before the random places."""
    chance = found.random_means(layer)
    if len(chance) == 0:
        return ""
    words = []
    for part in found.settings.parts:
        value = found.mean(part, layer)
        above = int((chance > value).sum())
        words.append(
            t("{part} {value:.3f} (below {above} of {all})", part=t(part), value=value, above=above, all=len(chance))
        )
    return t(
        "{layer}: {parts} random placements, whose mean is {mean:.3f}.",
        layer=shown(layer),
        parts=t(", ").join(words),
        mean=found.mean(RANDOM, layer),
    )


def shown(layer: str) -> str:
    """The name of a layer, or of its pooled maps, as it stands on screen."""
    return t("{layer} pooled", layer=layer.removesuffix(POOLED)) if layer.endswith(POOLED) else layer


def _verdict_of(found: Correspondence, layer: str) -> str:
    """“conv5 pooled: all three parts agree more than chance”."""
    parts, name = found.settings.parts, shown(layer)
    beating = [part for part in parts if beats_chance(found, part, layer)]
    if any(beats_chance(found, part, layer) is None for part in parts):
        needed = round(1 / MOST_BY_CHANCE) - 1
        return t("{layer}: too few random placements to tell ({needed} or more are needed)", layer=name, needed=needed)
    if len(beating) == len(parts):
        return t("{layer}: yes, every part agrees more than chance", layer=name)
    if beating:
        return tn(
            "{layer}: only {parts} agrees more than chance",
            "{layer}: only {parts} agree more than chance",
            len(beating),
            layer=name,
            parts=t(" and ").join(t(part) for part in beating),
        )
    return t("{layer}: no, no part agrees more than chance", layer=name)


def feature_choices(network: Network) -> tuple[str, ...]:
    """The names `CorrespondenceSettings.layers` may hold: every layer, and every layer that is max-pooled, pooled."""
    names = []
    for layer in network.layers:
        names.append(layer.name)
        if _pool_of(network, layer.step):
            names.append(layer.name + POOLED)
    return tuple(names)


def correspondence(
    network: Network, images: torch.Tensor, settings: CorrespondenceSettings
) -> Iterator[Correspondence]:
    """Measure `images` [P, 3, input_px, input_px] (normalised), P ≥ 2: first the marked parts, then random places.

    Yields a partial result after every set of P photos with one part hidden; the last one is complete.
    """
    images = images.to(network.device)
    photos, size = len(images), images.shape[-1]
    if photos < 2 or len(settings.points) != photos:
        raise ExplorerError(
            phrase(
                "Photos given: {photos}, sets of marked points: {points}; give two or more of both, one set a photo.",
                photos=photos,
                points=len(settings.points),
            )
        )
    steps = [_step_of(network, name) for name in settings.layers]
    clean = _features(network, images, steps)
    pairs = tuple(itertools.combinations(range(photos), 2))
    boxes = {
        part: np.array([[square(points[index], settings.side_px, size) for points in settings.points]])
        for index, part in enumerate(settings.parts)
    }
    boxes[RANDOM] = random_squares(settings, photos, size)
    found = {part: np.full((len(where), len(pairs), len(steps)), np.nan) for part, where in boxes.items()}
    for part, where in boxes.items():
        for repeat, squares in enumerate(where):
            hidden = _features(network, with_hidden(images, squares, settings.fill), steps)
            for index, (before, after) in enumerate(zip(clean, hidden, strict=True)):
                signs = sign_of_change(before, after)
                found[part][repeat, :, index] = [(signs[i] != signs[j]).double().mean().item() for i, j in pairs]
            yield Correspondence(
                settings, network.name, pairs, {name: values.copy() for name, values in found.items()}, boxes
            )


def sign_of_change(before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    """sign(ε) as −1, 0 or 1 (int8) of features [P, N]; a feature the mask cannot reach has sign 0.

    Differences below a hundred-thousandth of the photo's largest feature are rounding, not change.
    """
    change = before - after
    floor = ROUNDING * before.abs().amax(dim=1, keepdim=True)
    return torch.where(change.abs() > floor, change.sign(), 0).to(torch.int8)


def square(centre: Point, side_px: int, size_px: int) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of a square around `centre` (x, y), clipped to the photo; never empty."""
    left, top = (round(value - side_px / 2) for value in centre)
    top, left = (min(max(value, 1 - side_px), size_px - 1) for value in (top, left))
    return max(0, top), max(0, left), min(size_px, top + side_px), min(size_px, left + side_px)


def random_squares(settings: CorrespondenceSettings, photos: int, size_px: int) -> np.ndarray:
    """Squares anywhere inside the photo, int [repeats, photos, 4]; the same for the same seed."""
    generator = np.random.default_rng(settings.seed)
    free = max(1, size_px - settings.side_px + 1)
    corners = generator.integers(0, free, size=(settings.repeats, photos, 2))
    return np.concatenate([corners, np.minimum(corners + settings.side_px, size_px)], axis=2)


def with_hidden(images: torch.Tensor, squares: Sequence[Sequence[int]], fill: float) -> torch.Tensor:
    """A copy of `images` [P, 3, H, W] with one square of each photo filled."""
    hidden = images.clone()
    for picture, (top, left, bottom, right) in zip(hidden, squares, strict=True):
        picture[:, top:bottom, left:right] = fill
    return hidden


def _features(network: Network, images: torch.Tensor, steps: Sequence[str]) -> list[torch.Tensor]:
    """Feature vectors [P, N] at each of `steps`."""
    collected: dict[str, list[torch.Tensor]] = {step: [] for step in steps}
    for part in parts(len(images), photos_per_step(network)):
        for step, value in activations(network, images[part], steps):
            collected[step].append(value.float().flatten(1).clone())
    return [torch.cat(collected[step]) for step in steps]


def _step_of(network: Network, name: str) -> str:
    if not name.endswith(POOLED):
        return network.layer(name).step
    layer = network.layer(name.removesuffix(POOLED))
    return _pool_of(network, layer.step) or layer.step


def _pool_of(network: Network, step: str) -> str | None:
    """The max-pool that makes `step` smaller, if there is one (through a contrast normalisation that comes first)."""
    for reader in network.steps:
        if step in reader.inputs:
            if isinstance(reader, MaxPool) and reader.stride > 1:
                return reader.name
            if isinstance(reader, ResponseNorm):
                return _pool_of(network, reader.name)
    return None

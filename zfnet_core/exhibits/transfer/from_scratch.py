"""The same few photos without ImageNet: a small network that starts from random weights, beside Fig. 9's curve.

The paper trains its whole network from scratch on Caltech, for hours. In a browser's time that cannot be done: this is
a small network of four convolutions on small pictures, with a small budget (our choice); it stands for “no features
from elsewhere”, not for the best that can be done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from zfnet_core.exhibits.transfer.few_photos import choice_of, possible_counts, random_choice
from zfnet_core.exhibits.transfer.protocol import mean_per_class

SIDE_PX = 64
MAPS = (24, 48, 96, 96)


@dataclass(frozen=True)
class ScratchSettings:
    """`steps` steps of `batch` photos for each number of photos a class; one random choice each, drawn by `seed`."""

    steps: int = 150
    batch: int = 24
    rate: float = 0.002
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Scratch:
    """`accuracy` [counts] in per cent, averaged over classes, not a number while not known; `done` 0…1."""

    settings: ScratchSettings
    counts: tuple[int, ...]
    accuracy: np.ndarray
    done: float


def small(images: torch.Tensor) -> torch.Tensor:
    """Normalised inputs [N, 3, H, W] in the size that it is trained at, float32 [N, 3, 64, 64]."""
    return F.interpolate(images, (SIDE_PX, SIDE_PX), mode="bilinear", antialias=True, align_corners=False)


def from_scratch(pictures: torch.Tensor, labels: np.ndarray, settings: ScratchSettings) -> Iterator[Scratch]:
    """Train on `pictures` [photos, 3, 64, 64] of classes `labels` [photos], for one number of photos after the other.

    The photos that teach are those of the curve's first random choice. A few steps between two results.
    """
    counts = possible_counts(labels)
    accuracy = np.full(len(counts), np.nan)
    for place, count in enumerate(counts):
        teach, ask = random_choice(labels, count, choice_of(settings.seed, count, 0))
        network = network_of(int(labels.max()) + 1, settings.seed)
        for step in _steps(network, pictures[teach], torch.from_numpy(labels[teach]), settings):
            if step % 5 == 0:
                yield Scratch(settings, counts, accuracy.copy(), (place + step / settings.steps) / len(counts))
        accuracy[place] = mean_per_class(_answers(network, pictures[ask]), labels[ask])
        yield Scratch(settings, counts, accuracy.copy(), (place + 1) / len(counts))


def network_of(classes: int, seed: int = 0) -> nn.Sequential:
    """The untrained network; the dice are its own."""
    parts: list[nn.Module] = []
    channels = 3
    for maps in MAPS:
        parts += [nn.Conv2d(channels, maps, 3, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU(), nn.MaxPool2d(2)]
        channels = maps
    network = nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))
    dice = torch.Generator().manual_seed(seed)
    for part in network:
        if isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=dice)
    nn.init.zeros_(network[-1].bias)  # type: ignore[arg-type]
    return network


def _steps(
    network: nn.Sequential, pictures: torch.Tensor, labels: torch.Tensor, settings: ScratchSettings
) -> Iterator[int]:
    """Train, and yield the number of steps taken after each."""
    optimiser = torch.optim.AdamW(network.parameters(), settings.rate)
    dice = torch.Generator().manual_seed(settings.seed)
    for step in range(settings.steps):
        some = torch.randint(len(pictures), (settings.batch,), generator=dice)
        batch = pictures[some]
        turned = torch.rand(settings.batch, generator=dice) < 0.5
        batch = torch.where(turned.view(-1, 1, 1, 1), batch.flip(3), batch)
        down, right = (int(torch.randint(-6, 7, (1,), generator=dice)) for _ in range(2))
        with torch.enable_grad():
            network.train()
            loss = F.cross_entropy(network(batch.roll((down, right), (2, 3))), labels[some])
            optimiser.zero_grad()
            loss.backward()
        optimiser.step()
        yield step + 1


@torch.no_grad()
def _answers(network: nn.Sequential, pictures: torch.Tensor, at_once: int = 64) -> np.ndarray:
    network.eval()
    parts: Sequence[torch.Tensor] = [network(part).argmax(1) for part in pictures.split(at_once)]
    return torch.cat(list(parts)).numpy()

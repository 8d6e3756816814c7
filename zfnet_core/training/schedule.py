"""What happens when in a run: the order of the photos, the learning rate, and the seeds of everything random."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch

from zfnet_core.training.recipe import Recipe


def seed_for(*place: int) -> int:
    """A seed for a place in the run; different places have unrelated seeds."""
    return int(np.random.SeedSequence(place).generate_state(1, np.uint64)[0] >> 1)


def epoch_order(labels: torch.Tensor, recipe: Recipe, epoch: int) -> torch.Tensor:
    """Which photos an epoch shows, in order, as long as the data set.

    A photo is expected n^−balance times (scaled to the length of an epoch) for its class of n photos, and appears
    that often rounded down or up: systematic sampling, so that every class has its share in every epoch.
    """
    generator = torch.Generator().manual_seed(seed_for(recipe.seed, epoch))
    counts = torch.bincount(labels).double()
    weights = counts[labels].pow(-recipe.balance)
    shuffled = torch.randperm(len(labels), generator=generator)
    ends = (weights[shuffled].cumsum(0) * (len(labels) / weights.sum())).clamp_max(len(labels))
    ends[-1] = len(labels)
    shift = torch.rand(1, generator=generator, dtype=torch.float64)
    often = torch.floor(ends + shift).diff(prepend=torch.floor(shift)).long()
    order = shuffled.repeat_interleave(often)[: len(labels)]
    return order[torch.randperm(len(order), generator=generator)]


def rate_at(progress: float, recipe: Recipe) -> float:
    """Learning rate of a single cycle when `progress` (0…1) of its steps is done."""
    if progress < recipe.warmup:
        return recipe.peak_rate * (0.04 + 0.96 * progress / recipe.warmup)
    return recipe.peak_rate * 0.5 * (1 + math.cos(math.pi * (progress - recipe.warmup) / (1 - recipe.warmup)))


def rate_after(epochs: float, recipe: Recipe) -> float:
    """Learning rate of a run when that many `epochs` (with a fraction) are done."""
    for length, peak in recipe.cycles or ((recipe.epochs, recipe.peak_rate),):
        if epochs < length:
            return rate_at(epochs / length, replace(recipe, peak_rate=peak))
        epochs -= length
    return 0.0

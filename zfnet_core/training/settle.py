"""The last step of a run: settle the network at the size of use.

The field calls it fine-tuning at test resolution (Touvron et al. 2019, “Fixing the train-test resolution discrepancy”,
who explain why it helps): a network that was trained on small pictures sees larger objects, and fewer of them at a
time, at 224 px. Batch statistics are measured again there, and the fully connected layers are trained on from layer-5
features that are computed once for a few random views of every photo.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from zfnet_core.training.augment import TrainingPhotos, training_batch
from zfnet_core.training.loop import Say
from zfnet_core.training.machine import Machine
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.schedule import epoch_order, rate_at, seed_for
from zfnet_core.training.trainable import NORMS, TrainableNetwork

BATCH = 64


def settling_batch(
    photos: TrainingPhotos, indices: Sequence[int], recipe: Recipe, generator: torch.Generator
) -> torch.Tensor:
    """Random views at the size of use."""
    return training_batch(photos, indices, recipe.settle_px, recipe.settle_crop_area, recipe, generator)


@torch.no_grad()
def measure_statistics(
    trainable: TrainableNetwork, photos: TrainingPhotos, recipe: Recipe, machine: Machine, count: int | None = None
) -> None:
    """Replace the running batch statistics by plain averages over random views of `count` photos at the size of use.

    None: as many as the recipe says. Nothing drops out meanwhile.
    """
    norms = [part for part in trainable.network if isinstance(part, NORMS)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    drops = [part for part in trainable.network if isinstance(part, nn.Dropout)]
    shares = [drop.p for drop in drops]
    for drop in drops:
        drop.p = 0.0
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    trainable.train()
    dice = torch.Generator().manual_seed(seed_for(recipe.seed, 1, 0, 1))
    chosen = torch.randperm(len(photos), generator=dice)[: count or recipe.statistics_photos].tolist()
    for begin in range(0, len(chosen), BATCH):
        if len(chosen) - begin == 1 and begin:
            break  # one photo has no variance
        pictures = settling_batch(photos, chosen[begin : begin + BATCH], recipe, dice)
        with machine.autocast():
            trainable.classify(trainable.features(pictures))
    for drop, share in zip(drops, shares, strict=True):
        drop.p = share
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    trainable.eval()


@torch.no_grad()
def cached_views(
    trainable: TrainableNetwork, photos: TrainingPhotos, recipe: Recipe, machine: Machine, say: Say
) -> torch.Tensor:
    """Layer-5 features of random views, float16 [views, photos, maps · rows · columns], on the CPU."""
    trainable.eval()
    views = []
    for view in range(recipe.settle_views):
        dice = torch.Generator().manual_seed(seed_for(recipe.seed, 2, view, 1))
        parts = []
        for begin in range(0, len(photos), BATCH):
            indices = range(begin, min(begin + BATCH, len(photos)))
            pictures = settling_batch(photos, indices, recipe, dice)
            with machine.autocast():
                parts.append(trainable.features(pictures).flatten(1).to("cpu", torch.float16))
            if begin % (BATCH * 20) == 0:
                say(f"view {view + 1}/{recipe.settle_views}: {begin}/{len(photos)} photos")
        views.append(torch.cat(parts))
    return torch.stack(views)


def settle(
    trainable: TrainableNetwork,
    photos: TrainingPhotos,
    recipe: Recipe,
    machine: Machine,
    *,
    dropout: float = 0.5,
    say: Say = print,
) -> None:
    """Measure the statistics, then train fc6 … fc8 from where they are. Changes `trainable`."""
    measure_statistics(trainable, photos, recipe, machine)
    views = cached_views(trainable, photos, recipe, machine, say)
    train_full_layers(trainable, views, photos.labels, recipe, machine, dropout=dropout, say=say)


def train_full_layers(
    trainable: TrainableNetwork,
    views: torch.Tensor,
    labels: torch.Tensor,
    recipe: Recipe,
    machine: Machine,
    *,
    dropout: float = 0.5,
    batch: int = 128,
    peak_rate: float = 0.02,
    say: Say = print,
) -> None:
    """`settle_epochs` of momentum SGD on cached features; every time a photo is shown, one of its views is drawn."""
    recipe = dataclasses.replace(recipe, peak_rate=peak_rate)
    full = [part for part in trainable.network if isinstance(part, nn.Linear)]
    drops = [part for part in trainable.network if isinstance(part, nn.Dropout)]
    for drop in drops:
        drop.p = dropout
    decayed, free = [part.weight for part in full], [part.bias for part in full]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": free, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=peak_rate, momentum=recipe.momentum, nesterov=True)
    trainable.train()
    batch = min(batch, len(labels))
    steps = len(labels) // batch
    for epoch in range(1, recipe.settle_epochs + 1):
        torch.manual_seed(seed_for(recipe.seed, 3, epoch, 1))
        order = epoch_order(labels, recipe, epoch)
        chosen_views = torch.randint(len(views), (len(order),))
        right = 0
        for step in range(steps):
            indices = order[step * batch : (step + 1) * batch]
            features = views[chosen_views[step * batch : (step + 1) * batch], indices].to(machine.device)
            for group in optimizer.param_groups:
                group["lr"] = rate_at((epoch - 1 + step / steps) / recipe.settle_epochs, recipe)
            with machine.autocast():
                scores = trainable.classify(features.float().unflatten(1, (-1, trainable.side, trainable.side)))
            target = labels[indices].to(machine.device)
            loss = F.cross_entropy(scores.float(), target, label_smoothing=recipe.label_smoothing)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            right += int((scores.argmax(1) == target).sum())
        share = right / (steps * batch)
        say(f"fully connected layers: epoch {epoch}/{recipe.settle_epochs} · {100 * share:.1f} % right")
    trainable.eval()

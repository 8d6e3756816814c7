"""The last step of a run: settle the network at the size of use.

A network that was trained on small pictures sees larger objects, and fewer of them at a time, at 224 px. Batch
statistics are measured again there, and the fully connected layers are trained on from layer-5 features that are
computed once for a few random views of every photo (Touvron et al. 2019 explain why this helps).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from zfnet_core.training.augment import training_batch
from zfnet_core.training.form import TrainingForm
from zfnet_core.training.loop import Say
from zfnet_core.training.machine import Machine
from zfnet_core.training.packed import PackedPhotos
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.schedule import dice_of, epoch_order, rate_at

STATISTICS_PHOTOS = 768
BATCH = 64


def settling_batch(
    photos: PackedPhotos, indices: Sequence[int], recipe: Recipe, generator: torch.Generator
) -> torch.Tensor:
    """Random views at the size of use."""
    return training_batch(photos, indices, recipe.settle_px, recipe.settle_crop_area, recipe, generator)


@torch.no_grad()
def measure_statistics(
    form: TrainingForm, photos: PackedPhotos, recipe: Recipe, machine: Machine, count: int = STATISTICS_PHOTOS
) -> None:
    """Replace the running batch statistics by plain averages over random views of `count` photos at the size of use."""
    norms = [part for part in form.network if isinstance(part, nn.BatchNorm2d)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    form.train()
    dice = torch.Generator().manual_seed(dice_of(recipe.seed, 1, 0, 1))
    chosen = torch.randperm(len(photos), generator=dice)[:count].tolist()
    for begin in range(0, len(chosen), BATCH):
        pictures = settling_batch(photos, chosen[begin : begin + BATCH], recipe, dice)
        with machine.autocast():
            form.features(pictures)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    form.eval()


@torch.no_grad()
def cached_views(form: TrainingForm, photos: PackedPhotos, recipe: Recipe, machine: Machine, say: Say) -> torch.Tensor:
    """Layer-5 features of random views, float16 [views, photos, maps · rows · columns], on the CPU."""
    form.eval()
    views = []
    for view in range(recipe.settle_views):
        dice = torch.Generator().manual_seed(dice_of(recipe.seed, 2, view, 1))
        parts = []
        for begin in range(0, len(photos), BATCH):
            indices = range(begin, min(begin + BATCH, len(photos)))
            pictures = settling_batch(photos, indices, recipe, dice)
            with machine.autocast():
                parts.append(form.features(pictures).flatten(1).to("cpu", torch.float16))
            if begin % (BATCH * 20) == 0:
                say(f"view {view + 1}/{recipe.settle_views}: {begin}/{len(photos)} photos")
        views.append(torch.cat(parts))
    return torch.stack(views)


def settle(
    form: TrainingForm,
    photos: PackedPhotos,
    recipe: Recipe,
    machine: Machine,
    *,
    dropout: float = 0.5,
    say: Say = print,
) -> None:
    """Measure the statistics, then train fc6 … fc8 from where they are. Changes `form`."""
    measure_statistics(form, photos, recipe, machine)
    views = cached_views(form, photos, recipe, machine, say)
    train_full_layers(form, views, photos.labels, recipe, machine, dropout=dropout, say=say)


def train_full_layers(
    form: TrainingForm,
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
    full = [part for part in form.network if isinstance(part, nn.Linear)]
    drops = [part for part in form.network if isinstance(part, nn.Dropout)]
    for drop in drops:
        drop.p = dropout
    decayed, free = [part.weight for part in full], [part.bias for part in full]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": free, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=peak_rate, momentum=recipe.momentum, nesterov=True)
    form.train()
    batch = min(batch, len(labels))
    steps = len(labels) // batch
    for epoch in range(1, recipe.settle_epochs + 1):
        torch.manual_seed(dice_of(recipe.seed, 3, epoch, 1))
        order = epoch_order(labels, recipe, epoch)
        chosen_views = torch.randint(len(views), (len(order),))
        right = 0
        for step in range(steps):
            indices = order[step * batch : (step + 1) * batch]
            features = views[chosen_views[step * batch : (step + 1) * batch], indices].to(machine.device)
            for group in optimizer.param_groups:
                group["lr"] = rate_at((epoch - 1 + step / steps) / recipe.settle_epochs, recipe)
            with machine.autocast():
                scores = form.classify(features.float().unflatten(1, (-1, form.side, form.side)))
            target = labels[indices].to(machine.device)
            loss = F.cross_entropy(scores.float(), target, label_smoothing=recipe.label_smoothing)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            right += (scores.argmax(1) == target).sum().item()
        say(f"fully connected layers: epoch {epoch}/{recipe.settle_epochs} · {right / (steps * batch):.1%} right")
    form.eval()

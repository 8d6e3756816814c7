"""The snapshots of a run as an evolution (Fig. 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from zfnet_core.experiments import evolution
from zfnet_core.experiments.evolution import Evolution
from zfnet_core.experiments.evolution_summary import joined
from zfnet_core.models.batch_norm_folding import folded
from zfnet_core.models.network import Network, present
from zfnet_core.models.preprocessing import Preprocessing
from zfnet_core.models.zoo import entry, tower_layers
from zfnet_core.training.augment import judged_batch
from zfnet_core.training.form import TrainingForm
from zfnet_core.training.machine import Machine
from zfnet_core.training.packed import PackedPhotos
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.run_directory import RunDirectory
from zfnet_core.training.schedule import dice_of
from zfnet_core.training.settle import measure_statistics

STATISTICS_PHOTOS = 256
BATCH = 32


def make_film(
    run: RunDirectory,
    photos: PackedPhotos,
    machine: Machine,
    folder: Path,
    name: str,
    *,
    photos_searched: int = 2000,
    maps_per_layer: int = 16,
    known: Evolution | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Project the snapshots of `run` on random `photos` it was trained on; returns the path of the index file.

    Columns that `known`, an earlier film of the same maps and photos, already has are taken from there. Batch
    statistics are measured at the size of use and folded into the convolutions before anything is projected.
    """
    recipe, log = run.recipe, run.log()
    dice = torch.Generator().manual_seed(dice_of(recipe.seed, 4))
    few = photos.subset(torch.randperm(len(photos), generator=dice)[:photos_searched].sort().values.numpy())
    earlier = known.epochs if known else ()
    found = evolution.make(
        name,
        {epoch: partial(network_at, run, epoch, photos, machine) for epoch in run.snapshots() if epoch not in earlier},
        lambda: _batches(few, run),
        few.ids,
        log,
        about=f"{entry(recipe.network).family} on {len(photos):,} photos, {recipe.epochs} epochs at {_sizes(recipe)}; "
        f"the strongest units over {len(few):,} of the photos it was trained on",
        maps_per_layer=maps_per_layer,
        half=machine.half,
        say=say,
    )
    if known:
        found = replace(joined(known, found), name=name, about=found.about)
    return evolution.save(found, folder)


def _sizes(recipe: Recipe) -> str:
    sides = sorted({px for _, px in recipe.stages})
    return f"{sides[0]} px" if len(sides) == 1 else f"{sides[0]} to {sides[-1]} px"


def network_at(run: RunDirectory, epoch: int, photos: PackedPhotos, machine: Machine) -> Network:
    """The network after `epoch`, as plain convolutions, at the size of use."""
    recipe, labels = run.recipe, run.data["classes"]
    network = recipe.build(len(labels))
    network.load_state_dict(run.load_snapshot(epoch))
    form = TrainingForm(network).to(machine.device, memory_format=torch.channels_last)
    measure_statistics(form, photos, recipe, machine, STATISTICS_PHOTOS)
    plain = folded(form.network)
    return present(
        f"{recipe.network}-epoch-{epoch}",
        f"{recipe.network}, epoch {epoch}",
        plain,
        tower_layers(plain),
        [label.replace("_", " ") for label in labels],
        preprocessing=Preprocessing(round(recipe.settle_px * 256 / 224), recipe.settle_px, recipe.mean, recipe.std),
        source=f"A snapshot of a training run, after epoch {epoch}.",
        trained=epoch > 0,
        device=machine.device,
    )


def _batches(photos: PackedPhotos, run: RunDirectory) -> Iterator[torch.Tensor]:
    recipe = run.recipe
    for begin in range(0, len(photos), BATCH):
        yield judged_batch(photos, range(begin, min(begin + BATCH, len(photos))), recipe.settle_px, recipe)

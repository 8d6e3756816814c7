"""The film of any training run, column by column as its snapshots appear, over photos that are at hand.

The shipped films search the training photos; a run that is being watched may have none here, so this one searches a
small corpus instead, by default the sample photos' crops, and takes batch statistics as the snapshot has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from zfnet_core.corpus import Corpus
from zfnet_core.errors import CorpusError
from zfnet_core.experiments import evolution
from zfnet_core.experiments.evolution import Evolution
from zfnet_core.experiments.evolution_summary import joined
from zfnet_core.models.batch_norm_folding import folded
from zfnet_core.models.network import Network, present
from zfnet_core.models.preprocessing import Preprocessing
from zfnet_core.models.zoo import tower_layers
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.run_directory import RunDirectory

MAPS_PER_LAYER = 12
BATCH = 16


def film_of_run(path: Path, corpus: Corpus, known: Evolution | None = None) -> Iterator[Evolution]:
    """Yield the film with one more column for every snapshot of the run in `path` that `known` does not have.

    Yields `known` itself, with the newest curve, if there is nothing new. Raises CheckpointError if there is no run in
    `path`, CorpusError if the run has kept no snapshot yet.
    """
    run = RunDirectory(path)
    recipe, curve = run.recipe, tuple(run.log())
    columns = [epoch for epoch in run.snapshots() if known is None or epoch not in known.epochs]
    if known is None and not columns:
        raise CorpusError(f"The run in {path} has kept no snapshot yet; come back after its first epoch.")
    batch_norm = " (batch norm folded as measured in training)" if recipe.batch_norm else ""
    about = f"{recipe.network}{batch_norm}; the strongest units over {len(corpus)} photos: {corpus.title}."
    film = replace(known, curve=curve) if known else None
    if not columns:
        yield film
    for epoch in columns:
        column = evolution.make(
            path.name,
            {epoch: partial(network_after, run, epoch)},
            partial(_batches, run, corpus),
            corpus.ids,
            curve,
            about=about,
            maps_per_layer=MAPS_PER_LAYER,
        )
        film = column if film is None else joined(film, column)
        yield film


def network_after(run: RunDirectory, epoch: int) -> Network:
    """The network as it was after `epoch`, batch norm folded into plain convolutions."""
    recipe, labels = run.recipe, run.data["classes"]
    module = recipe.build(len(labels))
    module.load_state_dict(run.load_snapshot(epoch))
    plain = folded(module.eval()) if recipe.batch_norm else module
    return present(
        f"{run.path.name}-epoch-{epoch}",
        f"{run.path.name}, epoch {epoch}",
        plain,
        tower_layers(plain),
        labels,
        preprocessing=_preprocessing(recipe),
        source=f"A snapshot of the run {run.path.name}, after epoch {epoch}.",
        trained=epoch > 0,
    )


def _preprocessing(recipe: Recipe) -> Preprocessing:
    return Preprocessing(round(recipe.settle_px * 256 / 224), recipe.settle_px, recipe.mean, recipe.std)


def _batches(run: RunDirectory, corpus: Corpus) -> Iterator[torch.Tensor]:
    for start in range(0, len(corpus), BATCH):
        photos = range(start, min(start + BATCH, len(corpus)))
        yield torch.stack([corpus.prepare(photo, _preprocessing(run.recipe)) for photo in photos])

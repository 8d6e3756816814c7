"""The film of any training run, column by column as its snapshots appear, over photos that are at hand.

The shipped films search the training photos. A run that is being watched may have none here (`training_photos`), so
this one searches whatever corpus it is given, and takes batch statistics as the snapshot has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

import torch

from zfnet_core.corpus import Corpus, open_corpus
from zfnet_core.errors import CheckpointError, CorpusError, ImageError
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


def training_photos(run: RunDirectory) -> Corpus | None:
    """The photos that a run was trained on, or None where they are not at hand.

    A run says where its photos lay as its command was told, so they are found from the same working directory. Of a
    set without a training part of its own there are none: the run divided it itself. Raises CheckpointError if the run
    does not say what it was trained on.
    """
    try:
        corpus = open_corpus(run.data.get("sources", []), root=run.data.get("root", "data"))
    except CorpusError:
        return None
    trained = [index for index, id in enumerate(corpus.ids) if _in_training_part(PurePosixPath(id))]
    return corpus.subset(trained) if trained else None


def _in_training_part(id: PurePosixPath) -> bool:
    return id.parts[-3:-2] == ("train",) or id.name.startswith("train-")


def film_of_run(path: Path, corpus: Corpus, known: Evolution | None = None) -> Iterator[Evolution]:
    """Yield the film with one more column for every snapshot of the run in `path` that `known` does not have.

    Yields `known` itself, with the newest curve, if there is nothing new. A film of other photos, or of a run that was
    started anew in the same folder since, is not gone on with. Broken photos are left out.
    Raises CheckpointError if there is no run in `path` or its files do not fit together, CorpusError if the run has
    kept no snapshot yet or no photo can be read.
    """
    run = RunDirectory(path)
    recipe, curve, stamps = run.recipe, tuple(run.log()), _stamps(run)
    batch_norm = " (batch norm folded as measured in training)" if recipe.batch_norm else ""
    about = f"{recipe.network}{batch_norm}; the strongest units over {len(corpus)} photos: {corpus.title}."
    if known is not None and not _goes_on(known, about, stamps):
        known = None
    columns = [epoch for epoch in stamps if known is None or epoch not in known.epochs]
    if known is None and not columns:
        raise CorpusError(f"The run in {path} has kept no snapshot yet; come back after its first epoch.")
    film = replace(known, curve=curve) if known else None
    if not columns:
        yield film
        return
    readable = _readable(corpus, _preprocessing(recipe))
    for epoch in columns:
        column = evolution.make(
            path.name,
            {epoch: partial(network_after, run, epoch)},
            partial(_batches, run, readable),
            readable.ids,
            curve,
            about=about,
            maps_per_layer=MAPS_PER_LAYER,
        )
        column = replace(column, stamps=(stamps[epoch],))
        film = column if film is None else joined(film, column)
        yield film


def _stamps(run: RunDirectory) -> dict[int, int]:
    """Epoch → when its snapshot was written, in nanoseconds."""
    return {epoch: path.stat().st_mtime_ns for epoch, path in run.snapshots().items()}


def _goes_on(known: Evolution, about: str, stamps: Mapping[int, int]) -> bool:
    return known.about == about and known.stamps == tuple(stamps.get(epoch) for epoch in known.epochs)


def _readable(corpus: Corpus, preprocessing: Preprocessing) -> Corpus:
    """The photos of a corpus that can be decoded. Raises CorpusError if there is none."""

    def can_be_read(index: int) -> bool:
        try:
            corpus.prepare(index, preprocessing)
        except ImageError:
            return False
        return True

    good = [index for index in range(len(corpus)) if can_be_read(index)]
    if not good:
        raise CorpusError(f"No photo of {corpus.title} can be read; choose other photos.")
    return corpus if len(good) == len(corpus) else corpus.subset(good)


def network_after(run: RunDirectory, epoch: int) -> Network:
    """The network as it was after `epoch`, batch norm folded into plain convolutions.

    Raises CheckpointError if the snapshot does not fit the recipe.
    """
    recipe, labels = run.recipe, run.data["classes"]
    try:
        module = recipe.build(len(labels))
        module.load_state_dict(run.load_snapshot(epoch))
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise CheckpointError(
            f"The snapshot of epoch {epoch} in {run.path} does not fit the recipe beside it; were two runs mixed?"
        ) from error
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

"""The film of a training run (Fig. 4), column by column as its snapshots appear.

There is one maker for the shipped films and for a run that is being watched. They differ in how many maps and photos
they show, and in the batch statistics: measured again at the size of use, or as the snapshot has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from zfnet_core.errors import CheckpointError, CorpusError, ImageError
from zfnet_core.exhibits.evolution import film as evolution
from zfnet_core.exhibits.evolution.film import Evolution
from zfnet_core.exhibits.evolution.summary import joined
from zfnet_core.language import phrase
from zfnet_core.models.batch_norm_folding import folded
from zfnet_core.models.network import Network, present
from zfnet_core.models.zoo import tower_layers
from zfnet_core.photos.corpus import Corpus, open_corpus
from zfnet_core.photos.preprocessing import Preprocessing
from zfnet_core.training.augment import TrainingPhotos
from zfnet_core.training.machine import Machine
from zfnet_core.training.recipe import FAMILIES, Recipe
from zfnet_core.training.run_directory import RunDirectory
from zfnet_core.training.settle import measure_statistics
from zfnet_core.training.trainable import TrainableNetwork

MAPS_PER_LAYER = 12
BATCH = 16
STATISTICS_PHOTOS = 256


def training_photos(run: RunDirectory) -> Corpus | None:
    """The photos that a run was trained on, or None where they are not at hand.

    A run says where its photos lay as its command was told, so they are found from the same working directory. Raises
    CheckpointError if the run does not say what it was trained on.
    """
    try:
        corpus = open_corpus(run.data.get("sources", []), root=run.data.get("root", "data")).part("train")
    except CorpusError:
        return None
    return corpus if len(corpus) else None


def film_of_run(
    path: Path,
    corpus: Corpus,
    known: Evolution | None = None,
    *,
    maps_per_layer: int = MAPS_PER_LAYER,
    measured_on: TrainingPhotos | None = None,
    machine: Machine | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[Evolution]:
    """Yield the film with one more column for every snapshot of the run in `path` that `known` does not have.

    The strongest units are looked for over `corpus`; broken photos are left out. Batch statistics are those of the
    snapshot, or are `measured_on` some training photos at the size of use. Yields `known` itself, with the newest
    curve, if there is nothing new. A film of other photos, or of a run that was started anew in the same folder since,
    is not gone on with, except one that does not know its snapshots because it was read from files: whoever gives it
    says that it is an earlier film of this run. Raises CheckpointError if there is no run in `path` or its files do not
    fit together, CorpusError if the run has kept no snapshot yet or no photo can be read.
    """
    run, machine = RunDirectory(path), machine or Machine()
    recipe, curve, stamps = run.recipe, tuple(run.log()), _stamps(run)
    about = _about(run, recipe, corpus, measured=measured_on is not None)
    if known is not None and not _goes_on(known, about, stamps):
        known = None
    columns = [epoch for epoch in stamps if known is None or epoch not in known.epochs]
    if known is not None and not columns:
        yield replace(known, curve=curve)
        return
    if not columns:
        raise CorpusError(
            phrase("The run in {path} has kept no snapshot yet; come back after its first epoch.", path=path)
        )
    pictures = decoded(corpus, recipe.preprocessing)
    if known is not None and known.photos != len(pictures.ids):
        raise CorpusError(
            phrase(
                "The film {name} searched {photos:,} photos, but here are {ids:,}; give the same photos, "
                "or make the film anew.",
                name=known.name,
                photos=known.photos,
                ids=len(pictures.ids),
            )
        )
    film = known
    for epoch in columns:
        *_, column = evolution.compute(
            path.name,
            {epoch: partial(network_after, run, epoch, measured_on, machine)},
            pictures.batches,
            pictures.ids,
            curve,
            evolution.Settings(maps_per_layer, half=machine.half),
            about=about,
            say=say,
        )
        column = replace(column, stamps=(stamps[epoch],))
        film = column if film is None else replace(joined(film, column), about=about)
        yield film


def _about(run: RunDirectory, recipe: Recipe, corpus: Corpus, measured: bool) -> str:
    sides = sorted({px for _, px in recipe.stages})
    sizes = f"{sides[0]} px" if len(sides) == 1 else f"{sides[0]} to {sides[-1]} px"
    trained = f" on {run.data['train']:,} photos" if "train" in run.data else ""
    as_measured = "measured at the size of use" if measured else "as measured in training"
    batch_norm = f" (batch norm folded in {as_measured})" if recipe.batch_norm else ""
    return (
        f"{FAMILIES.get(recipe.network, recipe.network)}{trained}, {recipe.epochs} epochs at {sizes}{batch_norm}; "
        f"the strongest units over {len(corpus):,} photos: {corpus.title}."
    )


def _stamps(run: RunDirectory) -> dict[int, int]:
    """Epoch → when its snapshot was written, in nanoseconds."""
    return {epoch: path.stat().st_mtime_ns for epoch, path in run.snapshots().items()}


def _goes_on(known: Evolution, about: str, stamps: Mapping[int, int]) -> bool:
    if not known.stamps:
        return True
    return known.about == about and known.stamps == tuple(stamps.get(epoch) for epoch in known.epochs)


@dataclass(frozen=True)
class _Pictures:
    """What a network sees of the photos that could be decoded: uint8 [N, input_px, input_px, 3]."""

    ids: tuple[str, ...]
    pixels: np.ndarray
    preprocessing: Preprocessing

    def batches(self) -> Iterator[torch.Tensor]:
        for start in range(0, len(self.ids), BATCH):
            part = torch.from_numpy(self.pixels[start : start + BATCH]).permute(0, 3, 1, 2).float()
            yield self.preprocessing.normalise(part / 255)


def decoded(corpus: Corpus, preprocessing: Preprocessing) -> _Pictures:
    """Every photo is decoded once for all columns. Raises CorpusError if none can be."""
    ids, shown = [], []
    for index, id in enumerate(corpus.ids):
        try:
            shown.append(corpus.shown(index, preprocessing))
        except ImageError:
            continue
        ids.append(id)
    if not ids:
        raise CorpusError(phrase("No photo of {title} can be read; choose other photos.", title=corpus.title))
    return _Pictures(tuple(ids), np.stack(shown), preprocessing)


def network_after(
    run: RunDirectory, epoch: int, measured_on: TrainingPhotos | None = None, machine: Machine | None = None
) -> Network:
    """The network as it was after `epoch`, batch norm folded into plain convolutions, on the machine's device.

    `measured_on` are training photos to measure the batch statistics on, at the size of use; None: as they were kept.
    Raises CheckpointError if the snapshot does not fit the recipe.
    """
    machine = machine or Machine()
    recipe, labels = run.recipe, run.labels
    try:
        module = recipe.build(len(labels))
        module.load_state_dict(run.load_snapshot(epoch))
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise CheckpointError(
            phrase(
                "The snapshot of epoch {epoch} in {path} does not fit the recipe beside it; were two runs mixed?",
                epoch=epoch,
                path=run.path,
            )
        ) from error
    if measured_on is not None:
        trainable = TrainableNetwork(module).on(machine.device)
        measure_statistics(trainable, measured_on, recipe, machine, STATISTICS_PHOTOS)
    plain = folded(module.eval())
    return present(
        f"{run.path.name}-epoch-{epoch}",
        f"{run.path.name}, epoch {epoch}",
        plain,
        tower_layers(plain),
        labels,
        preprocessing=recipe.preprocessing,
        source=f"A snapshot of the run {run.path.name}, after epoch {epoch}.",
        trained=epoch > 0,
        device=machine.device,
    )

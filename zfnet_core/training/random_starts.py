"""Short runs of several random starts, measured as the comparison of Fig. 6 measures a network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from zfnet_core.errors import CheckpointError
from zfnet_core.exhibits.comparison.comparison import MEASURES, measured
from zfnet_core.language import phrase
from zfnet_core.paper.random_starts import RandomStarts, save
from zfnet_core.photos import samples
from zfnet_core.photos.framed import FramedPhoto, inputs
from zfnet_core.training.augment import TrainingPhotos
from zfnet_core.training.film import network_after
from zfnet_core.training.machine import Machine
from zfnet_core.training.recipe import FAMILIES
from zfnet_core.training.run_directory import RunDirectory


def starts_of(
    runs: Sequence[RunDirectory],
    photos_of: Callable[[RunDirectory], TrainingPhotos | None],
    machine: Machine,
    say: Callable[[str], None] = print,
) -> RandomStarts:
    """Measure the last weights of finished `runs`, their batch statistics taken anew on `photos_of` them, if any.

    What depends on photos is measured on five sample photos. Raises CheckpointError unless the runs are finished and
    differ in network and seed alone: one recipe, the same photos.
    """
    first, seen = runs[0], set()
    for run in runs:
        recipe, log = run.recipe, run.log()
        if not log or log[-1]["epoch"] < recipe.epochs:
            raise CheckpointError(phrase("{path} has not finished; go on with it by --resume.", path=run.path))
        same = replace(recipe, network=first.recipe.network, seed=first.recipe.seed) == first.recipe
        if not same or run.data != first.data or (recipe.network, recipe.seed) in seen:
            raise CheckpointError(
                phrase(
                    "{path} differs from {first} in more than network and seed, or in neither; give runs that differ "
                    "in nothing else.",
                    path=run.path,
                    first=first.path,
                )
            )
        seen.add((recipe.network, recipe.seed))
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    photos = [FramedPhoto(samples.load(name)) for name in samples.FIVE]
    for run in runs:
        name, network = FAMILIES[run.recipe.network], network_after(run, run.recipe.epochs, photos_of(run), machine)
        portrait = measured(network, inputs(photos, network.preprocessing))
        for key in (key for measure in MEASURES for key in (measure.key, *dict(measure.further))):
            if (value := portrait.value(key)) is not None:
                found[name][key].append(round(value, 5))
        say(f"{name}, seed {run.recipe.seed}: { {key: values[-1] for key, values in found[name].items()} }")
    return RandomStarts(
        {name: {key: tuple(values) for key, values in part.items()} for name, part in found.items()},
        first.recipe.epochs,
        tuple(px for _, px in first.recipe.stages),
        first.data["train"],
        len(first.data["classes"]),
    )


def write_starts(
    runs: Sequence[RunDirectory],
    photos_of: Callable[[RunDirectory], TrainingPhotos | None],
    machine: Machine,
    path: Path,
    say: Callable[[str], None] = print,
) -> RandomStarts:
    """Measure `runs`, each a run of one network or of several, and write the file that the comparison page reads."""
    single = [student for run in runs for student in (run.students() or [run])]
    starts = starts_of(single, photos_of, machine, say)
    save(starts, path)
    return starts

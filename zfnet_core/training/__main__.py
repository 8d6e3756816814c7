"""`python -m zfnet_core.training`: train a network on a folder of photos, go on with a run, export it."""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors import safe_open
from torch import nn

from zfnet_core.errors import CheckpointError, CorpusError, ExplorerError
from zfnet_core.exhibits.evolution import film as evolution
from zfnet_core.language import phrase
from zfnet_core.photos.corpus import Corpus, open_corpus
from zfnet_core.training import export as exporting
from zfnet_core.training import loop
from zfnet_core.training import settle as settling
from zfnet_core.training.arguments import machine_of, networks_of, parser, recipe_of
from zfnet_core.training.film import film_of_run, training_photos
from zfnet_core.training.filters import write_panels
from zfnet_core.training.lesson import FolderNames, Lesson, Taught, validation
from zfnet_core.training.machine import Machine
from zfnet_core.training.packed import Packed, PackedPhotos, pack
from zfnet_core.training.random_starts import write_starts
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.run_directory import RunDirectory
from zfnet_core.training.soft_labels import looked_up, read_labels
from zfnet_core.training.table3 import write_table
from zfnet_core.training.teachers import teacher
from zfnet_core.training.trainable import TrainableNetwork
from zfnet_core.training.views import Views

SETTLED = "settled.safetensors"


def train(arguments: argparse.Namespace) -> None:
    """Start or resume a run."""
    machine = machine_of(arguments)
    home = RunDirectory(arguments.run)
    students = home.students()
    begun = bool(students)
    machine.processes.wait()  # so that no process takes the run that another one begins for an older one
    if begun and not arguments.resume:
        raise CheckpointError(
            phrase("{path} already holds a run; add --resume to go on with it, or name another folder.", path=home.path)
        )
    recipe = students[0].recipe if begun else recipe_of(arguments)
    told = students[0].data if begun else {}
    sources = [absolute(source) for source in arguments.data] or told.get("sources", [])
    if not sources:
        raise CorpusError(
            phrase("There is nothing to train on; add --data with a folder that holds train|val/<class>/<file>.")
        )
    corpus = open_corpus(sources, root=arguments.root, download=arguments.download)
    if not machine.processes.first:
        machine.processes.wait()  # the first process decodes and asks the teacher, the others find it in the cache
    lesson, val = prepared(corpus, recipe, machine, arguments.cache)
    if machine.processes.first:
        machine.processes.wait()
    data: dict[str, Any] = {"classes": list(lesson.classes), "train": len(lesson.photos), "val": len(val)}
    if begun and any(told[key] != value for key, value in data.items()):
        raise CorpusError(
            phrase(
                "{path} was begun with {before:,} training photos of {classes_before} classes, not with these "
                "{photos:,} of {classes}; give the same photos, or begin another run.",
                path=home.path,
                before=told["train"],
                classes_before=len(told["classes"]),
                photos=data["train"],
                classes=len(data["classes"]),
            )
        )
    if not begun:
        networks = networks_of(arguments, recipe)
        if arguments.minutes is not None:
            recipe = loop.fitted_to(arguments.minutes, recipe, networks, lesson, val, machine)
            say(f"{arguments.minutes:g} minutes: {', '.join(f'{n} epochs at {px} px' for n, px in recipe.stages)}")
        if machine.processes.first:
            recipes = [dataclasses.replace(recipe, network=name) for name in networks]
            students = home.begin_students(recipes, {"sources": sources, "root": arguments.root, **data})
            if arguments.go_on_from:
                plain, records = exporting.exported(*arguments.go_on_from)
                loop.go_on_from(students[0], lesson, val, machine, plain, records)
    machine.processes.wait()
    loop.train(home, home.students(), lesson, val, machine, checkpoint_s=arguments.checkpoint_seconds, say=say)


def prepared(corpus: Corpus, recipe: Recipe, machine: Machine, cache: Path) -> tuple[Lesson, PackedPhotos]:
    """The photos with what is to be learnt of them, and the photos to validate on; both on the machine's device."""
    packed = pack(corpus, cache, canvas_px=recipe.canvas_px, every_class=bool(recipe.teacher)).on(machine.device)
    if machine.processes.first:
        for sentence in packed.left_out:
            say(f"left out: {sentence}")
    if not recipe.teacher:
        return FolderNames(packed.train), packed.val
    views = Views.drawn(packed.train.ratios, recipe)
    if recipe.teacher.endswith(".npz"):
        soft, ask = read_labels(Path(recipe.teacher), packed.train.ids, recipe), None
    else:
        ask = functools.partial(teacher, recipe.teacher)
        soft = looked_up(ask(), packed.train, packed.key, views, recipe, machine, cache, say)
    val = validation(packed.val, soft.labels, ask)
    return Taught(packed.train, views, soft.on(machine.device)), val


def absolute(source: str) -> str:
    """A path that still leads there from another folder; the name of a data set stays as it is."""
    return str(Path(source).resolve()) if Path(source).exists() else source


def network_of(run: RunDirectory, epoch: int | None = None) -> tuple[nn.Sequential, int, bool]:
    """A run's network, the epoch it is from, and whether it was settled: of `epoch`, or the newest there is.

    Raises CheckpointError if what was settled is older than the newest snapshot.
    """
    newest = max(run.snapshots(), default=None)
    if newest is None:
        raise CheckpointError(phrase("{path} has kept no snapshot yet; train for an epoch first.", path=run.path))
    weights, settled = run.load_snapshot(newest if epoch is None else epoch), False
    if epoch is None and (run.path / SETTLED).exists():
        with safe_open(run.path / SETTLED, framework="pt") as file:
            from_epoch = int((file.metadata() or {}).get("epoch", -1))
            weights, settled = {key: file.get_tensor(key) for key in file.keys()}, True  # noqa: SIM118
        if from_epoch != newest:
            raise CheckpointError(
                phrase("{path} was trained on since it was settled; settle it again, then export it.", path=run.path)
            )
    network = run.recipe.build(len(run.data["classes"]))
    network.load_state_dict(weights)
    return network.eval(), newest if epoch is None else epoch, settled


def photos_of(run: RunDirectory, arguments: argparse.Namespace, machine: Machine, few: bool = False) -> Packed:
    """The photos that a run was trained on, from the cache if they are still there, numbered as its classes.

    `few`: of the training photos only as many as an export looks at.
    """
    recipe, classes = run.recipe, run.data["classes"]
    corpus = open_corpus(run.data["sources"], root=run.data.get("root", "data"))
    if few and recipe.canvas_px:
        train = set(corpus.part("train").sample(max(recipe.statistics_photos, exporting.TRAIN_SAMPLE)).ids)
        chosen = [i for i, part in enumerate(corpus.parts) if part != "train" or corpus.ids[i] in train]
        corpus = corpus.subset(chosen)
    packed = pack(corpus, arguments.cache, every_class=bool(recipe.teacher)).on(machine.device)
    if not recipe.teacher:
        return packed
    ask = None if recipe.teacher.endswith(".npz") else functools.partial(teacher, recipe.teacher)
    return dataclasses.replace(packed, val=validation(packed.val, classes, ask))


def settle(arguments: argparse.Namespace) -> None:
    """Settle the last snapshot and keep the result beside it."""
    machine, run = machine_of(arguments), RunDirectory(arguments.run)
    changes = {"settle_views": arguments.views, "settle_epochs": arguments.epochs}
    recipe = dataclasses.replace(run.recipe, **{key: value for key, value in changes.items() if value is not None})
    photos = photos_of(run, arguments, machine)
    network, epoch, _ = network_of(run, max(run.snapshots(), default=0))
    trainable = TrainableNetwork(network).on(machine.device)
    settling.settle(trainable, photos.train, recipe, machine, say=say)
    run.write_text("recipe.json", recipe.to_json())
    run.save_weights(SETTLED, trainable.network.state_dict(), {"epoch": str(epoch)})


def export(arguments: argparse.Namespace) -> None:
    """Write the bundled form; what was not settled gets its batch statistics measured first, as settling does."""
    machine, run = machine_of(arguments), RunDirectory(arguments.run)
    photos = photos_of(run, arguments, machine, few=True)
    network, epoch, settled = network_of(run, arguments.epoch)
    trainable = TrainableNetwork(network).on(machine.device)
    if not settled:
        settling.measure_statistics(trainable, photos.train, run.recipe, machine)
    name = arguments.name or f"{run.recipe.network}-classroom"
    groups = {group: names.split(",") for group, names in (text.split("=", 1) for text in arguments.among)}
    card = exporting.export(
        run,
        trainable.network.cpu(),
        photos,
        machine,
        arguments.out,
        name,
        epochs=epoch,
        summary=arguments.summary,
        licences=arguments.licence,
        groups=groups,
        commands=[
            "save this card's `recipe` as recipe.json",
            "python -m zfnet_core.training train RUN --recipe recipe.json --data FOLDER",
            *(["python -m zfnet_core.training settle RUN"] if settled else []),
            f"python -m zfnet_core.training export RUN{'' if arguments.epoch is None else f' --epoch {epoch}'}",
        ],
    )
    say(json.dumps(card["accuracy"]["val"]))


def film(arguments: argparse.Namespace) -> None:
    """Write the material of Fig. 4 for the run's snapshots."""
    machine, run = machine_of(arguments), RunDirectory(arguments.run)
    corpus = training_photos(run)
    if corpus is None:
        raise CorpusError(
            phrase(
                "The photos that {path} was trained on are not here; go to the folder it was begun in.", path=run.path
            )
        )
    films = film_of_run(
        run.path,
        corpus.sample(arguments.photos, run.recipe.seed),
        evolution.load(arguments.known) if arguments.known else None,
        maps_per_layer=arguments.maps,
        measured_on=photos_of(run, arguments, machine).train,
        machine=machine,
        say=say,
    )
    name = arguments.name or f"{run.recipe.network}-classroom"
    for made in films:
        path = evolution.save(dataclasses.replace(made, name=name), arguments.out)
    say(str(path))


def table(arguments: argparse.Namespace) -> None:
    """Write the finished rows of Table 3."""
    machine, runs = machine_of(arguments), [RunDirectory(path) for path in arguments.runs]
    write_table(runs, lambda run: photos_of(run, arguments, machine), machine, arguments.out, say)


def panels(arguments: argparse.Namespace) -> None:
    """Write the panels of Fig. 6(a–c)."""
    for panel in write_panels([RunDirectory(path) for path in arguments.runs], arguments.out):
        say(f"({panel.letter}) {json.dumps(dict(panel.run))}, strongest filter {panel.dominance:.1f} × the median RMS")


def starts(arguments: argparse.Namespace) -> None:
    """Write what runs of several random starts differ by."""
    machine, runs = machine_of(arguments), [RunDirectory(path) for path in arguments.runs]
    write_starts(runs, lambda run: photos_of(run, arguments, machine).train, machine, arguments.out, say)


def say(line: str) -> None:
    """Progress goes to the screen line by line, also through a pipe."""
    print(line, flush=True)


COMMANDS = {
    "train": train,
    "settle": settle,
    "export": export,
    "evolution": film,
    "table": table,
    "filters": panels,
    "starts": starts,
}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command, of the command line unless `words` are given; errors are one sentence, not a traceback."""
    arguments = parser().parse_args(words)
    try:
        COMMANDS[arguments.command](arguments)
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        resumable = arguments.command == "train"
        print("\nstopped" + ("; the state is saved, add --resume to go on" if resumable else ""), file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m zfnet_core.training`: train a network on a folder of photos, go on with a run, export it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

import torch
from safetensors import safe_open
from torch import nn

from zfnet_core.errors import CheckpointError, CorpusError, ExplorerError
from zfnet_core.experiments import evolution
from zfnet_core.training import export as exporting
from zfnet_core.training import loop
from zfnet_core.training import settle as settling
from zfnet_core.training.arguments import machine_of, parser, recipe_of
from zfnet_core.training.film import make_film
from zfnet_core.training.filters import write_panels
from zfnet_core.training.form import TrainingForm
from zfnet_core.training.machine import Machine
from zfnet_core.training.packed import PackedPhotos, pack
from zfnet_core.training.photos import find_photos
from zfnet_core.training.run_directory import RunDirectory
from zfnet_core.training.table3 import write_table

SETTLED = "settled.safetensors"


def train(arguments: argparse.Namespace) -> None:
    """Start or resume a run."""
    machine = machine_of(arguments)
    run = RunDirectory(arguments.run)
    begun = run.begun
    machine.processes.wait()  # so that no process takes the run that another one begins for an older one
    if begun and not arguments.resume:
        raise CheckpointError(f"{run.path} already holds a run; add --resume to go on with it, or name another folder.")
    recipe = run.recipe if begun else recipe_of(arguments)
    sources = [absolute(source) for source in arguments.data] or (run.data["sources"] if begun else [])
    if not sources:
        raise CorpusError("There is nothing to train on; add --data with a folder that holds train|val/<class>/<file>.")
    photos = find_photos(sources, arguments.root, arguments.download)
    if not machine.processes.first:
        machine.processes.wait()  # the first process decodes, the others find the photos in the cache
    packed = {split: part.on(machine.device) for split, part in pack(photos, arguments.cache).items()}
    if machine.processes.first:
        machine.processes.wait()
    data = {"classes": list(packed["train"].classes), **{split: len(part) for split, part in packed.items()}}
    if begun and any(run.data[key] != value for key, value in data.items()):
        raise CorpusError(
            f"{run.path} was begun with {run.data['train']:,} training photos of {len(run.data['classes'])} classes, "
            f"not with these {data['train']:,} of {len(data['classes'])}; give the same photos, or begin another run."
        )
    if machine.processes.first and not begun:
        run.begin(recipe, {"sources": sources, "root": arguments.root, **data})
        if arguments.go_on_from:
            plain, records = exporting.exported(*arguments.go_on_from)
            loop.begin_with(run, recipe, packed, machine, plain, records)
    machine.processes.wait()
    loop.train(run, recipe, packed, machine, checkpoint_s=arguments.checkpoint_seconds, say=say)


def absolute(source: str) -> str:
    """A path that still leads there from another folder; the name of a data set stays as it is."""
    return str(Path(source).resolve()) if Path(source).exists() else source


def network_of(run: RunDirectory, epoch: int | None = None) -> tuple[nn.Sequential, int, bool]:
    """A run's network, the epoch it is from, and whether it was settled: of `epoch`, or the newest there is.

    Raises CheckpointError if what was settled is older than the newest snapshot.
    """
    newest = max(run.snapshots(), default=None)
    if newest is None:
        raise CheckpointError(f"{run.path} has kept no snapshot yet; train for an epoch first.")
    weights, settled = run.load_snapshot(newest if epoch is None else epoch), False
    if epoch is None and (run.path / SETTLED).exists():
        with safe_open(run.path / SETTLED, framework="pt") as file:
            from_epoch = int((file.metadata() or {}).get("epoch", -1))
            weights, settled = {key: file.get_tensor(key) for key in file.keys()}, True  # noqa: SIM118
        if from_epoch != newest:
            raise CheckpointError(f"{run.path} was trained on since it was settled; settle it again, then export it.")
    network = run.recipe.build(len(run.data["classes"]))
    network.load_state_dict(weights)
    return network.eval(), newest if epoch is None else epoch, settled


def photos_of(run: RunDirectory, arguments: argparse.Namespace, machine: Machine) -> dict[str, PackedPhotos]:
    """The photos that a run was trained on, from the cache if they are still there."""
    packed = pack(find_photos(run.data["sources"], run.data.get("root", "data")), arguments.cache)
    return {split: part.on(machine.device) for split, part in packed.items()}


def settle(arguments: argparse.Namespace) -> None:
    """Settle the last snapshot and keep the result beside it."""
    machine, run = machine_of(arguments), RunDirectory(arguments.run)
    changes = {"settle_views": arguments.views, "settle_epochs": arguments.epochs}
    recipe = dataclasses.replace(run.recipe, **{key: value for key, value in changes.items() if value is not None})
    photos = photos_of(run, arguments, machine)
    network, epoch, _ = network_of(run, max(run.snapshots(), default=0))
    form = TrainingForm(network).to(machine.device, memory_format=torch.channels_last)
    settling.settle(form, photos["train"], recipe, machine, say=say)
    run.write_text("recipe.json", recipe.to_json())
    run.save_weights(SETTLED, form.network.state_dict(), {"epoch": str(epoch)})


def export(arguments: argparse.Namespace) -> None:
    """Write the bundled form; what was not settled gets its batch statistics measured first, as settling does."""
    machine, run = machine_of(arguments), RunDirectory(arguments.run)
    photos = photos_of(run, arguments, machine)
    network, epoch, settled = network_of(run, arguments.epoch)
    form = TrainingForm(network).to(machine.device, memory_format=torch.channels_last)
    if not settled:
        settling.measure_statistics(form, photos["train"], run.recipe, machine)
    name = arguments.name or f"{run.recipe.network}-classroom"
    groups = {group: names.split(",") for group, names in (text.split("=", 1) for text in arguments.among)}
    card = exporting.export(
        run,
        form.network.cpu(),
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
    recipe = run.recipe
    path = make_film(
        run,
        photos_of(run, arguments, machine)["train"],
        machine,
        arguments.out,
        arguments.name or f"{recipe.network}-classroom",
        photos_searched=arguments.photos,
        maps_per_layer=arguments.maps,
        known=evolution.load(arguments.known) if arguments.known else None,
        say=say,
    )
    say(str(path))


def table(arguments: argparse.Namespace) -> None:
    """Write the finished rows of Table 3."""
    machine, runs = machine_of(arguments), [RunDirectory(path) for path in arguments.runs]
    write_table(runs, lambda run: photos_of(run, arguments, machine), machine, arguments.out, say)


def panels(arguments: argparse.Namespace) -> None:
    """Write the panels of Fig. 6(a–c)."""
    for panel in write_panels([RunDirectory(path) for path in arguments.runs], arguments.out):
        say(f"({panel.letter}) {json.dumps(dict(panel.run))}, strongest filter {panel.dominance:.1f} × the median RMS")


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
}


def main() -> int:
    """Run one command; errors are one sentence, not a traceback."""
    arguments = parser().parse_args()
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

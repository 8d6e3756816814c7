"""`python -m zfnet_core.training`: train a network on a folder of photos, go on with a run, export it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

import torch
from safetensors.torch import load_file
from torch import nn

from zfnet_core.errors import CheckpointError, CorpusError, ExplorerError
from zfnet_core.training import export as exporting
from zfnet_core.training import loop
from zfnet_core.training import settle as settling
from zfnet_core.training.arguments import machine_of, parser, recipe_of
from zfnet_core.training.film import make_film
from zfnet_core.training.filters import write_panels
from zfnet_core.training.form import TrainingForm
from zfnet_core.training.packed import PackedPhotos, pack
from zfnet_core.training.photos import find_photos
from zfnet_core.training.run_directory import RunDirectory
from zfnet_core.training.table3 import write_table

SETTLED = "settled.safetensors"


def train(arguments: argparse.Namespace) -> None:
    """Start or resume a run."""
    machine = machine_of(arguments)
    run = RunDirectory(arguments.run)
    begun = (run.path / "recipe.json").exists()
    machine.processes.wait()  # so that no process takes the run that another one begins for an older one
    if begun and not arguments.resume:
        raise CheckpointError(f"{run.path} already holds a run; add --resume to go on with it, or name another folder.")
    recipe = run.recipe if begun else recipe_of(arguments)
    sources = run.data["sources"] if begun and not arguments.data else arguments.data
    if not sources:
        raise CorpusError("There is nothing to train on; add --data with a folder that holds train|val/<class>/<file>.")
    photos = find_photos(sources, arguments.root, arguments.download)
    packed = pack(photos, arguments.cache)
    if machine.processes.first and not begun:
        counts = {split: len(part) for split, part in packed.items()}
        run.begin(
            recipe, {"sources": sources, "root": arguments.root, "classes": list(packed["train"].classes), **counts}
        )
    packed = {split: on_device(part, machine.device) for split, part in packed.items()}
    loop.train(run, recipe, packed, machine, checkpoint_s=arguments.checkpoint_seconds, say=say)


def network_of(run: RunDirectory, epoch: int | None = None) -> nn.Sequential:
    """The settled network of a run, or its snapshot of `epoch` (by default the last if nothing was settled)."""
    network = run.recipe.build(len(run.data["classes"]))
    if epoch is None and (run.path / SETTLED).exists():
        network.load_state_dict(load_file(run.path / SETTLED))
    else:
        network.load_state_dict(run.load_snapshot(max(run.snapshots()) if epoch is None else epoch))
    return network.eval()


def photos_of(run: RunDirectory, arguments: argparse.Namespace) -> dict[str, PackedPhotos]:
    """The photos that a run was trained on, from the cache if they are still there."""
    return pack(find_photos(run.data["sources"], run.data.get("root", "data")), arguments.cache)


def settle(arguments: argparse.Namespace) -> None:
    """Settle the last snapshot and keep the result beside it."""
    machine, run = machine_of(arguments), RunDirectory(arguments.run)
    changes = {"settle_views": arguments.views, "settle_epochs": arguments.epochs}
    recipe = dataclasses.replace(run.recipe, **{key: value for key, value in changes.items() if value is not None})
    photos = photos_of(run, arguments)
    form = TrainingForm(network_of(run, max(run.snapshots())))
    form = form.to(machine.device, memory_format=torch.channels_last)
    settling.settle(form, photos["train"], recipe, machine, say=say)
    run.write_text("recipe.json", recipe.to_json())
    run.save_weights(SETTLED, form.network.state_dict())


def export(arguments: argparse.Namespace) -> None:
    """Write the bundled form; a snapshot gets its batch statistics measured first, as settling does."""
    machine, run = machine_of(arguments), RunDirectory(arguments.run)
    photos = photos_of(run, arguments)
    form = TrainingForm(network_of(run, arguments.epoch)).to(machine.device, memory_format=torch.channels_last)
    if arguments.epoch is not None:
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
        epochs=arguments.epoch or run.recipe.epochs,
        summary=arguments.summary,
        licences=arguments.licence,
        groups=groups,
        commands=[
            "save this card's `recipe` as recipe.json",
            "python -m zfnet_core.training train RUN --recipe recipe.json --data FOLDER",
            "python -m zfnet_core.training settle RUN",
            "python -m zfnet_core.training export RUN",
        ]
        if arguments.epoch is None
        else [f"python -m zfnet_core.training export RUN --epoch {arguments.epoch}"],
    )
    say(json.dumps(card["accuracy"]["val"]))


def film(arguments: argparse.Namespace) -> None:
    """Write the material of Fig. 4 for the run's snapshots."""
    machine, run = machine_of(arguments), RunDirectory(arguments.run)
    recipe = run.recipe
    path = make_film(
        run,
        photos_of(run, arguments)["train"],
        machine,
        arguments.out,
        arguments.name or f"{recipe.network}-classroom",
        photos_searched=arguments.photos,
        maps_per_layer=arguments.maps,
        say=say,
    )
    say(str(path))


def table(arguments: argparse.Namespace) -> None:
    """Write the finished rows of Table 3."""
    for row in write_table([RunDirectory(path) for path in arguments.runs], arguments.out):
        say(json.dumps(row))


def panels(arguments: argparse.Namespace) -> None:
    """Write the panels of Fig. 6(a–c)."""
    for panel in write_panels([RunDirectory(path) for path in arguments.runs], arguments.out):
        say(f"({panel.letter}) {json.dumps(dict(panel.run))}, strongest filter {panel.dominance:.1f} × the median RMS")


def on_device(photos: PackedPhotos, device: torch.device) -> PackedPhotos:
    """On a GPU if they take less than half of its free memory; else they stay where they are."""
    if device.type == "cuda" and photos.pixels.numel() < torch.cuda.mem_get_info(device)[0] // 2:
        return photos.to(device)
    return photos


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
        print("\nstopped; the state is saved, add --resume to go on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

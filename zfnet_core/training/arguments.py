"""The command line of `python -m zfnet_core.training`, and what its settings mean."""

from __future__ import annotations

import argparse
import dataclasses
import os
from pathlib import Path

import torch
from torch import nn

from zfnet_core.errors import UnknownName
from zfnet_core.files import cache_folder
from zfnet_core.language import phrase
from zfnet_core.models import zoo
from zfnet_core.training.machine import Machine, has_fast_half
from zfnet_core.training.presets import NETWORKS, PRESETS
from zfnet_core.training.processes import join
from zfnet_core.training.recipe import CONVS, Recipe


def parser() -> argparse.ArgumentParser:
    """All commands and their settings."""
    top = argparse.ArgumentParser(
        prog="python -m zfnet_core.training",
        description="Train a network on a folder of photos, go on with a run, settle it, export it.",
    )
    commands = top.add_subparsers(dest="command", required=True)

    train = commands.add_parser("train", help="train networks, or go on with a run")
    train.add_argument("run", type=Path, help="folder of this run; made if it is not there")
    train.add_argument("--data", nargs="+", default=[], help="folder, zip files, or the name of a torchvision data set")
    train.add_argument("--resume", action="store_true", help="go on with the run exactly where it stopped")
    train.add_argument("--preset", choices=PRESETS, default="zfnet-classroom", help="a recipe to begin with")
    train.add_argument("--recipe", type=Path, help="a JSON file with settings that differ from the defaults")
    train.add_argument(
        "--networks", nargs="+", choices=tuple(CONVS), help="the networks to teach, several on the same batches"
    )
    train.add_argument(
        "--teacher", help="learn its probabilities: efficientnet-lite2, a network of the zoo, an .npz file"
    )
    train.add_argument("--begin-with", help="go on from the weights of this network of the zoo (fine-tuning)")
    train.add_argument("--stages", type=stages, help="epochs@px, separated by commas, such as 8@96,5@128")
    train.add_argument("--minutes", type=float, help="as many epochs as fit into this time here, in the stages' shares")
    train.add_argument("--batch", type=int, help="photos in a batch")
    train.add_argument("--peak-rate", type=float, help="the learning rate at its largest")
    train.add_argument("--seed", type=int, help="another random start and order")
    train.add_argument(
        "--go-on-from",
        nargs=2,
        type=Path,
        metavar=("CARD", "FILM"),
        help="begin where an exported network stopped: its model card (weights beside it) and its film's index",
    )
    train.add_argument("--root", default="data", help="where torchvision's data sets are kept")
    train.add_argument("--download", action="store_true", help="let torchvision fetch its data set")
    train.add_argument("--checkpoint-seconds", type=float, default=120, help="how often the state is saved")

    settle = commands.add_parser("settle", help="settle a trained network at the size of use")
    settle.add_argument("run", type=Path)
    settle.add_argument("--views", type=int, help="random views of every photo to compute features of")
    settle.add_argument("--epochs", type=int, help="epochs of the fully connected layers on them")

    export = commands.add_parser("export", help="write weights and model card in the bundled form")
    export.add_argument("run", type=Path)
    export.add_argument("--out", type=Path, default=Path("assets/weights"), help="folder to write to")
    export.add_argument("--name", help="file name without ending (default: <network>-classroom)")
    export.add_argument("--epoch", type=int, help="a snapshot instead of the settled network")
    export.add_argument("--summary", default="", help="one sentence that says what the network is")
    export.add_argument("--licence", action="append", default=[], help="a data set and its licence; may be repeated")
    export.add_argument("--among", action="append", default=[], help="NAME=class,class,…: accuracy among these alone")

    film = commands.add_parser("evolution", help="what the features looked like at every snapshot (Fig. 4)")
    film.add_argument("run", type=Path)
    film.add_argument("--out", type=Path, default=Path("assets/evolution"), help="folder to write to")
    film.add_argument("--name", help="file name without ending (default: <network>-classroom)")
    film.add_argument("--photos", type=int, default=2000, help="random training photos to search")
    film.add_argument("--maps", type=int, default=16, help="maps per layer")
    film.add_argument("--known", type=Path, help="index of an earlier film of this run: only columns it lacks are made")

    table = commands.add_parser("table", help="collect finished runs of Table 3's rows")
    table.add_argument("runs", type=Path, nargs="+", help="runs, each in a folder named after its row's preset")
    table.add_argument("--out", type=Path, default=Path("assets/ablation.json"), help="file to write")

    filters = commands.add_parser("filters", help="collect the first-layer filters of the runs of Fig. 6(a–c)")
    filters.add_argument("runs", type=Path, nargs="+", help="runs, each in a folder named after its preset")
    filters.add_argument("--out", type=Path, default=Path("assets/figure_6.safetensors"), help="file to write")

    starts = commands.add_parser("starts", help="measure short runs of several random starts for Fig. 6")
    starts.add_argument("runs", type=Path, nargs="+", help="runs that differ in network and seed only")
    starts.add_argument("--out", type=Path, default=Path("assets/random_starts.json"), help="file to write")

    for command in (train, settle, export, film, table, starts):
        command.add_argument(
            "--cache", type=Path, default=cache_folder() / "packed", help="where decoded photos are kept"
        )
        command.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
        command.add_argument("--threads", type=int, help="threads for the arithmetic on a CPU")
        command.add_argument("--half", choices=("auto", "yes", "no"), default="auto", help="bfloat16 products")
    return top


def stages(text: str) -> tuple[tuple[int, int], ...]:
    """`8@96,5@128` → ((8, 96), (5, 128)); ValueError, which argparse turns into a sentence, for anything else."""
    return tuple((int(epochs), int(px)) for epochs, px in (stage.split("@") for stage in text.split(",")))


def recipe_of(arguments: argparse.Namespace) -> Recipe:
    """The recipe file or the preset, then what the command line changes."""
    recipe = Recipe.read(arguments.recipe) if arguments.recipe else PRESETS[arguments.preset]
    names = ("stages", "seed", "batch", "peak_rate", "teacher", "begin_with")
    changes = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    recipe = dataclasses.replace(recipe, **changes)
    if not recipe.begin_with:
        return recipe
    like = zoo.entry(recipe.begin_with)
    if like.family.lower() not in CONVS:
        raise UnknownName(
            phrase("{network} cannot be trained on; choose a ZFNet or an AlexNet of the zoo.", network=like.title)
        )
    layers = dict(zoo.load(recipe.begin_with).module.named_children())
    full = [layers[name] for name in ("fc6", "fc7") if name in layers]
    units = tuple(part.out_features for part in full if isinstance(part, nn.Linear))
    return dataclasses.replace(recipe, network=like.family.lower(), units=units)


def networks_of(arguments: argparse.Namespace, recipe: Recipe) -> tuple[str, ...]:
    """The networks that are taught together: as told, else the preset's, else the recipe's one."""
    told = tuple(dict.fromkeys(arguments.networks or ()))
    usual = () if arguments.recipe else NETWORKS.get(arguments.preset, ())
    if recipe.begin_with and told not in ((), (recipe.network,)):
        raise UnknownName(
            phrase(
                "{name} is a {network}; it cannot become {others}.",
                name=recipe.begin_with,
                network=recipe.network,
                others=", ".join(told),
            )
        )
    return told or usual or (recipe.network,)


def machine_of(arguments: argparse.Namespace) -> Machine:
    """Device, arithmetic and the other processes."""
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    device = torch.device(arguments.device)
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", device.index or 0)))
        torch.cuda.set_device(device)
    half = has_fast_half(device) if arguments.half == "auto" else arguments.half == "yes"
    return Machine(device, half, join(device))

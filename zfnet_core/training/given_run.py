"""A run directory that somebody else may have written: checked before anything is built, searched or read from it.

A recipe is a few numbers, and each of them could ask for more memory than there is; the places of its photos could be
the whole disk. What is not as the training command writes it is refused in one sentence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from zfnet_core.errors import CheckpointError
from zfnet_core.language import phrase
from zfnet_core.training.recipe import CONVS, Recipe
from zfnet_core.training.run_directory import RunDirectory

MOST_UNITS = 4096  # the paper's own
MOST_MAPS = 1024
MOST_CLASSES = 10_000
MOST_PHOTO_PX = 512
MOST_SNAPSHOTS = 500
MOST_TEXT_BYTES = 4 * 2**20
MOST_SNAPSHOT_BYTES = 600 * 2**20
MOST_SOURCES = 100


def open_run(path: Path) -> RunDirectory:
    """The run in `path`. Raises CheckpointError, with what is wrong, for anything that a film cannot be made of."""
    run = RunDirectory(path)
    try:
        for name in ("recipe.json", "data.json", "log.jsonl"):
            if (path / name).exists() and (path / name).stat().st_size > MOST_TEXT_BYTES:
                raise CheckpointError(
                    phrase(
                        "{name} is larger than {most_text_bytes} MB; no training run writes that.",
                        name=name,
                        most_text_bytes=MOST_TEXT_BYTES >> 20,
                    )
                )
        _check_recipe(run.recipe)
        _check_data(run.data)
        for record in run.log():
            _check_record(record)
        _check_snapshots(path)
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(phrase("The run in {path} cannot be read; choose another folder.", path=path)) from error
    return run


def unusual_sources(run: RunDirectory) -> tuple[str, ...]:
    """The places of a run's photos that a person should confirm first, because they lie outside the working directory.

    Names of data sets and relative paths that stay below it are what the training command is usually told.
    """
    places = [*run.data.get("sources", []), run.data.get("root", "data")]
    return tuple(place for place in places if _leads_out(place))


def _leads_out(place: str) -> bool:
    path = PurePath(place)
    if path.is_absolute() or ".." in path.parts or place.startswith("~") or not path.parts:
        return True
    return not Path(place).resolve().is_relative_to(Path.cwd().resolve())


def _wrong(what: str) -> CheckpointError:
    return CheckpointError(phrase("This is not a training run of this project: {what}.", what=what))


def _check_recipe(recipe: Recipe) -> None:
    if not isinstance(recipe.network, str) or recipe.network not in CONVS:
        raise _wrong(phrase("its network is none of {names}", names=", ".join(CONVS)))
    if not _whole_numbers(recipe.units, MOST_UNITS) or len(recipe.units) > 2:
        raise _wrong(phrase("“units” are two numbers from 1 to {most}", most=MOST_UNITS))
    if not _whole_numbers(recipe.without, 7):
        raise _wrong(phrase("“without” are numbers of layers"))
    if recipe.maps is not None and (not _whole_numbers(recipe.maps, MOST_MAPS) or len(recipe.maps) != 5):
        raise _wrong(phrase("“maps” are five numbers from 1 to {most}", most=MOST_MAPS))
    if not isinstance(recipe.batch_norm, bool):
        raise _wrong(phrase("“batch_norm” is true or false"))
    if not _is_whole(recipe.settle_px, MOST_PHOTO_PX) or recipe.settle_px < 64:
        raise _wrong(phrase("“settle_px” is a number from 64 to {most}", most=MOST_PHOTO_PX))
    if not isinstance(recipe.dropout, int | float) or not 0 <= recipe.dropout < 1:
        raise _wrong(phrase("“dropout” is a share"))
    for name in ("mean", "std"):
        values = getattr(recipe, name)
        if not isinstance(values, tuple) or len(values) != 3 or not all(_is_number(value) for value in values):
            raise _wrong(phrase("“{name}” are three numbers", name=name))
    stages = recipe.stages
    if not isinstance(stages, tuple) or not all(_whole_numbers(stage, 100_000) and len(stage) == 2 for stage in stages):
        raise _wrong(phrase("“stages” are pairs of epochs and pixels"))


def _check_data(data: Any) -> None:
    if not isinstance(data, Mapping):
        raise _wrong(phrase("data.json is an object"))
    classes, sources = data.get("classes"), data.get("sources", [])
    if not isinstance(classes, list) or not _texts(classes) or not 1 <= len(classes) <= MOST_CLASSES:
        raise _wrong(phrase("“classes” are 1 to {most:,} names", most=MOST_CLASSES))
    if not _texts(sources) or len(sources) > MOST_SOURCES:
        raise _wrong(phrase("“sources” are at most {most} places with photos", most=MOST_SOURCES))
    if not isinstance(data.get("root", "data"), str):
        raise _wrong(phrase("“root” is a folder"))
    if "train" in data and not _is_whole(data["train"], 10**9):
        raise _wrong(phrase("“train” is a number of photos"))


def _check_record(record: Any) -> None:
    if not isinstance(record, Mapping) or not _is_whole(record.get("epoch"), 100_000, least=0):
        raise _wrong(phrase("every line of its log has an epoch"))
    for name in ("loss", "val_loss", "train_top1", "val_top1"):
        if record.get(name) is not None and not isinstance(record[name], int | float):
            raise _wrong(phrase("“{name}” in its log is a number", name=name))


def _check_snapshots(path: Path) -> None:
    found = sorted((path / "snapshots").glob("epoch-*.safetensors"))
    if len(found) > MOST_SNAPSHOTS:
        raise _wrong(phrase("it has more than {most} snapshots", most=MOST_SNAPSHOTS))
    for snapshot in found:
        if not snapshot.stem.removeprefix("epoch-").isdecimal():
            raise _wrong(phrase("{name} is no snapshot of an epoch", name=snapshot.name[:60]))
        if snapshot.stat().st_size > MOST_SNAPSHOT_BYTES:
            raise _wrong(phrase("{name} is larger than {most} MB", name=snapshot.name, most=MOST_SNAPSHOT_BYTES >> 20))


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_whole(value: Any, most: int, least: int = 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole_numbers(values: Any, most: int) -> bool:
    return isinstance(values, tuple) and all(_is_whole(value, most) for value in values)

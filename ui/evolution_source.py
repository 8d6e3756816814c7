"""Which training run is being looked at: a bundled film, or any run directory of the training command, live."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from ui import state
from ui.feature_source import on_this_machine, samples
from ui.growing import growing
from ui.pictures import data_url
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.compute import MEGABYTE
from zfnet_core.corpus import Corpus
from zfnet_core.errors import CheckpointError, UnknownName
from zfnet_core.experiments.evolution import Evolution, LayerEvolution, load
from zfnet_core.experiments.evolution_summary import change_per_epoch, changed_and_stayed, settled_epoch
from zfnet_core.experiments.run_film import film_of_run, training_photos
from zfnet_core.jobs import Job
from zfnet_core.models import zoo
from zfnet_core.shared_results import SharedResults
from zfnet_core.training.run_directory import RunDirectory

FOLDER = Path(__file__).parents[1] / "assets" / "evolution"
OWN = "folder"
QUALITY = 88
FILM_PHOTOS = 60  # so that a snapshot is on screen within seconds
CURVES = {"loss": "loss", "val_loss": "val_loss", "train": "train_top1", "val": "val_top1"}


def runs() -> list[str]:
    """The films there are: names of bundled ones, the default network's first, and a run directory of the visitor's."""
    bundled = sorted((path.stem for path in FOLDER.glob("*.json")), key=lambda name: (name != zoo.DEFAULT, name))
    return [*bundled, *([OWN] if on_this_machine() else [])]


def ask_which(runs: Sequence[str]) -> str:
    """The run to show: the chosen network's own film, where it has one, until the visitor chooses another run."""
    network, chosen, key = state.view().network, state.view().evolution_run, "run shown"
    usual = network if network in runs else runs[0]
    st.session_state[key] = chosen if chosen in runs else usual

    def commit() -> None:
        run = st.session_state[key]
        state.change(evolution_run="" if run == usual else run)

    return st.segmented_control("Run", runs, key=key, on_change=commit, format_func=title, required=True)


def title(name: str) -> str:
    """A run's name for people."""
    if name == OWN:
        return "A training run of yours"
    return zoo.entry(name).title if name in zoo.names() else name


def bundled(name: str) -> Evolution:
    """A film that comes with the project."""
    path = FOLDER / f"{name}.json"
    return _loaded(path, path.stat().st_mtime)


@functools.lru_cache(maxsize=4)
def _loaded(path: Path, _changed: float) -> Evolution:
    return load(path)


def ask_for_run() -> Path | None:
    """Let the visitor name a run directory."""
    named = st.text_input(
        "Run directory of the training command",
        value=st.session_state.get("run directory", ""),
        key="run directory asked",
        placeholder="/home/me/runs/zfnet",
        help="The folder that `python -m zfnet_core.training` writes to. A run that is still going is followed.",
    ).strip()
    st.session_state["run directory"] = named
    return Path(named).expanduser() if named else None


@dataclass(frozen=True)
class Stage:
    """How far a run is, and what its film is made of: another stage needs more columns, or another curve.

    `snapshots` are (epoch, time of writing in ns), `log` is the same time of the log.
    """

    path: Path
    photos: str
    snapshots: tuple[tuple[int, int], ...]
    log: int

    def goes_on_from(self, earlier: Stage, columns: Sequence[int]) -> bool:
        """Whether the `columns` (epochs) made at an earlier stage still show this run's snapshots."""
        now, then = dict(self.snapshots), dict(earlier.snapshots)
        return all(epoch in now and now[epoch] == then.get(epoch, now[epoch]) for epoch in columns)


_films: SharedResults[Evolution] = SharedResults(64 * MEGABYTE, lambda film: _film_bytes(film))
_newest: BoundedCache[tuple[Stage, Evolution]] = BoundedCache(64 * MEGABYTE, lambda known: _film_bytes(known[1]))


def growing_film(path: Path) -> tuple[Evolution | None, Job | None]:
    """The film of a run directory as far as it has been made, and the job that makes the rest (None: it is complete).

    Whenever the run has kept another snapshot or finished another epoch it goes on from the columns that are there,
    and begins anew where the run did. Raises CheckpointError if there is no run in `path`.
    """
    run = RunDirectory(path)
    _ = run.recipe
    photos = photos_searched(run)
    stage = _stage(run, photos)
    before, known = _newest.get((path, stage.photos)) or (stage, None)
    if known is not None and not stage.goes_on_from(before, known.epochs):
        known = None
    film, job = growing(_films, "evolution:film", stage, lambda: film_of_run(path, photos, known))
    if film is not None:
        _newest.put((path, stage.photos), (stage, film))
    return film or known, job


def photos_searched(run: RunDirectory) -> Corpus:
    """Some of the photos that the run was trained on, where they are at hand, else of the samples."""
    told = run.path / "data.json"
    return _photos_of(run.path, told.stat().st_mtime_ns if told.exists() else 0).sample(FILM_PHOTOS)


@functools.lru_cache(maxsize=8)
def _photos_of(path: Path, _told: int) -> Corpus:
    return training_photos(RunDirectory(path)) or samples()


def _stage(run: RunDirectory, photos: Corpus) -> Stage:
    try:
        snapshots = tuple((epoch, place.stat().st_mtime_ns) for epoch, place in run.snapshots().items())
        log = run.path / "log.jsonl"
        written = log.stat().st_mtime_ns if log.exists() else 0
    except OSError as error:
        raise CheckpointError(f"The run in {run.path} is being changed or removed; look again in a moment.") from error
    return Stage(run.path, photos.key, snapshots, written)


def _film_bytes(film: Evolution) -> int:
    return sum(layer.pictures.nbytes for layer in film.layers)


def film_data(evolution: Evolution, name: str, layer: str, epoch: int) -> dict[str, Any]:
    """What the film component draws; `epoch` is the one to start at (the last one if it has no column)."""
    part = evolution.layer(layer)
    at = evolution.epochs.index(epoch) if epoch in evolution.epochs else len(evolution.epochs) - 1
    changing = {name: _numbers(change_per_epoch(evolution, name)) for name in layer_names(evolution)}
    jumped, stayed = changed_and_stayed(part)
    return {
        "run": name,
        "table": _table_url(evolution, name, layer),
        "tile": part.tile_px,
        "layer": layer,
        "maps": list(part.maps),
        "epochs": list(evolution.epochs),
        "changed": part.changed_photo.astype(int).tolist(),
        "photos": part.photo_ids.tolist(),
        "rows": part.rows.tolist(),
        "columns": part.columns.tolist(),
        "values": [_numbers(row) for row in part.values],
        "curve": [
            {"epoch": one["epoch"], **{name: finite(one.get(key)) for name, key in CURVES.items()}}
            for one in evolution.curve
        ],
        "changing": changing,
        "jumped": _numbers(jumped),
        "stayed": _numbers(stayed),
        "at": at,
        "alts": _alts(evolution, part),
    }


def layer_names(evolution: Evolution) -> list[str]:
    """The layers a film has."""
    if not evolution.layers:
        raise UnknownName("This film has no layers; make it again.")
    return [layer.layer for layer in evolution.layers]


def settled_sentence(evolution: Evolution) -> str:
    """“Lower layers converge first”, in this run's own numbers."""
    words = []
    for epoch, same in groupby(layer_names(evolution), lambda name: settled_epoch(evolution, name)):
        first, *rest = same
        names = first if not rest else f"{first} {'to' if len(rest) > 1 else 'and'} {rest[-1]}"
        words.append(f"{names} {'not yet' if epoch is None else f'from epoch {epoch}'}")
    return f"Change below 0.1 per epoch from then on (our measure): {', '.join(words)}."


def diverged_sentence(evolution: Evolution) -> str:
    """From which epoch on the loss was no number any more; empty where it always was one."""
    lost = [one["epoch"] for one in evolution.curve if "loss" in one and finite(one["loss"]) is None]
    return f"This run has diverged: from epoch {lost[0]} its loss is not a number." if lost else ""


def validation_sentence(evolution: Evolution) -> str:
    """Why validation can lie above training; empty where it does not."""
    last = evolution.curve[-1] if evolution.curve else {}
    train, val = finite(last.get("train_top1")), finite(last.get("val_top1"))
    if train is None or val is None or val <= train:
        return ""
    return (
        "Validation lies above training because random crops and dropout make the training pictures harder, "
        "while validation looks at the middle of whole pictures with every unit at work."
    )


def _alts(evolution: Evolution, part: LayerEvolution) -> dict[str, str]:
    jumps, steps = int(part.changed_photo.sum()), part.changed_photo[:, 1:].size
    curve = evolution.curve
    ends = f"from epoch {curve[0]['epoch']} to {curve[-1]['epoch']}" if curve else "not logged"

    def from_to(key: str, factor: float, unit: str) -> str:
        values = [value for one in curve if (value := finite(one.get(key))) is not None]
        return f"{factor * values[0]:.3g}{unit} to {factor * values[-1]:.3g}{unit}" if values else "not logged"

    rest = (f"{name} {change_per_epoch(evolution, name)[-1]:.2f}" for name in layer_names(evolution))
    return {
        "table": f"{part.layer}: projections of {len(part.maps)} maps at epochs "
        f"{', '.join(map(str, evolution.epochs))}; the strongest photo changed in {jumps} of {steps} steps. "
        "Arrow keys go from picture to picture.",
        "screen": f"{part.layer}: the same maps at the chosen epoch, large.",
        "accuracy": f"Accuracy {ends}: training {from_to('train_top1', 100, ' %')}, "
        f"validation {from_to('val_top1', 100, ' %')}.",
        "loss": f"Loss {ends}: training {from_to('loss', 1, '')}, validation {from_to('val_loss', 1, '')}.",
        "changing": f"How much projections changed per epoch at the end: {', '.join(rest)}.",
    }


def finite(value: float | None) -> float | None:
    """A number that JSON can hold; None for anything else, such as the loss of a run that diverged."""
    return float(value) if value is not None and math.isfinite(value) else None


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if (number := finite(value)) is None else round(number, 4) for value in values.tolist()]


_tables: BoundedCache[str] = BoundedCache(32 * MEGABYTE, len)


def _table_url(evolution: Evolution, name: str, layer: str) -> str:
    """A layer's pictures as one table, maps × epochs."""
    part = evolution.layer(layer)

    def make() -> str:
        rows, columns, side = part.pictures.shape[:3]
        return data_url(part.pictures.transpose(0, 2, 1, 3, 4).reshape(rows * side, columns * side, 3), QUALITY)

    return _tables.get_or_make((name, layer, evolution.epochs, part.values.tobytes()), make)

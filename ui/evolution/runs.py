"""The films there are: bundled ones, and those of run directories, which grow while a run goes on."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ui.shell import local_folders, shared_task
from zfnet_core.errors import CheckpointError
from zfnet_core.exhibits.evolution import Evolution
from zfnet_core.language import t
from zfnet_core.models import zoo
from zfnet_core.photos.corpus import Corpus, open_corpus
from zfnet_core.serving.cache_budget import Cache
from zfnet_core.serving.tasks import Look
from zfnet_core.top_activations.film import FOLDER, bundled_film
from zfnet_core.training.film import film_of_run, training_photos
from zfnet_core.training.given_run import open_run, unusual_sources
from zfnet_core.training.run_directory import RunDirectory

OWN = "folder"
SLOT = "evolution:film"
FILM_PHOTOS = 60  # so that a snapshot is on screen within seconds


def runs() -> list[str]:
    """The films there are: names of bundled ones, the default network's first, and a run directory of the visitor's."""
    bundled = sorted((path.stem for path in FOLDER.glob("*.json")), key=lambda name: (name != zoo.DEFAULT, name))
    return [*bundled, *([OWN] if local_folders.allowed() else [])]


def title(name: str) -> str:
    """A run's name for people."""
    if name == OWN:
        return t("A training run of yours")
    return zoo.entry(name).title if name in zoo.names() else name


_newest: Cache[tuple[Stage, Evolution]] = Cache()


def bundled(name: str) -> Evolution:
    """A film that comes with the project."""
    film = bundled_film(name)
    assert film is not None, "`runs` lists those that are there"
    return film


@functools.lru_cache(maxsize=1)
def samples() -> Corpus:
    """Crops of the sample photos."""
    return open_corpus(["samples"])


@dataclass(frozen=True)
class Stage:
    """How far a run is, and what its film is made of: another stage needs more columns, or another curve.

    `told` is when the run said where its photos lie, and `confirmed` whether places outside the working directory may
    be searched; `snapshots` are (epoch, time of writing in ns), `log` is the same time of the log.
    """

    path: Path
    told: int
    confirmed: bool
    snapshots: tuple[tuple[int, int], ...]
    log: int

    @property
    def photos(self) -> tuple[Path, int, bool]:
        """What the photos that are searched depend on."""
        return self.path, self.told, self.confirmed

    def goes_on_from(self, earlier: Stage, columns: Sequence[int]) -> bool:
        """Whether the `columns` (epochs) made at an earlier stage still show this run's snapshots."""
        now, then = dict(self.snapshots), dict(earlier.snapshots)
        return all(epoch in now and now[epoch] == then.get(epoch, now[epoch]) for epoch in columns)


def opened(path: Path) -> RunDirectory:
    """The run in a directory that somebody has named. Raises CheckpointError in a sentence for anything else."""
    try:
        return open_run(path.expanduser())
    except (RuntimeError, ValueError, OSError) as error:  # a home of nobody, a name that no file can have
        raise CheckpointError(
            t("{place} is not a place that can be opened; give a folder.", place=str(path)[:200])
        ) from error


def growing_film(run: RunDirectory, confirmed: bool) -> Look[Evolution]:
    """The film of a run as far as it has been made, by one task for everybody.

    Whenever the run has kept another snapshot or finished another epoch it goes on from the columns that are there,
    and begins anew where the run did. `confirmed`: its photos may be looked for wherever it says.
    """
    stage = _stage(run, confirmed)
    before, known = _newest.get(stage.photos) or (stage, None)
    if known is not None and not stage.goes_on_from(before, known.epochs):
        known = None
    look = shared_task.look(SLOT, stage, lambda: _made(run, confirmed, known))
    if look.result is not None:
        _newest.put(stage.photos, (stage, look.result))
        return look
    return Look(known, complete=False, failure=look.failure)


def _made(run: RunDirectory, confirmed: bool, known: Evolution | None) -> Iterator[Evolution]:
    return film_of_run(run.path, photos_searched(run, confirmed), known)


def photos_searched(run: RunDirectory, confirmed: bool) -> Corpus:
    """Some of the photos that the run was trained on, where they are at hand and may be looked for, else samples."""
    asked = confirmed or not unusual_sources(run)
    return ((training_photos(run) if asked else None) or samples()).sample(FILM_PHOTOS)


def _stage(run: RunDirectory, confirmed: bool) -> Stage:
    try:
        snapshots = tuple((epoch, place.stat().st_mtime_ns) for epoch, place in run.snapshots().items())
        told, log = (
            place.stat().st_mtime_ns if (place := run.path / name).exists() else 0
            for name in ("data.json", "log.jsonl")
        )
    except OSError as error:
        raise CheckpointError(
            t("The run in {place} is being changed or removed; look again in a moment.", place=run.path)
        ) from error
    return Stage(run.path, told, confirmed, snapshots, log)

"""Files that are there whole or not at all, and the one folder for what can be fetched or computed again."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs

ABANDONED_S = 600.0  # writing takes seconds at most: what is still being written after this is never finished
BEING_WRITTEN = ".writing"


def cache_folder() -> Path:
    """$ZFNET_EXPLORER_CACHE, or the system's own place for caches: on Linux ~/.cache/zfnet-explorer.

    Weights that were downloaded lie in it, searches in `top-activations`, decoded training photos in `packed`.
    """
    told = os.environ.get("ZFNET_EXPLORER_CACHE")
    return Path(told).expanduser() if told else Path(platformdirs.user_cache_dir("zfnet-explorer", appauthor=False))


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Write to the path that is given; at the end it is forced to disk and takes the place of `path` in one step.

    Whenever the process is killed, the old file or the new one is there. Processes and threads that write the same file
    at once do not meet: the last one to finish wins. Makes the folder. Raises OSError as writing does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    place = path.with_name(f"{path.name}.{uuid.uuid4().hex}{BEING_WRITTEN}")
    try:
        yield place
        with place.open("rb+") as file:
            os.fsync(file.fileno())
        place.replace(path)
    finally:
        place.unlink(missing_ok=True)


def keep_within(folder: Path, pattern: str, most_bytes: int, but: Path) -> None:
    """Delete the least recently used files of `folder` that match, until the rest takes at most `most_bytes`.

    `but` stays in any case. A file's time is when it was written, or last marked by `used`.
    """
    found = []
    for path in folder.glob(pattern):
        with suppress(FileNotFoundError):
            state = path.stat()
            found.append((state.st_mtime, path, state.st_size))
    over = sum(size for _, _, size in found) - most_bytes
    for _, path, size in sorted(found):
        if over <= 0:
            return
        if path != but:
            path.unlink(missing_ok=True)
            over -= size


def used(path: Path) -> None:
    """Mark a file as used now (see `keep_within`); one that may not be marked stays as it is."""
    with suppress(OSError):
        os.utime(path)


def clear_abandoned(folder: Path, of: str = "") -> None:
    """Delete what killed processes were writing in `folder`: all of it, or only the file named `of`."""
    long_ago = time.time() - ABANDONED_S
    for path in folder.glob(f"*{BEING_WRITTEN}"):
        with suppress(FileNotFoundError):
            if path.name.startswith(of) and path.stat().st_mtime < long_ago:
                path.unlink()

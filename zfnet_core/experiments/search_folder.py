"""The files of one search: parts while it runs, one answer in the end.

Every worker writes a part of its own, whole and at once, so that a killed search leaves only good files. A part knows
which batches it stands for; what no part stands for is looked at again.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from zfnet_core.errors import CorpusError
from zfnet_core.experiments.strongest import Settings, TopActivations


def cache_folder() -> Path:
    """Where searches are kept unless a person says otherwise: $ZFNET_EXPLORER_CACHE or ~/.cache/zfnet-explorer."""
    base = os.environ.get("ZFNET_EXPLORER_CACHE") or Path.home() / ".cache" / "zfnet-explorer"
    return Path(base) / "top-activations"


@dataclass(frozen=True)
class SearchFolder:
    """The files in `folder` that belong to the search with these settings."""

    settings: Settings
    folder: Path

    @property
    def final(self) -> Path:
        """The file of the complete answer; its name depends on everything that the answer depends on."""
        return self.folder / f"{self.settings.key}.npz"

    def new_part(self) -> Path:
        """A file that no other worker writes to."""
        return self.folder / f"{self.settings.key}.{uuid.uuid4().hex}.part.npz"

    def answer(self) -> TopActivations | None:
        """The complete answer, if it is there and readable."""
        return _read(self.final)

    def gather(self) -> TopActivations:
        """All parts as one; keeps one part file in place of many.

        A part that shares batches with those before it (because two searches ran at once) is left out: its other
        batches are looked at again.
        """
        paths = sorted(self.folder.glob(f"{self.settings.key}.*.part.npz"))
        found = TopActivations.none(self.settings)
        for part in map(_read, paths):
            if part is not None and not (found.done & part.done).any():
                found = found.merge(part)
        if len(paths) > 1:
            found.save(self.new_part())
            _delete(paths)
        return found

    def finish(self, ids: Sequence[str]) -> TopActivations:
        """Turn the parts into the answer. Raises CorpusError if a batch is missing."""
        found = self.gather()
        if not found.complete:
            raise CorpusError("A part of the search was lost; start it again and it looks for the missing part only.")
        found = found.named(ids)
        found.save(self.final)
        _delete(self.folder.glob(f"{self.settings.key}.*.part.npz"))
        return found


def _read(path: Path) -> TopActivations | None:
    try:
        return TopActivations.load(path)
    except CorpusError:
        return None


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)

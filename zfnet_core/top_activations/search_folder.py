"""The files of one search: parts while it runs, one answer in the end.

Every worker writes a part of its own, whole and at once, so that a killed search leaves only good files. A part knows
which batches it stands for; what no part stands for is looked at again.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zfnet_core import files
from zfnet_core.errors import CorpusError
from zfnet_core.language import later
from zfnet_core.models.network import Network
from zfnet_core.top_activations.mining import covers
from zfnet_core.top_activations.strongest import Settings, TopActivations

MOST_CACHED_BYTES = 2 * 2**30


def cache_folder() -> Path:
    """Where searches are kept unless a person says otherwise: a folder of the one cache, at most 2 GB of it."""
    return files.cache_folder() / "top-activations"


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
        return self.folder / f"{self._parts}.{uuid.uuid4().hex}.part.npz"

    @property
    def _parts(self) -> str:
        """How parts are called: what is done is counted in batches, so searches divided differently share none."""
        return f"{self.settings.key}.{self.settings.batch_size}"

    def answer(self) -> TopActivations | None:
        """The complete answer, if it is there and readable."""
        found = _read(self.final)
        if found is not None:
            files.used(self.final)
        return found if found is not None and found.settings == self.settings and found.complete else None

    def wider_answer(self, network: Network) -> TopActivations | None:
        """The answer, taken from a finished search for more layers or more units; kept under its own name from then on.

        So a search of all layers that ran in the night answers for one of them.
        """
        for path in sorted(self.folder.glob("*.npz")):
            wide = None if path.name.endswith(".part.npz") else _read(path)
            if wide is not None and wide.complete and covers(wide.settings, self.settings, network):
                answer = wide.answer_to(self.settings)
                answer.save(self.final)
                return answer
        return None

    def gather(self) -> TopActivations:
        """All parts as one. They may overlap, because two searches ran at once: merging counts a photo once.

        Nothing is deleted here: a part may belong to a search that is still running.
        """
        found = TopActivations.none(self.settings)
        for part in map(_read, sorted(self.folder.glob(f"{self._parts}.*.part.npz"))):
            if part is not None and part.settings == self.settings:
                found = found.merge(part)
        return found

    def finish(self, ids: Sequence[str]) -> TopActivations:
        """Turn the parts into the answer. Raises CorpusError if a batch is missing."""
        found = self.gather()
        if not found.complete:
            if answer := self.answer():  # another search was faster and has cleared up
                return answer
            raise CorpusError(
                later("A part of the search was lost; start it again and it looks for the missing part only.")
            )
        found = found.named(ids)
        found.save(self.final)
        return found

    def clear_up(self) -> None:
        """Delete the parts of a search that is finished, and what killed processes of any search were writing."""
        for path in self.folder.glob(f"{self.settings.key}.*.part.npz"):
            path.unlink(missing_ok=True)
        files.clear_abandoned(self.folder)
        if self.folder == cache_folder():  # in a folder that somebody named, nothing of his is deleted
            files.keep_within(self.folder, "*.npz", MOST_CACHED_BYTES, but=self.final)


def _read(path: Path) -> TopActivations | None:
    try:
        return TopActivations.load(path)
    except CorpusError:
        return None

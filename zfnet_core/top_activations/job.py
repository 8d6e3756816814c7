"""A search at work: looks through batches and keeps what was found as it goes."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import Corpus
from zfnet_core.photos.reading_ahead import READERS
from zfnet_core.top_activations.mining import Miner, mine
from zfnet_core.top_activations.search_folder import SearchFolder

SAVE_EVERY_S = 20.0
Report = tuple[int, int]  # photos, broken photos


@dataclass(frozen=True, eq=False)
class Job:
    """What a worker needs: it saves its part in `kept` every `save_every_s` seconds and when it ends or is closed."""

    network: Network
    corpus: Corpus
    kept: SearchFolder
    readers: int = READERS
    save_every_s: float = SAVE_EVERY_S

    def run(self, numbers: Sequence[int]) -> Generator[Report]:
        """Look through the batches `numbers` (rising); yields (photos, broken photos) of each."""
        part, saved = self.kept.new_part(), time.monotonic()
        miner: Miner | None = None
        try:
            for miner in mine(self.network, self.corpus, self.kept.settings, numbers, self.readers):
                if time.monotonic() - saved >= self.save_every_s:
                    miner.found.save(part)
                    saved = time.monotonic()
                if miner.newest is not None:
                    yield self.kept.settings.photos_in(miner.newest.number), len(miner.newest.broken)
        finally:
            if miner is not None:
                miner.found.save(part)

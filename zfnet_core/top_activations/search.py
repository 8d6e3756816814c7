"""Which photos of a corpus excite every feature map most: the nine strongest units of Fig. 2.

One pass over the corpus; a search that was stopped or killed goes on where it was; a finished one is never repeated,
because its file is named after everything that the answer depends on. The paper (Fig. 2) does not state whether one
photo may appear twice among the nine; here it may not (our choice, and common practice).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import numpy as np

from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import Corpus
from zfnet_core.photos.reading_ahead import READERS
from zfnet_core.top_activations.job import SAVE_EVERY_S, Job, Report
from zfnet_core.top_activations.mining import mine, settings_of
from zfnet_core.top_activations.progress import Clock, Progress, complete
from zfnet_core.top_activations.search_folder import SearchFolder, cache_folder
from zfnet_core.top_activations.strongest import TopActivations


def search(
    network: Network,
    corpus: Corpus,
    *,
    layers: Sequence[str] | None = None,
    k: int = 9,
    batch_size: int = 32,
    workers: int = 1,
    readers: int = READERS,
    folder: Path | None = None,
    save_every_s: float = SAVE_EVERY_S,
) -> Generator[Progress]:
    """Find the `k` strongest units of every map, at most one per photo, in one pass; yields after every batch.

    `layers` are by default all layers of feature maps; `workers` > 1 searches in that many processes, each with
    `readers` decoding threads. What was found so far is kept in `folder` every `save_every_s` seconds. Close the
    iterator to stop. The answer depends on no other argument than `layers` and `k` (see `Settings` about `batch_size`),
    and a finished search for more layers or more units gives it, too.
    """
    settings = settings_of(network, corpus, layers, k, batch_size)
    kept = SearchFolder(settings, folder or cache_folder())
    answer = kept.answer() or kept.wider_answer(network)
    if answer is None:
        before = kept.gather()
        clock = Clock(before)
        missing = np.flatnonzero(~before.done).tolist()
        job = Job(network, corpus, kept, readers, save_every_s)
        for photos, broken in _reports(job, missing, workers):
            yield clock.after(photos, broken)
        answer = kept.finish(corpus.ids)
    kept.clear_up()
    yield complete(answer)


def search_in_memory(
    network: Network, corpus: Corpus, *, layers: Sequence[str] | None = None, k: int = 9, batch_size: int = 32
) -> Generator[Progress]:
    """The same search for photos that are nobody else's: one thread, and nothing of it is written down."""
    settings = settings_of(network, corpus, layers, k, batch_size)
    found = TopActivations.none(settings)
    clock = Clock(found)
    for miner in mine(network, corpus, settings, range(settings.batches)):
        found = miner.found
        if miner.newest is not None:
            yield clock.after(settings.photos_in(miner.newest.number), len(miner.newest.broken))
    yield complete(found.named(corpus.ids))


def _reports(job: Job, missing: Sequence[int], workers: int) -> Iterator[Report]:
    if workers == 1:
        return job.run(missing)
    from zfnet_core.top_activations.processes import run_in_processes  # only who asks for processes needs to know them

    return run_in_processes(job, missing, workers)

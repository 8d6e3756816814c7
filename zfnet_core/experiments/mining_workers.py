"""A search at work: in this process or in several, keeping what was found as it goes."""

from __future__ import annotations

import multiprocessing
import queue
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any

import torch

from zfnet_core.corpus import Corpus
from zfnet_core.errors import CorpusError
from zfnet_core.experiments.mining import mine
from zfnet_core.experiments.search_folder import SearchFolder
from zfnet_core.models.network import Network

SAVE_EVERY_S = 20.0
Report = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Job:
    """What a worker needs: it saves its part in `kept` every `save_every_s` seconds and when it ends or is closed."""

    network: Network
    corpus: Corpus
    kept: SearchFolder
    readers: int = 1
    save_every_s: float = SAVE_EVERY_S

    def run(self, numbers: Sequence[int]) -> Iterator[Report]:
        """Look through the batches `numbers` (rising); yields (photos, broken photos) of each."""
        part, miner, saved = self.kept.new_part(), None, time.monotonic()
        try:
            for miner in mine(self.network, self.corpus, self.kept.settings, numbers, self.readers):
                if time.monotonic() - saved >= self.save_every_s:
                    miner.found.save(part)
                    saved = time.monotonic()
                yield self.kept.settings.photos_in(miner.newest.number), len(miner.newest.broken)
        finally:
            if miner is not None:
                miner.found.save(part)

    def run_in_processes(self, numbers: Sequence[int], workers: int) -> Iterator[Report]:
        """The same in `workers` processes, each with every n-th batch and its share of the computing threads.

        Raises CorpusError if one of them is ended from outside.
        """
        fresh = multiprocessing.get_context("spawn")  # a forked copy of a process that uses torch's threads can hang
        reports = fresh.Queue()
        threads = max(1, torch.get_num_threads() // workers)
        shares = [numbers[worker::workers] for worker in range(workers)]
        processes = [
            fresh.Process(target=_work, args=(self, share, threads, reports), daemon=True) for share in shares if share
        ]
        try:
            for process in processes:
                process.start()
            for _ in numbers:
                yield _next_report(reports, processes)
            for process in processes:
                process.join()
        finally:
            for process in processes:
                process.terminate()
                process.join()


def _work(job: Job, numbers: Sequence[int], threads: int, reports: Any) -> None:
    torch.set_num_threads(threads)
    starter = multiprocessing.parent_process()
    for report in job.run(numbers):
        if not starter.is_alive():
            break
        reports.put(report)


def _next_report(reports: Any, processes: Sequence[BaseProcess]) -> Report:
    while True:
        try:
            return reports.get(timeout=1.0)
        except queue.Empty:
            if any(process.exitcode for process in processes):
                raise CorpusError(
                    "A worker of the search was ended from outside; start the search again and it goes on where it was."
                ) from None

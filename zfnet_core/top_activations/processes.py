"""A search at work in several processes of this machine."""

from __future__ import annotations

import multiprocessing
import queue
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from multiprocessing.process import BaseProcess
from typing import Any

import torch

from zfnet_core.errors import CorpusError
from zfnet_core.language import later, phrase
from zfnet_core.top_activations.job import Job, Report

STOPPING_S = 60.0  # a worker looks up after every batch: one that has not stopped by then hangs


def run_in_processes(job: Job, numbers: Sequence[int], workers: int) -> Iterator[Report]:
    """`job.run(numbers)` in `workers` processes, each with every n-th batch and its share of the computing threads.

    Raises CorpusError if one of them fails or is ended from outside.
    """
    fresh = multiprocessing.get_context("spawn")  # a forked copy of a process that uses torch's threads can hang
    reports, stop = fresh.Queue(), fresh.Event()
    threads = max(1, torch.get_num_threads() // workers)
    shares = [numbers[worker::workers] for worker in range(workers)]
    processes = [
        fresh.Process(target=_work, args=(job, share, threads, reports, stop), daemon=True) for share in shares if share
    ]
    try:
        for process in processes:
            process.start()
        for _ in numbers:
            yield _next_report(reports, processes)
    finally:
        stop.set()
        until = time.monotonic() + STOPPING_S
        for process in processes:
            process.join(max(0.0, until - time.monotonic()))
            process.terminate()
            process.join()


def _work(job: Job, numbers: Sequence[int], threads: int, reports: Any, stop: Any) -> None:
    """Work until all is done, the search is closed, or its process is gone; then save. Reports a failure in words."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes: the first one decides
    torch.set_num_threads(threads)
    starter = multiprocessing.parent_process()
    try:
        with closing(job.run(numbers)) as run:
            for report in run:
                if stop.is_set() or starter is None or not starter.is_alive():
                    break
                reports.put(report)
    except Exception as error:
        what = _in_words(error)
        reports.put(phrase("A worker of the search failed ({what}); start the search again and it goes on.", what=what))


def _in_words(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


def _next_report(reports: Any, processes: Sequence[BaseProcess]) -> Report:
    while True:
        try:
            report = reports.get(timeout=1.0)
        except queue.Empty:
            if any(process.exitcode for process in processes):
                raise CorpusError(
                    later(
                        "A worker of the search was ended from outside; start the search again and it goes on where it "
                        "was."
                    )
                ) from None
        else:
            if isinstance(report, str):
                raise CorpusError(report)
            return report

"""Which photos of a corpus excite every feature map most: the nine strongest units of Fig. 2.

    python -m zfnet_core.experiments.top_activations --network zfnet-classroom --corpus PHOTOS.zip --workers 2

One pass over the corpus; a search that was stopped or killed goes on where it was; a finished one is never repeated,
because its file is named after everything that the answer depends on. The paper (Fig. 2) does not state whether one
photo may appear twice among the nine; here it may not (our choice, and common practice).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from zfnet_core.corpus import Corpus, open_corpus
from zfnet_core.errors import ExplorerError
from zfnet_core.experiments.mining import READERS, settings_of
from zfnet_core.experiments.mining_workers import SAVE_EVERY_S, Job
from zfnet_core.experiments.search_folder import SearchFolder, cache_folder
from zfnet_core.experiments.strongest import TopActivations
from zfnet_core.models import zoo
from zfnet_core.models.network import Network


@dataclass(frozen=True)
class Progress:
    """How far a search is. `result` is there when it is complete.

    `photos_per_s` and `seconds_left` speak of this session, without what an earlier one had done; they are None before
    the first batch. `broken` counts photos that could not be decoded.
    """

    photos: int
    total: int
    broken: int = 0
    photos_per_s: float | None = None
    result: TopActivations | None = None

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the rate so far."""
        return (self.total - self.photos) / self.photos_per_s if self.photos_per_s else None


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
) -> Iterator[Progress]:
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
        for photos, broken in job.run(missing) if workers == 1 else job.run_in_processes(missing, workers):
            yield clock.after(photos, broken)
        answer = kept.finish(corpus.ids)
    kept.clear_up()
    yield complete(answer)


def complete(answer: TopActivations) -> Progress:
    """The last report of a search."""
    return Progress(answer.settings.photos, answer.settings.photos, len(answer.broken), result=answer)


class Clock:
    """Counts the photos of a search that goes on from `before`."""

    def __init__(self, before: TopActivations) -> None:
        self._before, self._total, self._broken = before.photos_done, before.settings.photos, len(before.broken)
        self._seen, self._start = 0, time.perf_counter()

    def after(self, photos: int, broken: int) -> Progress:
        """The report after so many more photos, of which so many were broken."""
        self._seen, self._broken = self._seen + photos, self._broken + broken
        rate = self._seen / max(1e-9, time.perf_counter() - self._start)
        return Progress(self._before + self._seen, self._total, self._broken, rate)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m zfnet_core.experiments.top_activations",
        description="Find the photos and places that excite every feature map most.",
    )
    parser.add_argument("--network", default=zoo.DEFAULT, choices=zoo.names())
    parser.add_argument(
        "--corpus",
        nargs="+",
        default=["samples"],
        help="a folder, zip files, a torchvision data set such as Imagenette, or samples (the default)",
    )
    parser.add_argument("--under", default="", help="use only photos below this folder of the corpus, such as train")
    parser.add_argument("--download", action="store_true", help="fetch a torchvision data set that is not there")
    parser.add_argument("--root", default="data", help="where torchvision data sets are kept")
    parser.add_argument("--layers", nargs="+", help="by default all layers of feature maps")
    parser.add_argument("-k", type=at_least_1, default=9, help="units per map")
    parser.add_argument("--batch-size", type=at_least_1, default=32)
    parser.add_argument(
        "--workers", type=at_least_1, default=1, help="processes on this machine, or Ray workers with --ray"
    )
    parser.add_argument("--readers", type=at_least_1, default=READERS, help="decoding threads per worker")
    parser.add_argument("--threads", type=at_least_1, help="computing threads in all")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, help="folder for the result (default: the cache folder)")
    parser.add_argument("--ray", metavar="ADDRESS", help="search on a Ray cluster: auto, local, or ray://…")
    given = parser.parse_args(arguments)
    if given.threads:
        torch.set_num_threads(given.threads)
    try:
        network = zoo.load(given.network, given.device)
        options = {"layers": given.layers, "k": given.k, "batch_size": given.batch_size, "folder": given.out}
        with one_line() as show:
            corpus = open_corpus(
                given.corpus,
                under=given.under,
                root=given.root,
                download=given.download,
                tell=lambda done, total: show(f"{done:,} of {total:,} files read") if done % 1000 == 0 else None,
            )
            if given.ray:
                from zfnet_core.experiments.mining_on_ray import search_on_ray

                progress = search_on_ray(network, corpus, workers=given.workers, address=given.ray, **options)
            else:
                progress = search(network, corpus, workers=given.workers, readers=given.readers, **options)
            with closing(progress):
                for step in progress:
                    show(_sentence(step))
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the same command goes on from here.", file=sys.stderr)
        return 130
    _print_broken(step.result)
    print(SearchFolder(step.result.settings, given.out or cache_folder()).final)
    return 0


def at_least_1(text: str) -> int:
    """A number for argparse."""
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 on")
    return number


def _sentence(progress: Progress) -> str:
    text = f"{progress.photos:,} of {progress.total:,} photos"
    if progress.seconds_left is not None:
        minutes, seconds = divmod(round(progress.seconds_left), 60)
        text += f", {progress.photos_per_s:.1f} a second, {minutes}:{seconds:02d} left"
    return text + (f", {progress.broken} broken" if progress.broken else "")


def _print_broken(found: TopActivations) -> None:
    for photo, reason in found.broken.items():
        print(f"skipped {found.ids[photo]}: {reason}", file=sys.stderr)


@contextmanager
def one_line() -> Iterator[Callable[[str], None]]:
    """Overwrite one line in a terminal, print lines elsewhere."""
    live = sys.stderr.isatty()
    try:
        yield lambda text: print(
            f"\r{text:<78}" if live else text, end="" if live else "\n", file=sys.stderr, flush=True
        )
    finally:
        if live:
            print(file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

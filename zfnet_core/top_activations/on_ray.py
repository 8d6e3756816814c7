"""The same search on many machines with Ray Data, which deals out the work and repeats what a lost machine had.

Needs `pip install -r requirements-ray.txt` on every machine; this package itself is sent along. Every machine must see
the corpus under the same path.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from zfnet_core.errors import CorpusError, ExplorerError
from zfnet_core.language import phrase
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import Corpus
from zfnet_core.top_activations.mining import mine, settings_of
from zfnet_core.top_activations.progress import Clock, Progress, complete
from zfnet_core.top_activations.search_folder import SearchFolder, cache_folder
from zfnet_core.top_activations.strongest import Settings, TopActivations

BATCHES_PER_TASK = 16
PACKAGE = Path(__file__).parents[1]


def search_on_ray(
    network: Network,
    corpus: Corpus,
    *,
    layers: Sequence[str] | None = None,
    k: int = 9,
    batch_size: int = 32,
    workers: int = 2,
    folder: Path | None = None,
    address: str | None = None,
    batches_per_task: int = BATCHES_PER_TASK,
) -> Generator[Progress]:
    """`top_activations.search` with `workers` Ray workers, of one core each; yields after every task.

    `address` is that of a cluster, "local" for one on this machine, or None to use the one that is connected already.
    The answer, and the files it is kept in, are those of a search on one machine.
    Raises ExplorerError if Ray is not installed, CorpusError if a worker fails or does not see the corpus.
    """
    settings = settings_of(network, corpus, layers, k, batch_size)
    kept = SearchFolder(settings, folder or cache_folder())
    answer = kept.answer() or kept.wider_answer(network)
    if answer is None:
        before = kept.gather()
        missing = np.flatnonzero(~before.done)
        if len(missing):
            tasks = np.array_split(missing, -(-len(missing) // batches_per_task))
            clock, found, part = Clock(before), TopActivations.none(settings), kept.new_part()
            for _, piece in pieces(network, corpus, settings, tasks, workers, address):
                found = found.merge(piece)
                found.save(part)
                yield clock.after(piece.photos_done, len(piece.broken))
        answer = kept.finish(corpus.ids)
    kept.clear_up()
    yield complete(answer)


def pieces(
    network: Network,
    corpus: Corpus,
    settings: Settings,
    tasks: Sequence[np.ndarray],
    workers: int,
    address: str | None = None,
) -> Iterator[tuple[str, TopActivations]]:
    """What was found in the batches of each task, as it comes in, after the id of the machine that did it."""
    ray = _ray()
    with _failures_in_words():
        if address is not None:
            ray.init(address=address, ignore_reinit_error=True, runtime_env={"py_modules": [str(PACKAGE)]})
        dealt = ray.data.from_items([{"numbers": task.tolist()} for task in tasks], override_num_blocks=len(tasks))
        shared = ray.put((network, corpus, settings))
        mined = dealt.map_batches(
            RayMiner, fn_constructor_args=(shared,), batch_size=1, compute=ray.data.ActorPoolStrategy(size=workers)
        )
        for row in mined.iter_rows():
            yield row["machine"], TopActivations.from_bytes(row["found"])


class RayMiner:
    """A worker, who looks through the batches of one task at a time.

    `shared` is a Ray reference to (network, corpus, settings).
    """

    def __init__(self, shared: Any) -> None:
        torch.set_num_threads(1)
        self.network, self.corpus, self.settings = _ray().get(shared)
        self.machine = _ray().get_runtime_context().get_node_id()

    def __call__(self, tasks: dict[str, Any]) -> dict[str, list[Any]]:
        """One task in, what was found in it out, as bytes."""
        if not self.corpus.store.here():
            raise CorpusError(
                phrase(
                    "The machine {machine} does not see {title}; mount it under the same path on every machine.",
                    machine=_ray().util.get_node_ip_address(),
                    title=self.corpus.title,
                )
            )
        results = []
        for numbers in tasks["numbers"]:
            *_, miner = mine(self.network, self.corpus, self.settings, [int(number) for number in numbers])
            results.append(miner.found.to_bytes())
        return {"found": results, "machine": [self.machine] * len(results)}


@contextmanager
def _failures_in_words() -> Iterator[None]:
    """Ray reports failures with the tracebacks of all machines, the first cause first: keep its sentence."""
    try:
        yield
    except ExplorerError:
        raise
    except Exception as error:
        causes = re.findall(r"^[\w.]*(?:Error|Exception): (.+)$", str(error), re.MULTILINE)
        what = causes[0] if causes else " ".join(str(error).split()) or type(error).__name__
        raise CorpusError(
            phrase("The search on Ray failed ({what}); start it again and it goes on.", what=what.rstrip("."))
        ) from error


def _ray() -> Any:
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ExplorerError(
            phrase(
                "Searching on many machines needs Ray, which is not installed; run pip install -r requirements-ray.txt."
            )
        ) from error
    return ray

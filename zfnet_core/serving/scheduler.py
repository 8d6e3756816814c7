"""One scheduler in front of the device, so that a class of thirty shares one copy of each network.

Short questions (a photo's trace, a click's projections) go to a few workers; traces of several people that arrive
together become one batch. Long work goes through `tasks` and gives way to the short. Networks and traces are kept
within the server's budget of memory.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol, TypeVar

import torch

from zfnet_core.errors import CheckpointError
from zfnet_core.forward.trace import Recording, Trace, trace
from zfnet_core.language import phrase
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.serving import shared_weights
from zfnet_core.serving.cache_budget import Cache, CacheBudget
from zfnet_core.serving.tasks import Tasks, Work, steps_of

Result = TypeVar("Result")
LARGEST_BATCH = 8
DOWNLOADS = 2


class _Waiting(NamedTuple):
    """A photo that waits to be traced, and the promise of its trace."""

    network: Network
    image: torch.Tensor
    future: Future[Trace]


class Elsewhere(Protocol):
    """A computer that several server processes share: see `remote.Remote`."""

    def trace(self, network: Network, image: torch.Tensor) -> Recording | None:
        """What the pass of one image leaves; None where it is to be computed here."""

    def remember(self, recording: Recording) -> None:
        """It is that of one image's whole pass."""

    def steps(self, work: Work[Any], hurried: Callable[[], bool]) -> Iterator[Any]:
        """The growing results of `work`, or None where there is none yet; `hurried()`: whether others wait."""


class Scheduler:
    """Loads networks, traces photos and runs work for everybody. Thread-safe.

    `tasks` is the long work of the device, `transfers` what waits for a network or disk and goes on when nobody looks.
    What `elsewhere` takes, traces and long work, it computes; who asks does not see the difference.
    """

    def __init__(
        self,
        device: torch.device | str = "cpu",
        workers: int = 2,
        budget: CacheBudget | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.device = torch.device(device)
        self._elsewhere = elsewhere
        self.tasks = Tasks(workers=1, give_way=self._wait_for_short_work, budget=budget, begin=self._begun)
        self.transfers = Tasks(workers=DOWNLOADS, stale_s=math.inf, close_s=0.5, budget=budget)
        self.workers = workers if self.device.type == "cpu" else 1
        self._this_thread = threading.local()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="worker", initializer=self._mark_worker)
        self._serving = 0
        self._served_all = threading.Condition()
        self._waiting: deque[_Waiting] = deque()
        self._lock = threading.Lock()
        self._networks: Cache[Network] = Cache(budget=budget)
        self._traces: Cache[Recording] = Cache(lambda recording: recording.nbytes, budget)

    def free_workers(self) -> int:
        """How many batches long work may compute side by side now: on a CPU all workers while nobody else waits."""
        return 1 if self._serving or self.tasks.crowded else self.workers

    def network(self, name: str) -> Network:
        """The zoo's network of that name, loaded once for everybody, and again when its weights have arrived."""
        return self._networks.get_or_make((name, zoo.is_ready(name)), lambda: self._loaded(name))

    def _loaded(self, name: str) -> Network:
        found, together = zoo.load(name, self.device), shared_weights.folder()
        return found if together is None else shared_weights.share(found, together)

    def has_network(self, name: str) -> bool:
        """Whether `network(name)` answers at once."""
        return self._networks.get((name, zoo.is_ready(name))) is not None

    def has_trace(self, network: Network, photo_key: str) -> bool:
        """Whether `trace` answers at once."""
        return self._traces.get((network.uid, photo_key)) is not None

    def run(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Do short work in a worker and wait for its result.

        The work must not ask the scheduler itself for work: every worker could wait for another. RuntimeError says so.
        """
        return self.run_all([lambda: work(*arguments)])[0]

    def run_all(self, works: Sequence[Callable[[], Result]]) -> list[Result]:
        """Do several pieces of short work, side by side where there are workers, and wait for all."""
        with self._served():
            return [future.result() for future in [self._pool.submit(work) for work in works]]

    def trace(self, network: Network, photo_key: str, image: Callable[[], torch.Tensor]) -> Trace:
        """The trace of one photo. `photo_key` identifies photo and crop; `image` makes the input [1, 3, H, W].

        Raises CheckpointError where the weights are so large that the answer is not a number.
        """
        made = self._traces.get_or_make((network.uid, photo_key), lambda: self._traced(network, image()).recording)
        return Trace(network, made)

    def _begun(self, work: Work[Any]) -> Iterator[Any]:
        """The steps of long work, taken elsewhere where that can be."""
        if self._elsewhere is None:
            return steps_of(work)
        return self._elsewhere.steps(work, lambda: self.tasks.crowded)

    def _traced(self, network: Network, image: torch.Tensor) -> Trace:
        made = None if self._elsewhere is None else self._elsewhere.trace(network, image)
        traced = self._traced_here(network, image) if made is None else Trace(network, made)
        if self._elsewhere is not None:
            self._elsewhere.remember(traced.recording)
        if not all(value.sum().isfinite() for value in traced.outputs.values()):  # a sum is, if all its terms are
            raise CheckpointError(
                phrase(
                    "{title} answers this photo with values that are not numbers; its weights are too large, "
                    "so choose another network.",
                    title=network.title,
                )
            )
        return traced

    def _traced_here(self, network: Network, image: torch.Tensor) -> Trace:
        future: Future[Trace] = Future()
        with self._served():
            with self._lock:
                self._waiting.append(_Waiting(network, image, future))
            self._pool.submit(self._trace_batch)
            return future.result()

    def _trace_batch(self) -> None:
        """Trace all waiting photos of one network together; each request queues one such call."""
        with self._lock:
            if not self._waiting:
                return
            network = self._waiting[0].network
            batch = [item for item in self._waiting if item.network is network][:LARGEST_BATCH]
            taken = {id(item) for item in batch}
            self._waiting = deque(item for item in self._waiting if id(item) not in taken)
        try:
            made = trace(network, torch.cat([item.image for item in batch])).recording
            recordings = [made] if len(batch) == 1 else [made.of_image(index).copied() for index in range(len(batch))]
        except Exception as error:
            for item in batch:
                item.future.set_exception(error)
        else:  # only now: who has an answer already cannot be told of a failure, and those after it would wait for ever
            for item, recording in zip(batch, recordings, strict=True):
                item.future.set_result(Trace(network, recording))

    @contextmanager
    def _served(self) -> Iterator[None]:
        """Counts the short questions under way, so that long work can give way to them."""
        if getattr(self._this_thread, "works_here", False):
            raise RuntimeError("Short work asked the scheduler for more work; let its caller ask, one after the other.")
        with self._served_all:
            self._serving += 1
        try:
            yield
        finally:
            with self._served_all:
                self._serving -= 1
                self._served_all.notify_all()

    def _mark_worker(self) -> None:
        self._this_thread.works_here = True

    def _wait_for_short_work(self, seconds: float) -> None:
        with self._served_all:
            self._served_all.wait_for(lambda: not self._serving, seconds)

"""One desk in front of the device, so that a class of thirty shares one copy of each network.

Short questions (a photo's trace, a click's projections) go through a few lanes; traces of several people that arrive
together become one batch. Long work goes through `jobs` and gives way to the short. Networks and traces are kept in
caches with a bound on bytes.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

import torch

from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.errors import CheckpointError
from zfnet_core.jobs import Jobs
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.trace import Trace, trace

Result = TypeVar("Result")
LARGEST_BATCH = 8
MEGABYTE = 2**20


class _Kept(NamedTuple):
    """A trace without its network: a network that has left, or was replaced, must not live on in the traces."""

    images: torch.Tensor
    outputs: Mapping[str, torch.Tensor]
    switches: Mapping[str, torch.Tensor]
    places: dict[str, torch.Tensor]

    @property
    def bytes(self) -> int:
        """Including the relative switches, one byte each, which the first projection makes."""
        tensors = [self.images, *self.outputs.values(), *self.switches.values()]
        places = sum(flat.numel() for flat in self.switches.values())
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors) + places


class Desk:
    """Loads networks, traces photos and runs work for everybody. Thread-safe."""

    def __init__(
        self,
        device: torch.device | str = "cpu",
        lanes: int = 2,
        network_bytes: int = 1600 * MEGABYTE,
        trace_bytes: int = 600 * MEGABYTE,
    ) -> None:
        self.device = torch.device(device)
        self.jobs = Jobs(workers=1, busy=lambda: self._serving > 0)
        self.lanes = lanes if self.device.type == "cpu" else 1
        self._lanes = ThreadPoolExecutor(lanes, thread_name_prefix="lane")
        self._serving = 0
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Network, torch.Tensor, Future[Trace]]] = deque()
        self._networks: BoundedCache[Network] = BoundedCache(network_bytes, lambda network: 4 * network.parameters)
        self._traces: BoundedCache[_Kept] = BoundedCache(trace_bytes, lambda kept: kept.bytes)

    def free_lanes(self) -> int:
        """How many batches a long job may compute side by side now: on a CPU all lanes while nobody else waits."""
        return 1 if self._serving or self.jobs.crowded else self.lanes

    def network(self, name: str) -> Network:
        """The zoo's network of that name, loaded once for everybody, and again when its weights have arrived."""
        return self._networks.get_or_make((name, zoo.is_ready(name)), lambda: zoo.load(name, self.device))

    def has_network(self, name: str) -> bool:
        """Whether `network(name)` answers at once."""
        return self._networks.get((name, zoo.is_ready(name))) is not None

    def has_trace(self, network: Network, photo_key: str) -> bool:
        """Whether `trace` answers at once."""
        return self._traces.get((network.uid, photo_key)) is not None

    def run(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Do short work in a lane and wait for its result. The work must not ask the desk for anything itself."""
        return self.run_all([lambda: work(*arguments)])[0]

    def run_all(self, works: Sequence[Callable[[], Result]]) -> list[Result]:
        """Do several pieces of short work, side by side where there are lanes, and wait for all."""
        with self._served():
            return [future.result() for future in [self._lanes.submit(work) for work in works]]

    def trace(self, network: Network, photo_key: str, image: Callable[[], torch.Tensor]) -> Trace:
        """The trace of one photo. `photo_key` identifies photo and crop; `image` makes the input [1, 3, H, W].

        Raises CheckpointError where the weights are so large that the answer is not a number.
        """

        def kept() -> _Kept:
            traced = self._traced(network, image())
            return _Kept(traced.images, traced.outputs, traced.switches, traced.places)

        return Trace(network, *self._traces.get_or_make((network.uid, photo_key), kept))

    def _traced(self, network: Network, image: torch.Tensor) -> Trace:
        future: Future[Trace] = Future()
        with self._served():
            with self._lock:
                self._waiting.append((network, image, future))
            self._lanes.submit(self._trace_batch)
            traced = future.result()
        if not all(value.sum().isfinite() for value in traced.outputs.values()):  # a sum is, if all its terms are
            raise CheckpointError(
                f"{network.title} answers this photo with values that are not numbers; its weights are too large, "
                "so choose another network."
            )
        return traced

    def _trace_batch(self) -> None:
        """Trace all waiting photos of one network together; each request queues one such call."""
        with self._lock:
            if not self._waiting:
                return
            network = self._waiting[0][0]
            batch = [item for item in self._waiting if item[0] is network][:LARGEST_BATCH]
            for item in batch:
                self._waiting.remove(item)
        try:
            traced = trace(network, torch.cat([image for _, image, _ in batch]))
            for index, (_, _, future) in enumerate(batch):
                future.set_result(traced if len(batch) == 1 else _copied(traced.of_image(index)))
        except Exception as error:
            for _, _, future in batch:
                future.set_exception(error)

    def _served(self) -> _Counted:
        return _Counted(self)


class _Counted:
    """Counts the short questions under way, so that long work can give way to them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __enter__(self) -> None:
        with self._desk._lock:
            self._desk._serving += 1

    def __exit__(self, *_: object) -> None:
        with self._desk._lock:
            self._desk._serving -= 1


def _copied(part: Trace) -> Trace:
    """Its own memory, so that one person's trace does not keep a whole batch alive."""
    return Trace(
        part.network,
        part.images.clone(),
        {name: value.clone() for name, value in part.outputs.items()},
        {name: value.clone() for name, value in part.switches.items()},
    )

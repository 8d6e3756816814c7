"""The one who owns the device and computes for several server processes, wherever it runs: it knows nothing of Ray."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import torch

from zfnet_core.errors import CheckpointError, UnknownName
from zfnet_core.forward.device import best_device
from zfnet_core.models.network import Network
from zfnet_core.serving.cache_budget import Cache, CacheBudget
from zfnet_core.serving.letters import Letter, packed, unpacked
from zfnet_core.serving.scheduler import Scheduler
from zfnet_core.serving.sent_networks import Identities, Identity, Parcel, found_here
from zfnet_core.serving.tasks import Failure, Look

log = logging.getLogger(__name__)

SLOT = "sent:"
FORGOTTEN_S = 60.0
BETWEEN_LOOKS_S = 0.004


class TraceOf(NamedTuple):
    """Stands in a letter for the trace of one image [1, 3, H, W] through a network."""

    network: Network
    image: torch.Tensor


class TheScheduler(NamedTuple):
    """Stands in a letter for the scheduler of whoever computes."""


class Named(NamedTuple):
    """Stands in a letter for a network."""

    identity: Identity


@dataclass(frozen=True)
class Wanted:
    """The answer of who lacks a network: send it and ask again."""

    identity: Identity


@dataclass(frozen=True)
class Unknown:
    """The answer to somebody who looks at work that nobody has sent."""


@dataclass(frozen=True, eq=False)
class News:
    """What there is of long work: its newest result, None where there is nothing newer than before."""

    result: Letter | None
    complete: bool


class _Lacking(Exception):
    def __init__(self, identity: Identity) -> None:
        self.identity = identity


@dataclass(eq=False)
class _Visit:
    """One who looks at long work: which, how it looked for the last time, and when that was, in seconds."""

    key: str
    work: partial[Iterator[Any]]
    last: Look[Any]
    at: float


class Computer:
    """Loads networks, traces photos and works for all who ask, through a scheduler of its own. Thread-safe.

    Networks of the zoo it loads itself, where it has the same weights; others it is sent once, and forgets within the
    memory that its budget leaves. Failures are answers, not exceptions. `version` is repeated by `about`.
    """

    def __init__(
        self, version: str = "", device: str = "", workers: int = 0, budget: CacheBudget | None = None
    ) -> None:
        torch.set_num_threads(1)  # as in a server process: the same sums, and lanes side by side
        self._version = version
        self._scheduler = Scheduler(device or best_device(), workers or _cores(), budget)
        self._sent: Cache[Network] = Cache(budget=budget)
        self._identities = Identities()
        self._lock = threading.Lock()
        self._visits: dict[str, _Visit] = {}
        self._passes = self._works = 0

    def about(self) -> dict[str, Any]:
        """Its version, device and process; how many passes and works it was asked for, how much work is under way,
        and how many networks it keeps that were sent."""
        return {
            "version": self._version,
            "device": str(self._scheduler.device),
            "process": os.getpid(),
            "passes": self._passes,
            "works": self._works,
            "under_way": self._scheduler.tasks.under_way,
            "sent": len(self._sent),
        }

    def has(self, identity: Identity) -> bool:
        """Whether the network is here."""
        return self._sent.get(identity) is not None

    def keep(self, identity: Identity, parcel: Parcel) -> bool:
        """Keep a network that was sent; False where what was built of it is another one, or too large."""
        try:
            network = parcel.network(self._scheduler.device)
        except (CheckpointError, UnknownName):
            return False
        except Exception:  # no room on the device, above all
            log.warning("A network that was sent could not be built here; its server computes it.", exc_info=True)
            return False
        if self._identities.of(network) != identity:
            return False
        self._sent.put(identity, network)
        return self.has(identity)

    def trace(self, identity: Identity, image: Letter) -> Letter | Wanted | Failure:
        """(outputs, switches) of the trace of an image [1, 3, H, W], as a letter."""
        with self._lock:
            self._passes += 1
        try:
            made = self._traced(self._network(identity), unpacked(image)).recording
            return packed((dict(made.outputs), dict(made.switches)))
        except _Lacking as lacking:
            return Wanted(lacking.identity)
        except Exception as error:
            return Failure.of(error)

    def look(self, visitor: str, key: str, work: Letter | None, wait_s: float) -> News | Wanted | Unknown | Failure:
        """What is new of the long work `key`, waiting up to `wait_s` seconds for it; `work` is it, for the first look.

        All who look at the same key share it. It ends when none of them has looked for a while, or all have stopped.
        """
        try:
            visit = self._visit(visitor, key, work)
        except _Lacking as lacking:
            return Wanted(lacking.identity)
        except Exception as error:
            return Failure.of(error)
        if visit is None:
            return Unknown()
        end = time.monotonic() + wait_s
        while True:
            look = self._scheduler.tasks.look(visitor, SLOT, key, lambda: visit.work)
            new = look.result is not None and look.result is not visit.last.result
            if new or not look.live or time.monotonic() >= end:
                break
            time.sleep(BETWEEN_LOOKS_S)
        visit.last, visit.at = look, time.monotonic()
        if not look.live:
            self.stop(visitor)
        if look.failure is not None:
            return look.failure
        try:
            return News(packed(look.result, self._named) if new else None, look.complete)
        except Exception as error:
            return Failure.of(error)

    def stop(self, visitor: str) -> None:
        """Forget who looked; what nobody looks at any more ends before its next step."""
        with self._lock:
            self._visits.pop(visitor, None)
        self._scheduler.tasks.leave(visitor)

    def _visit(self, visitor: str, key: str, work: Letter | None) -> _Visit | None:
        now = time.monotonic()
        with self._lock:
            for gone in [who for who, visit in self._visits.items() if visit.at < now - FORGOTTEN_S]:
                del self._visits[gone]
            visit = self._visits.get(visitor)
        if visit is None and work is not None:
            visit = _Visit(key, _checked(unpacked(work, self._find)), Look(None), now)
            with self._lock:
                self._visits[visitor] = visit
                self._works += 1
        return visit

    def _network(self, identity: Identity) -> Network:
        found = self._sent.get(identity) or found_here(identity, self._scheduler.network, self._identities)
        if found is None:
            raise _Lacking(identity)
        return found

    def _traced(self, network: Network, image: torch.Tensor) -> Any:
        return self._scheduler.trace(network, packed(image).digest, lambda: image)

    def _find(self, name: Any) -> Any:
        if isinstance(name, Named):
            return self._network(name.identity)
        if isinstance(name, TraceOf):
            return self._traced(name.network, name.image)
        return self._scheduler

    def _named(self, one: Any) -> Any:
        identity = self._identities.known(one) if isinstance(one, Network) else None
        return None if identity is None else Named(identity)


def sendable(work: object) -> bool:
    """Whether it is a partial of a function of zfnet_core that every process knows by its name."""
    if not isinstance(work, partial):
        return False
    place, name = getattr(work.func, "__module__", ""), getattr(work.func, "__qualname__", "<")
    return place.startswith("zfnet_core.") and "<" not in name


def _checked(work: Any) -> partial[Iterator[Any]]:
    if not sendable(work):
        raise ValueError("Only a partial of one of zfnet_core's functions can be sent.")
    return work


def _cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

"""Long work, for everybody who wants the same: begun once, looked at by many, dropped when the last of them has gone.

A task is a generator that yields growing results a few times a second. Whoever looks at it gets the newest one, and the
complete one when there is no more to come. Tasks take turns, one step each, and give way to short work, so that a sweep
of one person never makes another person's click wait for more than one step.
"""

from __future__ import annotations

import atexit
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from zfnet_core.errors import ComputationFailed, ExplorerError
from zfnet_core.language import later
from zfnet_core.serving.cache_budget import Cache, CacheBudget
from zfnet_core.serving.memory_size import bytes_of

Result = TypeVar("Result")
Work = Iterator[Result] | partial[Iterator[Result]]  # under way, or still to be begun, by whoever has the device
log = logging.getLogger(__name__)

BROKEN_OFF = later("Something went wrong in this computation; the details are in the server’s log.")


@dataclass(frozen=True)
class Failure:
    """Why a task broke off: a sentence for people, and the kind of error. Nothing that was computed lives on in it."""

    sentence: str
    kind: type[ExplorerError]

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """What people are told of an error; one that nobody has foreseen goes into the log."""
        if isinstance(error, ExplorerError):
            return cls(error.args[0] if error.args else "", type(error))
        log.error("A task failed that should not.", exc_info=error)
        return cls(BROKEN_OFF, ComputationFailed)

    def error(self) -> ExplorerError:
        """A fresh exception that says it."""
        return self.kind(self.sentence)


@dataclass(frozen=True)
class Look(Generic[Result]):
    """What there is of a task: its newest result (None before the first), complete or not, or why it failed."""

    result: Result | None
    complete: bool = False
    failure: Failure | None = None

    @property
    def live(self) -> bool:
        """Whether there is more to come, so that it is worth looking again."""
        return not self.complete and self.failure is None

    def raise_failure(self) -> None:
        """Raise the failure, if there is one, as an exception of its own."""
        if self.failure is not None:
            raise self.failure.error() from None


_Key = tuple[str, Hashable]
_Visit = tuple[str, str]  # visitor, slot


@dataclass(eq=False)
class _Task:
    """One computation. `looked` is when each visit (visitor, slot) looked at it last; without any it ends."""

    key: _Key
    make: Callable[[], Work[Any]] | None
    size_of: Callable[[Any], int]
    steps: Iterator[Any] | None = None
    look: Look[Any] = field(default_factory=lambda: Look(None))
    looked: dict[_Visit, float] = field(default_factory=dict)

    def step(self, begin: Callable[[Work[Any]], Iterator[Any]]) -> tuple[Look[Any], int]:
        """Take one step of `begin(make())`: how things look then, and the bytes of the result if it is complete."""
        try:
            if self.steps is None:
                assert self.make is not None
                self.steps = begin(self.make())
            for result in self.steps:
                return Look(result), 0
            whole = self.look.result
            return Look(whole, complete=True), 0 if whole is None else self.size_of(whole)
        except BaseException as error:  # whatever ends a step must not end the worker
            return Look(None, failure=Failure.of(error)), 0

    def end(self) -> None:
        """Let go of the computation and all that it holds on to."""
        steps, self.steps, self.make = self.steps, None, None
        close = getattr(steps, "close", None)
        try:
            if close is not None:
                close()
        except BaseException:
            log.exception("A task that was stopped could not tidy up.")


def steps_of(work: Work[Result]) -> Iterator[Result]:
    """The growing results of work, computed here."""
    return iter(work() if isinstance(work, partial) else work)


class Tasks:
    """Runs tasks in turns on a few worker threads. Thread-safe.

    Who looks is a `visitor` with a `slot`, the place on a page that shows one task at a time; a slot begins with its
    page's name and a colon. Two slots of one page that look at the same `key` share one task. A task ends when its last
    visit looks at something else, leaves, or has not looked for `stale_s` seconds; one that is complete or has failed
    is forgotten then. Complete results are kept in a cache of `budget`.

    Before every step `give_way(seconds)` may wait that long for short work to be done. `begin` makes a task's work its
    steps; it may have them taken elsewhere, where the work is a partial, as long as the results are the same.
    """

    def __init__(
        self,
        workers: int = 1,
        give_way: Callable[[float], Any] = lambda seconds: None,
        yield_s: float = 0.25,
        stale_s: float = 10.0,
        close_s: float = 10.0,
        budget: CacheBudget | None = None,
        clock: Callable[[], float] = time.monotonic,
        begin: Callable[[Work[Any]], Iterator[Any]] = steps_of,
    ) -> None:
        self._begin = begin
        self._give_way, self._yield_s, self._stale_s, self._close_s = give_way, yield_s, stale_s, close_s
        self._clock = clock
        self._results: Cache[Any] = Cache(budget=budget)
        self._tasks: dict[_Key, _Task] = {}
        self._visits: dict[_Visit, _Task] = {}
        self._turns: deque[_Task] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._workers = [
            threading.Thread(target=self._work, name=f"task-{number}", daemon=True) for number in range(workers)
        ]
        for worker in self._workers:
            worker.start()
        atexit.register(self.close)

    def look(
        self,
        visitor: str,
        slot: str,
        key: Hashable,
        make: Callable[[], Work[Result]],
        size_of: Callable[[Result], int] = bytes_of,
    ) -> Look[Result]:
        """What there is of the task `key` of the slot's page; it is begun, as `make()`, when nobody has done so yet.

        `key` tells whatever the results depend on, without keeping a network or photo alive.
        """
        full, visit = (_page(slot), key), (visitor, slot)
        with self._changed:
            self._forget_unseen()
            task = self._tasks.get(full)
            if task is None and (kept := self._results.get(full)) is not None:
                self._end_visit(visit)
                return Look(kept, complete=True)
            if task is None:
                task = self._tasks[full] = _Task(full, make, size_of)
                self._turns.append(task)
                self._changed.notify()
            if self._visits.get(visit) is not task:
                self._end_visit(visit)
                self._visits[visit] = task
            task.looked[visit] = self._clock()
            return task.look

    def newest(self, slot: str, key: Hashable) -> Look[Any] | None:
        """What there is of a task, without asking for it; None when nobody has."""
        full = (_page(slot), key)
        with self._changed:
            if task := self._tasks.get(full):
                return task.look
        kept = self._results.get(full)
        return None if kept is None else Look(kept, complete=True)

    def of(self, visitor: str, slot: str) -> Look[Any] | None:
        """What there is of the task that this slot looked at last; None when it has none, or its result is kept."""
        with self._changed:
            task = self._visits.get((visitor, slot))
            return task.look if task else None

    def retry(self, visitor: str, slot: str) -> None:
        """Forget that the slot's task failed; whoever looks next begins it anew."""
        with self._changed:
            task = self._visits.get((visitor, slot))
            if task and task.look.failure:
                self._forget(task)

    def forget(self, slot: str, key: Hashable) -> None:
        """Forget what a task found, or that it failed; one that is under way goes on."""
        full = (_page(slot), key)
        with self._changed:
            if (task := self._tasks.get(full)) and not task.look.live:
                self._forget(task)
        self._results.drop(full)

    def stop(self, visitor: str, slot: str) -> None:
        """End this slot's interest in its task."""
        with self._changed:
            self._end_visit((visitor, slot))

    def leave(self, visitor: str, keep: str = "") -> None:
        """End the visitor's interest in all tasks, except those of the page `keep`."""
        with self._changed:
            for visit in [visit for visit in self._visits if visit[0] == visitor and _page(visit[1]) != keep]:
                self._end_visit(visit)

    @property
    def crowded(self) -> bool:
        """Whether a task waits for its turn while another one takes its step."""
        return bool(self._turns)

    @property
    def under_way(self) -> int:
        """How many tasks have more to come."""
        with self._changed:
            return sum(task.look.live for task in self._tasks.values())

    def close(self) -> None:
        """Stop after the steps under way: a computation cut off in its middle when Python ends would abort it."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.join(timeout=self._close_s)
        atexit.unregister(self.close)

    def _work(self) -> None:
        while self._turn():
            pass

    def _turn(self) -> bool:
        """One step of the task that has waited longest; False when it is time to go home."""
        with self._changed:
            while not self._turns and not self._closing:
                self._changed.wait(self._stale_s if self._tasks and self._stale_s < math.inf else None)
                self._forget_unseen()
            if self._closing:
                return False
            task = self._turns.popleft()
        self._give_way(self._yield_s)
        with self._changed:
            self._forget_unseen()
            wanted = bool(task.looked)
            if not wanted:
                self._forget(task)
        if not wanted:
            task.end()
            return True
        look, size = task.step(self._begin)
        if not look.live:
            task.end()
        with self._changed:
            task.look = look
            if look.live:
                self._turns.append(task)
                self._changed.notify()
                return True
            if look.result is not None:
                self._results.put(task.key, look.result, size=size)
            if not task.looked:
                self._forget(task)
        return True

    def _end_visit(self, visit: _Visit) -> None:
        """The caller holds the lock. A task that nobody wants any more is ended by the worker before its next step."""
        task = self._visits.pop(visit, None)
        if task is None:
            return
        task.looked.pop(visit, None)
        if not task.looked and not task.look.live:
            self._forget(task)

    def _forget(self, task: _Task) -> None:
        if self._tasks.get(task.key) is task:
            del self._tasks[task.key]
        for visit in task.looked:
            self._visits.pop(visit, None)
        task.looked.clear()

    def _forget_unseen(self) -> None:
        """End the visits that have not looked for a while; the caller holds the lock."""
        oldest = self._clock() - self._stale_s
        for visit, task in list(self._visits.items()):
            if task.looked[visit] < oldest:
                self._end_visit(visit)


def _page(slot: str) -> str:
    return slot.partition(":")[0]

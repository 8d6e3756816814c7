"""Long work beside short work: a sweep of one person never makes another person's click wait for more than one step.

A job is a generator that yields partial results a few times a second. It is stopped between two steps: when its owner
starts a newer job in the same slot, needs it no longer, leaves the page, or has not looked at it for a while. What it
found is kept only as long as somebody looks.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["waiting", "running", "done", "stopped", "failed"]


@dataclass(eq=False)
class Job:
    """One person's long computation. Read `partial`, `state` and `error`; everything else is the queue's business."""

    owner: str
    slot: str
    steps: Callable[[], Iterator[Any]] | None
    state: State = "waiting"
    partial: Any = None
    error: BaseException | None = None
    finished_steps: int = 0
    looked_at: float = field(default_factory=time.monotonic)
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def live(self) -> bool:
        """True while it is worth looking again."""
        return self.state in ("waiting", "running")

    def stop(self) -> None:
        """Ask it to stop before its next step."""
        self._stop.set()
        if self.state == "waiting":
            self.state = "stopped"

    def look(self) -> Any:
        """The newest partial result (None before the first); tells the queue that somebody is still interested."""
        self.looked_at = time.monotonic()
        return self.partial


class Jobs:
    """Runs jobs in turns, one step each, on a few worker threads, so that all of them advance.

    `busy` is asked before every step: while it says True (somebody's click is being served) the workers wait up to
    `yield_s`. A job nobody has looked at for `stale_s` seconds is stopped; one that has ended is forgotten then.
    """

    def __init__(
        self,
        workers: int = 1,
        busy: Callable[[], bool] = lambda: False,
        yield_s: float = 0.25,
        stale_s: float = 10.0,
    ) -> None:
        self._busy, self._yield_s, self._stale_s = busy, yield_s, stale_s
        self._turns: deque[tuple[Job, Iterator[Any] | None]] = deque()
        self._slots: dict[tuple[str, str], Job] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._workers = [
            threading.Thread(target=self._work, name=f"job-{number}", daemon=True) for number in range(workers)
        ]
        for worker in self._workers:
            worker.start()
        atexit.register(self.close)

    def start(self, owner: str, slot: str, steps: Callable[[], Iterator[Any]]) -> Job:
        """Queue a job; an older one of the same owner and slot is stopped."""
        job = Job(owner, slot, steps)
        with self._changed:
            if older := self._slots.get((owner, slot)):
                older.stop()
            self._slots[owner, slot] = job
            self._turns.append((job, None))
            self._changed.notify()
        return job

    def of(self, owner: str, slot: str) -> Job | None:
        """The newest job of that owner and slot."""
        with self._changed:
            return self._slots.get((owner, slot))

    @property
    def crowded(self) -> bool:
        """Whether a job waits for its turn while another one takes its step."""
        return bool(self._turns)

    def stop(self, owner: str, slot: str) -> None:
        """Stop and forget the job of that owner and slot, if there is one, also if it has ended or failed."""
        with self._changed:
            if job := self._slots.pop((owner, slot), None):
                job.stop()

    def leave(self, owner: str, keep: str = "") -> None:
        """Stop the owner's jobs, except those whose slot begins with `keep` (if given)."""
        with self._changed:
            for (someone, slot), job in list(self._slots.items()):
                if someone == owner and not (keep and slot.startswith(keep)):
                    job.stop()
                    del self._slots[someone, slot]

    def close(self) -> None:
        """Stop after the steps under way: a computation cut off in its middle when Python ends would abort it."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.join(timeout=10)

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._turns and not self._closing:
                    self._changed.wait(self._stale_s if self._slots else None)
                    self._forget_unseen()
                if self._closing:
                    return
                job, iterator = self._turns.popleft()
            again = self._step(job, iterator)
            with self._changed:
                if again is not None:
                    self._turns.append((job, again))
                    self._changed.notify()
                else:
                    job.steps = None  # and with it all that it holds on to
                    if self._slots.get((job.owner, job.slot)) is job and job.state == "stopped":
                        del self._slots[job.owner, job.slot]
                self._forget_unseen()

    def _forget_unseen(self) -> None:
        """Drop jobs that have ended and that nobody has looked at for a while; the caller holds the lock."""
        oldest = time.monotonic() - self._stale_s
        for place, job in list(self._slots.items()):
            if not job.live and job.looked_at < oldest:
                del self._slots[place]

    def _step(self, job: Job, iterator: Iterator[Any] | None) -> Iterator[Any] | None:
        deadline = time.monotonic() + self._yield_s
        while self._busy() and time.monotonic() < deadline and not job._stop.is_set():
            time.sleep(0.005)
        if job._stop.is_set() or time.monotonic() - job.looked_at > self._stale_s:
            job.state = "stopped"
            if iterator is not None:
                iterator.close()
            return None
        try:
            iterator = iterator if iterator is not None else iter(job.steps())
            job.state = "running"
            job.partial = next(iterator)
            job.finished_steps += 1
        except StopIteration:
            job.state = "done"
            return None
        except Exception as error:
            job.error, job.state = error, "failed"
            return None
        return iterator

"""Long work: partial results, newest wins, stops between steps, gives way to clicks, and shares its worker fairly."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator

from zfnet_core.jobs import Job, Jobs


def until(true: Callable[[], bool], timeout_s: float = 5) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)


def counting(steps: int, pause_s: float = 0.0) -> Callable[[], Iterator[int]]:
    def run() -> Iterator[int]:
        for number in range(steps):
            time.sleep(pause_s)
            yield number

    return run


def test_partial_results_then_done() -> None:
    jobs = Jobs()
    job = jobs.start("anna", "sweep", counting(5))
    until(lambda: job.state == "done")
    assert job.look() == 4 and job.finished_steps == 5 and not job.live


def test_the_newest_job_of_a_slot_wins() -> None:
    jobs = Jobs()
    old = jobs.start("anna", "sweep", counting(10_000, 0.002))
    until(lambda: old.finished_steps > 2)
    new = jobs.start("anna", "sweep", counting(3))
    until(lambda: new.state == "done" and old.state == "stopped")
    assert jobs.of("anna", "sweep") is new


def test_leaving_a_page_stops_its_jobs_within_a_step() -> None:
    jobs = Jobs()
    mine = jobs.start("anna", "occlusion/sweep", counting(10_000, 0.002))
    other = jobs.start("ben", "occlusion/sweep", counting(10_000, 0.002))
    until(lambda: mine.finished_steps > 1 and other.finished_steps > 1)
    start = time.monotonic()
    jobs.leave("anna", keep="invariance")
    until(lambda: mine.state == "stopped")
    assert time.monotonic() - start < 0.2
    assert other.live
    jobs.leave("ben", keep="occlusion")
    assert other.live
    jobs.leave("ben")
    until(lambda: other.state == "stopped")


def test_nobody_looking_stops_it() -> None:
    jobs = Jobs(stale_s=0.05)
    job = jobs.start("anna", "sweep", counting(10_000, 0.002))
    until(lambda: job.state == "stopped")


def test_a_failure_is_kept_for_the_page() -> None:
    def run() -> Iterator[int]:
        yield 1
        raise ValueError("no")

    job = Jobs().start("anna", "sweep", run)
    until(lambda: job.state == "failed")
    assert isinstance(job.error, ValueError) and job.partial == 1


def test_jobs_take_turns() -> None:
    jobs = Jobs(workers=1)
    first = jobs.start("anna", "sweep", counting(50, 0.002))
    second = jobs.start("ben", "sweep", counting(50, 0.002))
    until(lambda: first.finished_steps >= 20)
    assert second.finished_steps >= 15
    until(lambda: first.state == second.state == "done")


def test_it_waits_while_a_click_is_served() -> None:
    busy = threading.Event()
    jobs = Jobs(busy=busy.is_set, yield_s=0.2)
    job: Job = jobs.start("anna", "sweep", counting(10_000, 0.001))
    until(lambda: job.finished_steps > 5)
    busy.set()
    time.sleep(0.02)
    before = job.finished_steps
    time.sleep(0.1)
    assert job.finished_steps - before <= 1
    busy.clear()
    until(lambda: job.finished_steps > before + 20)
    job.stop()


def test_the_generator_is_closed_when_stopped() -> None:
    closed = threading.Event()

    def run() -> Iterator[int]:
        try:
            while True:
                time.sleep(0.001)
                yield 1
        finally:
            closed.set()

    jobs = Jobs()
    job = jobs.start("anna", "sweep", run)
    until(lambda: job.finished_steps > 1)
    jobs.leave("anna")
    assert closed.wait(1)


def test_one_slot_can_be_stopped_and_asked_anew() -> None:
    jobs = Jobs()
    job = jobs.start("anna", "sweep", counting(10_000, 0.002))
    other = jobs.start("anna", "curves", counting(10_000, 0.002))
    until(lambda: job.finished_steps > 1)
    jobs.stop("anna", "sweep")
    jobs.stop("anna", "nothing there")
    until(lambda: job.state == "stopped")
    assert jobs.of("anna", "sweep") is None and other.live
    jobs.leave("anna")


def test_a_failed_job_can_be_forgotten() -> None:
    def run() -> Iterator[int]:
        raise ValueError("no")
        yield

    jobs = Jobs()
    job = jobs.start("anna", "sweep", run)
    until(lambda: job.state == "failed")
    jobs.stop("anna", "sweep")
    assert jobs.of("anna", "sweep") is None and job.state == "failed"


def test_what_has_ended_holds_on_to_nothing_once_nobody_looks() -> None:
    class Large:
        pass

    def using(large: Large, fail: bool) -> Callable[[], Iterator[Large]]:
        def run() -> Iterator[Large]:
            yield large
            if fail:
                raise ValueError("no")

        return run

    jobs, seen = Jobs(stale_s=0.1), []
    for slot in ("done", "failed"):
        large = Large()
        seen.append(weakref.ref(large))
        jobs.start("anna", slot, using(large, slot == "failed"))
        del large

    def gone() -> bool:
        gc.collect()
        return all(one() is None for one in seen)

    until(gone)
    assert jobs.of("anna", "done") is None and jobs.of("anna", "failed") is None


def test_what_has_ended_stays_while_somebody_looks() -> None:
    jobs = Jobs(stale_s=1.0)
    seen, unseen = jobs.start("anna", "sweep", counting(2)), jobs.start("ben", "sweep", counting(1))
    until(lambda: seen.state == unseen.state == "done")
    until(lambda: seen.look() == 1 and jobs.of("ben", "sweep") is None)
    assert jobs.of("anna", "sweep") is seen and seen.steps is None

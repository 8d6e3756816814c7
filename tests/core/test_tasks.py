"""Long work: one computation for all who want the same, its newest result for all, and an end when nobody looks."""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from zfnet_core.errors import CheckpointError, ComputationFailed, ExplorerError
from zfnet_core.serving.cache_budget import CacheBudget
from zfnet_core.serving.tasks import Look, Tasks

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)


class Counting:
    """A computation that takes a step only when it is allowed one: 1, 2, … `last`. Tells how often it was begun."""

    def __init__(self, last: int, allowed: int = 0, fail: BaseException | None = None) -> None:
        self.last, self.fail = last, fail
        self.permits = threading.Semaphore(allowed)
        self.begun = self.done = self.closed = 0

    def allow(self, steps: int) -> None:
        self.permits.release(steps)

    def __call__(self) -> Iterator[int]:
        self.begun += 1
        try:
            for number in range(1, self.last + 1):
                assert self.permits.acquire(timeout=PATIENCE_S)
                self.done += 1
                yield number
            if self.fail is not None:
                raise self.fail
        finally:
            self.closed += 1


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def make_tasks() -> Iterator[Callable[..., Tasks]]:
    made: list[Tasks] = []

    def make(**options: object) -> Tasks:
        made.append(Tasks(**{"budget": CacheBudget(10**6), **options}))
        return made[-1]

    yield make
    for tasks in made:
        tasks.close()


@pytest.fixture
def tasks(make_tasks: Callable[..., Tasks]) -> Tasks:
    return make_tasks()


def ended(tasks: Tasks, visitor: str, slot: str, key: object, make: Callable[[], Iterator[int]]) -> Look[int]:
    """What a visitor sees who looks until there is no more to come."""
    until(lambda: not tasks.look(visitor, slot, key, make).live)
    return tasks.look(visitor, slot, key, make)


def test_results_grow_and_end_complete(tasks: Tasks) -> None:
    count = Counting(3)
    assert tasks.look("anna", "page:place", "key", count) == Look(None)
    for number in (1, 2, 3):
        count.allow(1)
        until(lambda number=number: tasks.look("anna", "page:place", "key", count).result == number)
    assert ended(tasks, "anna", "page:place", "key", count) == Look(3, complete=True)
    assert count.begun == 1


def test_everybody_who_looks_gets_the_newest_and_then_the_complete_result(tasks: Tasks) -> None:
    """Whoever looks last, and whoever never looked while it grew: nobody is left with a part of it."""
    count = Counting(4, allowed=2)
    people = ("anna", "ben", "cleo")
    until(lambda: [tasks.look(one, "page:place", "key", count).result for one in people] == [2, 2, 2])
    count.allow(10)
    until(lambda: tasks.newest("page:other", "key") == Look(4, complete=True))
    for one in (*people, "late"):
        assert tasks.look(one, "page:place", "key", count) == Look(4, complete=True)
    assert count.begun == 1 and count.done == 4


def test_many_who_look_at_the_same_time_share_one_computation(tasks: Tasks) -> None:
    count, seen = Counting(50, allowed=100), []

    def visit(person: int) -> None:
        numbers = []
        until(
            lambda: bool(
                numbers.append(tasks.look(f"person {person}", "page:place", "key", count)) or numbers[-1].complete
            )
        )
        seen.append([look.result or 0 for look in numbers])

    people = [threading.Thread(target=visit, args=(person,)) for person in range(30)]
    for person in people:
        person.start()
    for person in people:
        person.join(PATIENCE_S)
    assert count.begun == 1 and count.done == 50
    assert len(seen) == 30 and all(numbers == sorted(numbers) and numbers[-1] == 50 for numbers in seen)


def test_two_places_of_a_page_share_and_two_pages_do_not(tasks: Tasks) -> None:
    first, second = Counting(1, allowed=9), Counting(2, allowed=9)
    assert ended(tasks, "anna", "page:left", "key", first).result == 1
    assert tasks.look("anna", "page:right", "key", second).result == 1
    assert ended(tasks, "anna", "other:left", "key", second).result == 2


def test_a_slot_that_looks_at_something_else_ends_what_it_showed(tasks: Tasks) -> None:
    old, new = Counting(10_000, allowed=2), Counting(1, allowed=1)
    until(lambda: tasks.look("anna", "page:place", "old", old).result == 2)
    tasks.look("anna", "page:place", "new", new)
    old.allow(1)  # the step under way
    assert ended(tasks, "anna", "page:place", "new", new).complete
    until(lambda: old.closed == 1)
    assert old.done <= 3 and tasks.newest("page:place", "old") is None


def test_whoever_leaves_does_not_stop_it_for_the_others(tasks: Tasks) -> None:
    count = Counting(4, allowed=1)
    until(lambda: [tasks.look(one, "page:place", "key", count).result for one in ("anna", "ben")] == [1, 1])
    tasks.leave("anna")
    count.allow(9)
    assert ended(tasks, "ben", "page:place", "key", count) == Look(4, complete=True)
    assert count.begun == 1


def test_it_stops_within_a_step_when_the_last_one_leaves_the_page(tasks: Tasks) -> None:
    count = Counting(10_000, allowed=1)
    for one in ("anna", "ben"):
        until(lambda one=one: tasks.look(one, "page:place", "key", count).result == 1)
    tasks.leave("anna", keep="other")
    tasks.leave("ben", keep="page")
    count.allow(1)
    until(lambda: count.done == 2)
    tasks.leave("ben", keep="pag")
    count.allow(1)
    until(lambda: count.closed == 1)
    assert count.done == 3 and tasks.newest("page:place", "key") is None


def test_one_slot_can_be_stopped(tasks: Tasks) -> None:
    stopped, other = Counting(10_000, allowed=1), Counting(2, allowed=2)
    until(lambda: tasks.look("anna", "page:left", "stopped", stopped).result == 1)
    tasks.stop("anna", "page:left")
    tasks.stop("anna", "page:nothing there")
    stopped.allow(1)
    assert ended(tasks, "anna", "page:right", "other", other).complete
    until(lambda: stopped.closed == 1)
    assert tasks.of("anna", "page:left") is None


def test_whoever_comes_back_before_its_next_step_finds_it_still_there(tasks: Tasks) -> None:
    """A page that is opened again at once, or shown anew, must not begin from nothing."""
    count = Counting(3, allowed=1)
    until(lambda: tasks.look("anna", "page:place", "key", count).result == 1)
    until(lambda: count.permits._value == 0)  # the second step waits for its permit
    tasks.leave("anna")
    assert tasks.look("anna", "page:place", "key", count).result == 1
    count.allow(5)
    assert ended(tasks, "anna", "page:place", "key", count).complete and count.begun == 1


def test_who_does_not_look_for_a_while_is_taken_to_have_left(make_tasks: Callable[..., Tasks]) -> None:
    clock = Clock()
    tasks = make_tasks(clock=clock, stale_s=10.0)
    count = Counting(10_000, allowed=1)
    until(lambda: tasks.look("anna", "page:place", "key", count).result == 1)
    clock.now += 9
    tasks.look("ben", "page:place", "key", count)
    clock.now += 9  # anna has been away for 18 s, ben for 9
    count.allow(1)
    until(lambda: tasks.look("ben", "page:place", "key", count).result == 2)
    assert tasks.of("anna", "page:place") is None
    clock.now += 11
    count.allow(1)
    until(lambda: count.closed == 1)
    assert tasks.newest("page:place", "key") is None


def test_what_has_ended_holds_on_to_nothing_once_nobody_looks(make_tasks: Callable[..., Tasks]) -> None:
    """Also when nobody comes any more: the clock is enough."""

    class Large:
        pass

    def using(large: Large, fail: bool) -> Callable[[], Iterator[list[Large]]]:
        def run() -> Iterator[list[Large]]:
            yield [large]
            if fail:
                raise ExplorerError("no")

        return run

    tasks, seen = make_tasks(stale_s=0.05, budget=CacheBudget(0)), []
    for slot in ("page:done", "page:failed"):
        large = Large()
        seen.append(weakref.ref(large))
        tasks.look("anna", slot, slot, using(large, slot == "page:failed"))
        del large

    def gone() -> bool:
        gc.collect()
        return all(one() is None for one in seen)

    until(gone)
    assert tasks.of("anna", "page:done") is None and tasks.of("anna", "page:failed") is None


def test_what_has_ended_stays_for_those_who_look_even_if_it_cannot_be_kept(make_tasks: Callable[..., Tasks]) -> None:
    clock = Clock()
    tasks = make_tasks(clock=clock, budget=CacheBudget(0))
    count = Counting(2, allowed=99)
    ended(tasks, "anna", "page:place", "key", count)
    for _ in range(5):
        clock.now += 9
        assert tasks.look("anna", "page:place", "key", count) == Look(2, complete=True)
    clock.now += 11
    assert ended(tasks, "anna", "page:place", "key", count).complete and count.begun == 2


def test_complete_results_are_kept_within_the_budget(make_tasks: Callable[..., Tasks]) -> None:
    clock, budget = Clock(), CacheBudget(2500)
    tasks = make_tasks(clock=clock, budget=budget)

    def thousand_bytes() -> Iterator[np.ndarray]:
        yield np.zeros(250, np.float32)

    for key in ("first", "second", "third"):
        until(lambda key=key: tasks.look("anna", "page:place", key, thousand_bytes, lambda one: one.nbytes).complete)
        clock.now += 20  # nobody looks at it any more
    tasks.leave("anna")
    assert [tasks.newest("page:place", key) is not None for key in ("first", "second", "third")] == [False, True, True]
    assert budget.used_bytes == 2000


def test_a_failure_is_one_sentence_for_everybody_and_a_fresh_exception_each_time(tasks: Tasks) -> None:
    count = Counting(1, allowed=9, fail=CheckpointError("These weights are too large."))
    for one in ("anna", "ben"):
        found = ended(tasks, one, "page:place", "key", count)
        assert found.failure and found.result is None and not found.complete
    raised = []
    for _ in range(50):
        with pytest.raises(CheckpointError, match=r"^These weights are too large\.$") as caught:
            tasks.look("anna", "page:place", "key", count).raise_failure()
        raised.append(caught.value)
    assert len(set(map(id, raised))) == 50 and count.begun == 1
    assert all(len(traceback.extract_tb(one.__traceback__)) <= 2 for one in raised)
    assert all(one.__cause__ is None and one.__suppress_context__ for one in raised)


def test_a_failure_keeps_nothing_of_the_computation_alive(tasks: Tasks) -> None:
    class Photo:
        pass

    def look_at(photo: Photo) -> Callable[[], Iterator[Photo]]:
        def run() -> Iterator[Photo]:
            yield photo
            raise ExplorerError(f"This cannot be used: {type(photo).__name__}.")

        return run

    photo = Photo()
    alive, run = weakref.ref(photo), look_at(photo)
    until(lambda run=run: tasks.look("anna", "page:place", "key", run).failure is not None)
    del photo, run
    gc.collect()
    assert tasks.of("anna", "page:place").failure.sentence == "This cannot be used: Photo."
    assert alive() is None


def test_what_nobody_has_foreseen_goes_to_the_log_and_becomes_an_apology(
    tasks: Tasks, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        found = ended(tasks, "anna", "page:place", "key", Counting(1, allowed=1, fail=ValueError("index 7")))
    with pytest.raises(ComputationFailed, match="server’s log") as caught:
        found.raise_failure()
    assert "index 7" not in str(caught.value) and "ValueError: index 7" in caplog.text


def test_a_failure_can_be_tried_again_by_any_of_those_who_share_it(tasks: Tasks) -> None:
    broken, whole = Counting(1, allowed=9, fail=ExplorerError("no")), Counting(2, allowed=9)
    for one in ("anna", "ben"):
        assert ended(tasks, one, "page:place", "key", broken).failure
    tasks.retry("anna", "page:place")
    for one in ("ben", "anna"):
        assert ended(tasks, one, "page:place", "key", whole) == Look(2, complete=True)
    assert broken.begun == 1 and whole.begun == 1


def test_only_a_failure_is_tried_again(tasks: Tasks) -> None:
    count = Counting(3, allowed=1)
    until(lambda: tasks.look("anna", "page:place", "key", count).result == 1)
    tasks.retry("anna", "page:place")
    count.allow(9)
    assert ended(tasks, "anna", "page:place", "key", count).complete
    tasks.retry("anna", "page:place")
    assert tasks.look("anna", "page:place", "key", count).complete and count.begun == 1


def test_what_is_forgotten_is_computed_anew(tasks: Tasks) -> None:
    count = Counting(2, allowed=9)
    ended(tasks, "anna", "page:place", "key", count)
    tasks.forget("page:place", "key")
    tasks.forget("page:place", "nothing there")
    assert tasks.newest("page:place", "key") is None
    assert ended(tasks, "anna", "page:place", "key", count).complete and count.begun == 2


def test_a_computation_that_cannot_even_begin_fails(tasks: Tasks) -> None:
    def make() -> Iterator[int]:
        raise ExplorerError("There are no photos.")

    assert ended(tasks, "anna", "page:place", "key", make).failure.sentence == "There are no photos."
    assert ended(tasks, "anna", "page:place", "empty", lambda: iter(())) == Look(None, complete=True)


def test_the_worker_survives_whatever_a_step_raises(tasks: Tasks, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL):
        assert ended(tasks, "anna", "page:place", "key", Counting(1, allowed=9, fail=SystemExit(3))).failure
    assert ended(tasks, "anna", "page:place", "next", Counting(1, allowed=9)).complete


def test_tasks_take_turns(make_tasks: Callable[..., Tasks]) -> None:
    tasks, order = make_tasks(workers=1), []
    gate = threading.Event()

    def recording(name: str) -> Iterator[str]:
        assert gate.wait(PATIENCE_S)
        for _ in range(20):
            order.append(name)
            yield name

    for name in ("anna", "ben"):
        tasks.look(name, "page:place", name, lambda name=name: recording(name))
    gate.set()
    until(lambda: all(tasks.look(one, "page:place", one, lambda: iter(())).complete for one in ("anna", "ben")))
    assert sorted(order) == ["anna"] * 20 + ["ben"] * 20
    assert all({*order[at : at + 2]} == {"anna", "ben"} for at in range(0, 40, 2))


def test_it_gives_way_before_every_step(make_tasks: Callable[..., Tasks]) -> None:
    """While short work is served it waits, but no longer than it was told; then it goes on."""
    asked, busy = [], threading.Semaphore(0)

    def give_way(seconds: float) -> None:
        asked.append(seconds)
        assert busy.acquire(timeout=PATIENCE_S)

    tasks, count = make_tasks(give_way=give_way, yield_s=0.125), Counting(5, allowed=9)
    tasks.look("anna", "page:place", "key", count)
    until(lambda: asked == [0.125])
    assert count.done == 0
    for done in (1, 2, 3):
        busy.release()
        until(lambda done=done: len(asked) == done + 1)
        assert count.done == done
    busy.release(9)


def test_python_ends_in_peace_while_a_task_computes() -> None:
    """Ctrl-C on the server, or the end of a script, in the middle of a step."""
    program = (
        "import time, torch\n"
        "from zfnet_core.serving.tasks import Tasks\n"
        "def work():\n"
        "    while True:\n"
        "        torch.randn(400, 400) @ torch.randn(400, 400)\n"
        "        yield 1\n"
        "tasks = Tasks()\n"
        "while tasks.look('me', 'page:place', 'key', work).result is None: time.sleep(0.01)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr

"""Many who ask for one long computation: it is done once, by turns or at the same time."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from zfnet_core.shared_results import MOST_UNFINISHED, SharedResults

ROOT = Path(__file__).parents[2]


def counting(done: list[int], last: int = 5) -> Iterator[int]:
    for number in range(1, last + 1):
        done.append(number)
        yield number


def shared() -> SharedResults[int]:
    return SharedResults(1000, lambda _: 10)


def test_askers_in_turns_push_one_computation() -> None:
    results, done = shared(), []
    askers = [results.steps("key", lambda: counting(done)) for _ in range(3)]
    assert [next(asker) for asker in askers] == [1, 2, 3]
    assert results.newest("key") == 3 and results.complete("key") is None
    assert list(askers[0])[-1] == 5
    assert [list(asker)[-1:] for asker in askers[1:]] == [[], []] and results.complete("key") == 5
    assert done == [1, 2, 3, 4, 5]
    assert list(results.steps("key", lambda: counting(done))) == [5] and len(done) == 5


def test_askers_at_the_same_time_push_one_computation() -> None:
    results, done, seen = shared(), [], []

    def ask() -> None:
        seen.append(list(results.steps("key", lambda: counting(done, 200))))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert done == list(range(1, 201)) and results.complete("key") == 200
    assert all(numbers == sorted(numbers) for numbers in seen)


def test_whoever_leaves_does_not_stop_the_others() -> None:
    results, done = shared(), []
    first, second = (results.steps("key", lambda: counting(done)) for _ in range(2))
    next(first)
    next(second)
    first.close()
    assert list(second)[-1] == 5


def test_an_error_reaches_the_one_who_asked_and_is_not_kept() -> None:
    results, done = shared(), []

    def broken() -> Iterator[int]:
        yield 1
        raise RuntimeError("no")

    asker = results.steps("key", broken)
    assert next(asker) == 1
    with pytest.raises(RuntimeError):
        next(asker)
    assert results.complete("key") is None
    assert list(results.steps("key", lambda: counting(done)))[-1] == 5


def test_an_error_reaches_everybody_who_shares_the_computation() -> None:
    """A generator that has raised answers StopIteration: that must not pass for its end."""
    results = shared()

    def broken() -> Iterator[int]:
        yield 1
        raise RuntimeError("no")

    first, second = (results.steps("key", broken) for _ in range(2))
    assert next(first) == 1
    for asker in (second, first):
        with pytest.raises(RuntimeError, match="no"):
            next(asker)
    assert results.complete("key") is None and results.newest("key") is None
    assert list(results.steps("key", lambda: counting([])))[-1] == 5


def test_what_nobody_finishes_is_dropped() -> None:
    results = shared()
    for key in range(MOST_UNFINISHED + 5):
        next(results.steps(key, lambda: counting([])))
    assert results.newest(0) is None and results.newest(MOST_UNFINISHED + 4) == 1


def test_python_ends_in_peace_while_a_job_computes() -> None:
    """Ctrl-C on the server, or the end of a script, in the middle of a step."""
    program = (
        "import time, torch\n"
        "from zfnet_core.jobs import Jobs\n"
        "def work():\n"
        "    while True:\n"
        "        torch.randn(400, 400) @ torch.randn(400, 400)\n"
        "        yield 1\n"
        "job = Jobs().start('me', 'slot', work)\n"
        "while job.partial is None: time.sleep(0.01)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr

"""A result that grows while it is computed, shared by all visitors who ask for the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

from ui import engine
from zfnet_core.jobs import Job
from zfnet_core.shared_results import SharedResults

Result = TypeVar("Result")


def growing(
    results: SharedResults[Result], slot: str, key: Hashable, make: Callable[[], Iterator[Result]]
) -> tuple[Result | None, Job | None]:
    """The newest result for `key`, and the job that is still at it (None when the result is complete).

    Raises what the computation raised.
    """
    if (complete := results.complete(key)) is not None:
        return complete, None
    job = engine.job(slot, key, lambda: results.steps(key, make))
    partial = job.look() or results.newest(key)
    if job.state == "failed":
        raise job.error
    return partial, job if job.live else None

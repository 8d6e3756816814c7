"""A result that grows while it is computed, shared by all visitors who ask for the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

import streamlit as st

from ui import engine, frame
from zfnet_core.jobs import Job
from zfnet_core.shared_results import SharedResults

Result = TypeVar("Result")
Growing = tuple[Result | None, Job | None]
LOOK_AGAIN_S = 0.4


def growing(
    results: SharedResults[Result], slot: str, key: Hashable, make: Callable[[], Iterator[Result]]
) -> Growing[Result]:
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


def watch(slot: str, look: Callable[[], Growing[Result]], show: Callable[[Result | None, bool], None]) -> None:
    """`show(result, complete)` what `look()` finds, again and again while it grows.

    Errors become sentences, in the page as in the part of it that looks again; where the computation itself failed it
    can be tried again.
    """
    with frame.guarded():
        _, job = look()
        st.fragment(_watched, run_every=LOOK_AGAIN_S if job else None)(slot, look, show, job is not None)
    if _failed(slot):
        st.button("Try again", icon=":material/refresh:", key=f"again-{slot}", on_click=engine.forget_job, args=(slot,))


def _watched(slot: str, look: Callable[[], Growing], show: Callable[..., None], again: bool) -> None:
    with frame.guarded():
        if again and _failed(slot):
            st.rerun()
        result, job = look()
        if (job is not None) != again:
            st.rerun()
        show(result, job is None)


def _failed(slot: str) -> bool:
    job = engine.desk().jobs.of(engine.session_id(), slot)
    return job is not None and job.state == "failed"

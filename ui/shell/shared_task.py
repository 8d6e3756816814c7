"""Long work on a page: begun once for all who ask for the same, shown while it grows, tried again on request."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

from ui.shell import current, frame
from ui.shell.session import session_id
from zfnet_core.language import t
from zfnet_core.serving.memory_size import bytes_of
from zfnet_core.serving.tasks import Look, Work

Question = TypeVar("Question")
Result = TypeVar("Result")
LOOK_AGAIN_S = 0.4


def look(
    slot: str,
    key: Hashable,
    make: Callable[[], Work[Result]],
    size_of: Callable[[Result], int] = bytes_of,
) -> Look[Result]:
    """What there is of the results `make()`, which depend on `key` alone; they are begun if nobody has done so yet.

    Where `make` gives a partial of a function of zfnet_core, a cluster can do the work (`serve.py --compute`).

    `slot` is the place on the page that shows them, "exhibit:place"; it lets go of what it showed before.
    """
    return current.scheduler().tasks.look(session_id(), slot, key, make, size_of)


def stop(slot: str) -> None:
    """Have the slot show nothing any more."""
    current.scheduler().tasks.stop(session_id(), slot)


def retry(slot: str) -> None:
    """Have the slot's task begun anew when it is looked at for the next time, after it failed."""
    current.scheduler().tasks.retry(session_id(), slot)


def failed(slot: str) -> bool:
    """Whether the slot's task broke off with an error and waits to be tried again."""
    return failure(slot) is not None


def failure(slot: str) -> Look | None:
    """How the slot's task looks, if it broke off with an error."""
    found = current.scheduler().tasks.of(session_id(), slot)
    return found if found and found.failure else None


@contextmanager
def attempt(slot: str) -> Iterator[None]:
    """Errors become sentences; where it was the slot's task that failed, with a way to try it again."""
    with frame.guarded():
        yield
    if failed(slot):
        st.button(t("Try again"), icon=":material/refresh:", key=f"again-{slot}", on_click=retry, args=(slot,))


def watch(
    slot: str,
    question: Question,
    ask: Callable[[], Question],
    find: Callable[[Question], Look[Result]],
    show: Callable[[Question, Result | None, bool], None],
) -> None:
    """`show(question, result, complete)` what `find(question)` gives, again and again while it grows.

    `question` is the one of this run; when the part that looks again runs by itself, it has `ask()` for it anew. Errors
    become sentences, in the page as in that part; where the task itself failed it can be tried again.
    """
    with attempt(slot):
        found = find(question)
        found.raise_failure()
        known = [(question, found)]

        def look() -> tuple[Question, Look[Result]]:
            if known:
                return known.pop()
            now = ask()
            return now, find(now)

        st.fragment(_watched, run_every=LOOK_AGAIN_S if found.live else None)(look, show, found.live)


def _watched(
    look: Callable[[], tuple[Question, Look[Result]]],
    show: Callable[[Question, Result | None, bool], None],
    again: bool,
) -> None:
    with frame.guarded():
        question, found = look()
        if found.live != again:
            st.rerun()  # it is complete, or has failed: the page says so, and looks again no more; or it has begun anew
        found.raise_failure()
        show(question, found.result, found.complete)

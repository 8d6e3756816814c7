"""What the server does by the clock, and what it holds of uploads: nobody's visit may fill its memory.

Streamlit keeps every uploaded file until its visit ends, also one that no page shows any more; and a visit that has
been left is let go of when the next one is left, be it tomorrow. What is here reaches into Streamlit's runtime.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from ui.heap import give_back
from ui.shell.left_visits import slim

MEGABYTE = 2**20
SESSION_BYTES, ALL_BYTES = 256 * MEGABYTE, 1024 * MEGABYTE
TICK_S = 20.0
log = logging.getLogger(__name__)


def bound_uploads(manager: MemoryUploadedFileManager, session: int = SESSION_BYTES, everybody: int = ALL_BYTES) -> None:
    """Have the manager forget the oldest files beyond `session` bytes of one visit and `everybody` bytes in sum.

    Nothing is lost with them: a page takes over what it is given at once, and keeps what it made of it. The newest file
    always stays.
    """
    add_file, remove_file = manager.add_file, manager.remove_file
    kept: dict[tuple[str, str], int] = {}  # oldest first

    def add(session_id: str, file: Any) -> None:
        add_file(session_id, file)
        kept.pop((session_id, file.file_id), None)
        kept[session_id, file.file_id] = len(file.data)
        for one in [one for one in list(kept) if not manager.get_files(one[0], [one[1]])]:
            kept.pop(one, None)
        _forget([one for one in list(kept) if one[0] == session_id], session)
        _forget(list(kept), everybody)

    def _forget(places: list[tuple[str, str]], most: int) -> None:
        over = sum(kept.get(place, 0) for place in places) - most
        for place in places[:-1]:
            if over <= 0:
                return
            over -= kept.pop(place, 0)
            remove_file(*place)

    manager.add_file = add  # type: ignore[method-assign]


def let_go(runtime: Any) -> int:
    """End the visits whose time is over; returns how many."""
    stored = runtime._session_mgr._session_storage._cache
    before = dict(stored._data)
    stored.expire()
    gone = [info for key, info in before.items() if key not in stored._data]
    for info in gone:
        info.session.shutdown()
    return len(gone)


def left_longest(runtime: Any, most: int) -> int:
    """End up to `most` visits that have been left, the longest first, before their time is over; returns how many."""
    let_go(runtime)
    sessions = runtime._session_mgr
    longest = list(sessions._session_storage._cache._expirations)[:most]
    for visit in longest:
        sessions.close_session(visit)
    return len(longest)


async def keep_up(runtime: Any, make_room: Callable[[Any], Awaitable[Any]], tick_s: float) -> None:
    """Let go of visits that are over and of free memory, for ever; to be run in the server's event loop.

    Every `tick_s` seconds; `make_room(runtime)` sees to it that the rest fits.
    """
    while True:
        await asyncio.sleep(tick_s)
        try:
            if let_go(runtime):
                # A visit is held in circles, and Python's own collection of old ones may be hours away.
                await asyncio.to_thread(gc.collect)
            slim(runtime)
            await asyncio.to_thread(give_back)
            await make_room(runtime)
        except Exception:
            log.exception("Visits that are over could not be let go of.")

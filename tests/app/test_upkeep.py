"""Visits that are over are let go of by the clock, and uploads are limited in sum."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.runtime.caching.ttl_cache import TTLCache
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from ui import upkeep

ROOT = Path(__file__).parents[2]


def file(name: str, size: int) -> UploadedFileRec:
    return UploadedFileRec(file_id=name, name=name, type="image/png", data=bytes(size))


def names(manager: MemoryUploadedFileManager, session: str) -> list[str]:
    return list(manager.file_storage.get(session, {}))


def test_the_oldest_uploads_of_a_visit_give_way_to_the_newest() -> None:
    manager = MemoryUploadedFileManager("/upload")
    upkeep.bound_uploads(manager, session=100, everybody=1000)
    for number in range(5):
        manager.add_file("anna", file(f"a{number}", 40))
    assert names(manager, "anna") == ["a3", "a4"]
    manager.add_file("anna", file("large", 500))  # larger than the bound: it is what was asked for last
    assert names(manager, "anna") == ["large"]
    manager.add_file("ben", file("b", 40))
    assert names(manager, "anna") == ["large"] and names(manager, "ben") == ["b"]


def test_all_uploads_together_are_bounded_too() -> None:
    manager = MemoryUploadedFileManager("/upload")
    upkeep.bound_uploads(manager, session=100, everybody=250)
    for number in range(10):
        manager.add_file(f"visit {number}", file("one", 60))
    assert [number for number in range(10) if names(manager, f"visit {number}")] == [6, 7, 8, 9]
    manager.remove_session_files("visit 9")  # what Streamlit took away itself is not counted any more
    manager.add_file("visit 10", file("one", 60))
    assert [number for number in range(11) if names(manager, f"visit {number}")] == [6, 7, 8, 10]


def test_a_visit_that_is_over_is_let_go_of_though_nobody_else_comes() -> None:
    now, ended = [0.0], []
    storage = MemorySessionStorage(ttl_seconds=10)
    storage._cache = TTLCache(maxsize=10, ttl=10, timer=lambda: now[0])
    runtime = SimpleNamespace(_session_mgr=SimpleNamespace(_session_storage=storage))
    fragments = SimpleNamespace(_fragments={})
    for name in ("early", "late"):
        session = SimpleNamespace(
            id=name, shutdown=lambda name=name: ended.append(name), _scriptrunner=None, _fragment_storage=fragments
        )
        storage.save(SimpleNamespace(session=session))
        now[0] += 6
    assert upkeep.let_go(runtime) == 1 and ended == ["early"]
    now[0] += 6

    async def room(of: object) -> None:
        assert of is runtime

    async def tick() -> None:
        clock = asyncio.create_task(upkeep.keep_up(runtime, room, tick_s=0.001))
        while len(ended) < 2:
            await asyncio.sleep(0.001)
        clock.cancel()

    asyncio.run(asyncio.wait_for(tick(), 30))
    assert ended == ["early", "late"] and storage.list() == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="another C library")
def test_free_memory_between_what_is_kept_goes_back_to_the_system() -> None:
    program = """
import ctypes, sys
sys.path.insert(0, ".")
from ui.heap import give_back
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
many = [ctypes.create_string_buffer(100_000) for _ in range(2_000)]  # 200 MB, below what is mapped by itself
full = resident()
many = many[::50]
kept = resident()
assert give_back()
print((full - kept) // 2**20, (full - resident()) // 2**20)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert after > 150 and after >= before

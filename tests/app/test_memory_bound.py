"""The server's memory as the system counts it stays within its bound, whatever holds on to it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from streamlit.runtime.caching.ttl_cache import TTLCache
from streamlit.runtime.memory_session_storage import MemorySessionStorage

from ui.memory_bound import MemoryBound, own_bytes
from ui.shell import left_visits
from zfnet_core.serving.cache_budget import Cache, CacheBudget


class House:
    """A server with `left` visits that hold 10 bytes each, caches with `kept` values of 10 bytes, and a program of 100.

    What was let go of is free only after tidying.
    """

    def __init__(self, left: int, kept: int, limit: int, most: int = 100) -> None:
        self.storage = MemorySessionStorage(maxsize=1000, ttl_seconds=3600)
        self.storage._cache = TTLCache(maxsize=1000, ttl=3600)
        self._session_mgr = SimpleNamespace(_session_storage=self.storage, close_session=self.close)
        self.budget = CacheBudget(most)
        self.cache: Cache[bytes] = Cache(len, self.budget)
        self.dirty = 0
        for number in range(left):
            self.storage.save(SimpleNamespace(session=SimpleNamespace(id=f"visit {number}")))  # type: ignore[arg-type]
        for number in range(kept):
            self.cache.put(number, b"0123456789")
        self.bound = MemoryBound(self.budget, limit, lambda: self.live() + self.dirty, self.tidied)
        self.before = self.live()

    def live(self) -> int:
        return 100 + 10 * len(self.storage._cache._data) + self.budget.used_bytes

    def close(self, name: str) -> None:
        self.storage.delete(name)
        self.dirty += 10

    def tidied(self) -> None:
        self.dirty = 0

    def hold(self) -> int:
        return asyncio.run(self.bound.hold(self))

    def visits(self) -> list[str]:
        return list(self.storage._cache._data)


def test_within_the_bound_nothing_is_let_go_of() -> None:
    house = House(left=20, kept=8, limit=380)
    assert house.hold() == 0 and len(house.visits()) == 20 and len(house.cache) == 8


def test_holes_alone_cost_nobody_anything() -> None:
    house = House(left=2, kept=8, limit=210)
    house.dirty = 500
    assert house.hold() == 0 and len(house.visits()) == 2 and len(house.cache) == 8 and house.dirty == 0


def test_what_can_be_computed_again_goes_before_any_visit() -> None:
    house = House(left=2, kept=8, limit=175)
    assert house.hold() == 0 and len(house.visits()) == 2 and len(house.cache) == 5


def test_visits_go_the_longest_left_first_and_no_more_than_needed() -> None:
    house = House(left=100, kept=8, limit=300)
    gone = house.hold()
    assert house.live() <= 300 < house.live() + 10 * 8  # they go by eights
    assert house.visits() == [f"visit {number}" for number in range(gone, 100)]
    assert len(house.cache) == 5  # half of the budget stays


def test_where_nobody_has_left_the_caches_give_up_the_rest() -> None:
    house = House(left=0, kept=8, limit=120)
    assert house.hold() == 0 and len(house.cache) == 2
    assert House(left=3, kept=8, limit=50).hold() == 3  # there is no more to give up, and it ends


def test_the_bound_is_the_program_and_the_budget() -> None:
    budget = CacheBudget(1000)
    cache: Cache[bytes] = Cache(len, budget)
    cache.put("a", bytes(300))
    bound = MemoryBound.of(budget, lambda: 5300, later=50)
    assert bound.limit == 5000 + 1000 + 50 and bound.over() == 0
    assert MemoryBound.of(budget, lambda: None).over() == 0  # a system that does not tell


def test_the_system_counts_what_is_new() -> None:
    before = own_bytes()
    if before is None:
        return
    much = bytearray(b"x") * 60_000_000
    after = own_bytes()
    assert after is not None and 55_000_000 < after - before < 90_000_000 and len(much)


def test_a_visit_that_was_left_lets_go_of_what_was_to_be_called() -> None:
    from streamlit.runtime.fragment import MemoryFragmentStorage
    from streamlit.runtime.state import SessionState
    from streamlit.runtime.state.common import WidgetMetadata

    def visit(name: str, running: object) -> Any:
        state, fragments = SessionState(), MemoryFragmentStorage()
        state._new_widget_state.set_widget_metadata(
            WidgetMetadata("w", str, str, "string_value", lambda: None, {"e": lambda: None}, (1,), {"a": 1})
        )
        fragments.register("f", lambda: None)
        return SimpleNamespace(
            id=name, _session_state=state, _fragment_storage=fragments, _scriptrunner=running, shutdown=lambda: None
        )

    house = House(0, 0, 100)
    left, busy = visit("left", None), visit("busy", object())
    for one in (left, busy):
        house.storage.save(SimpleNamespace(session=one))  # type: ignore[arg-type]
    assert left_visits.slim(house) == 1 and left_visits.slim(house) == 0
    widget = left._session_state._new_widget_state.widget_metadata["w"]
    assert (widget.callback, widget.callbacks, widget.callback_args, widget.callback_kwargs) == (None,) * 4
    assert (widget.id, widget.deserializer, widget.value_type) == ("w", str, "string_value")
    assert not left._fragment_storage.contains("f") and busy._fragment_storage.contains("f")

"""All tests: memory is given back after each file, so that two workers fit beside each other."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from ui import heap

heap.tune()


@pytest.fixture(scope="module", autouse=True)
def nothing_is_kept_for_the_next_file() -> Iterator[None]:
    yield
    gc.collect()
    heap.give_back()

"""The C library's heap (glibc), told not to keep what the program has freed. Elsewhere nothing happens here."""

from __future__ import annotations

import ctypes

ARENA_MAX = -8  # M_ARENA_MAX of malloc.h
ARENAS = 2


def tune() -> bool:
    """Few heaps; whether the library could be told. To be called before the threads are made.

    Each thread would have a heap of its own, with holes of its own between arrays that live for long. What is large
    stays among them: a page of memory that is new for every array costs half as much again as the projection.
    """
    try:
        return bool(ctypes.CDLL("libc.so.6").mallopt(ARENA_MAX, ARENAS))
    except (OSError, AttributeError):
        return False


def give_back() -> bool:
    """Have it hand memory that is free back to the system; whether it could be asked."""
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        return False
    return True

"""What the commands of this package share: numbers from the command line, and a line that tells how far they are."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def at_least_1(text: str) -> int:
    """A number for argparse."""
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 on")
    return number


@contextmanager
def one_line() -> Iterator[Callable[[str], None]]:
    """Overwrite one line in a terminal, print lines elsewhere."""
    live = sys.stderr.isatty()
    try:
        yield lambda text: print(
            f"\r{text:<78}" if live else text, end="" if live else "\n", file=sys.stderr, flush=True
        )
    finally:
        if live:
            print(file=sys.stderr)

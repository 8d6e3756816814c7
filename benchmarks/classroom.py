"""A class of thirty on one server: how long does an answer take? `python -m benchmarks.classroom`

Thirty visitors act every two seconds; each action moves the crop, which needs one forward pass and three projections.
Ends with an error where an action's p95 is above half a second, a fresh server's first page above three, or something
failed. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.visitors import Visitor, choose_map, family, move_crop, processor_seconds, resident_megabytes, visit

ROOT = Path(__file__).parents[1]
P95_MS, FIRST_PAGE_S = 500, 3
Result = TypeVar("Result")


@contextmanager
def serving(*words: str) -> Iterator[tuple[int, int]]:
    """(process id, port) of a dashboard with its default network loaded; `words` are further ones for `serve.py`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "serve.py", "--no-browser", "--port", str(port), *words], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            try:
                if urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).status == 200:
                    break
            except OSError:
                time.sleep(0.2)
        else:
            raise RuntimeError("The dashboard did not start.")
        yield server.pid, port
    finally:
        server.terminate()
        server.wait()


def load_options(about: str | None, seconds: float) -> argparse.ArgumentParser:
    """How many visitors come, for how long, how often they act, and how many processes there are for them."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=seconds)
    parser.add_argument("--workers", type=int, default=1, help="server processes")
    parser.add_argument("--think", type=float, default=2.0, help="mean seconds between a visitor's actions")
    return parser


def under_load(pid: int, visits: Coroutine[Any, Any, Result]) -> tuple[Result, float, str]:
    """(what came of the visits, the seconds they took, what the server and its processes used meanwhile)."""
    used, began = sum(map(processor_seconds, family(pid))), time.monotonic()
    result = asyncio.run(visits)
    took = time.monotonic() - began
    load = (sum(map(processor_seconds, family(pid))) - used) / took
    return result, took, f"{load:.2f} of {os.cpu_count()} cores; {sum(map(resident_megabytes, family(pid)))} MB"


async def first_page(port: int) -> float:
    """Seconds until the first visitor's page is complete."""
    visitor = Visitor(port)
    took = await visitor.come()
    await visitor.leave()
    return took


def main() -> None:
    """Measure, print, and end with 1 above the limits."""
    options = load_options(__doc__, 40).parse_args()
    missed = False
    for name, action in (("crop (one forward pass)", move_crop), ("map (projections only)", choose_map)):
        with serving("--workers", str(options.workers)) as (pid, port):
            first = asyncio.run(first_page(port))
            print(f"the first page of a fresh server: {first:.2f} s")
            visits = visit(port, options.visitors, options.seconds, options.think, action)
            report, took, used = under_load(pid, visits)
            print(
                f"{options.visitors} visitors, {options.workers} processes, think {options.think} s, {name}: "
                f"first page p50 {report.quantile(report.first, 0.5):.0f} "
                f"p95 {report.quantile(report.first, 0.95):.0f} ms; "
                f"{len(report.actions)} actions ({len(report.actions) / took:.1f}/s) "
                f"p50 {report.quantile(report.actions, 0.5):.0f} p95 {report.quantile(report.actions, 0.95):.0f} "
                f"max {report.quantile(report.actions, 1):.0f} ms; errors {len(report.errors)}; {used}"
            )
            for error in report.errors[:3]:
                print("  ", error)
            slow = report.quantile(report.actions, 0.95) > P95_MS or first > FIRST_PAGE_S
            missed |= slow or bool(report.errors) or not report.actions
    sys.exit(missed)


if __name__ == "__main__":
    main()

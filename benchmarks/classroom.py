"""A class of thirty on one server: how long does an answer take? `python -m benchmarks.classroom`

Thirty visitors act every two seconds; each action moves the crop, which needs one forward pass and three projections.
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
from pathlib import Path

from benchmarks.visitors import choose_unit, move_crop, processor_seconds, resident_megabytes, visit

ROOT = Path(__file__).parents[1]


def start() -> tuple[subprocess.Popen[bytes], int]:
    """A dashboard on a free port, with its default network loaded."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "serve.py", "--no-browser", "--port", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    for _ in range(600):
        try:
            if urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).status == 200:
                return server, port
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("The dashboard did not start.")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--think", type=float, default=2.0, help="mean seconds between a visitor's actions")
    options = parser.parse_args()
    for name, action in (("crop (one forward pass)", move_crop), ("map (projections only)", choose_unit)):
        server, port = start()
        try:
            used, began = processor_seconds(server.pid), time.monotonic()
            report = asyncio.run(visit(port, options.visitors, options.seconds, options.think, action))
            took = time.monotonic() - began
            load = (processor_seconds(server.pid) - used) / took
            print(
                f"{options.visitors} visitors, think {options.think} s, {name}: "
                f"first page p50 {report.quantile(report.first, 0.5):.0f} "
                f"p95 {report.quantile(report.first, 0.95):.0f} ms; "
                f"{len(report.actions)} actions ({len(report.actions) / took:.1f}/s) "
                f"p50 {report.quantile(report.actions, 0.5):.0f} p95 {report.quantile(report.actions, 0.95):.0f} "
                f"max {report.quantile(report.actions, 1):.0f} ms; errors {len(report.errors)}; "
                f"{load:.2f} of {os.cpu_count()} cores; {resident_megabytes(server.pid)} MB"
            )
            for error in report.errors[:3]:
                print("  ", error)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()

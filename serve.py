"""Start the dashboard with the default network loaded before the first visitor comes: `python serve.py`."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # many visitors: threads of one computation would only fight each other

import argparse
import gc
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st


@asynccontextmanager
async def lifespan(_: object) -> AsyncIterator[dict[str, bool]]:
    """Import and load everything once, then take it out of the garbage collector's sight."""
    from streamlit.runtime.pages_manager import PagesManager

    PagesManager.uses_pages_directory = False  # app.py owns the navigation from the first visitor on
    from ui import engine

    engine.warm()
    gc.collect()
    gc.freeze()
    if address := os.environ.get("ZFNET_EXPLORER_OPEN"):
        threading.Timer(1.0, webbrowser.open, [address]).start()
    yield {"ready": True}


app = st.App(Path(__file__).parent / "app.py", lifespan=lifespan)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--address", default="127.0.0.1", help="0.0.0.0 lets the whole class in (default: this machine)"
    )
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser window")
    options = parser.parse_args()
    address = f"http://{'localhost' if options.address in ('0.0.0.0', '127.0.0.1') else options.address}:{options.port}"
    if not options.no_browser and _has_screen():
        os.environ["ZFNET_EXPLORER_OPEN"] = address
    print(f"ZFNet Explorer: {address}")
    app.run(config={"server.address": options.address, "server.port": options.port})


def _has_screen() -> bool:
    """Whether a browser could show itself; without one, `webbrowser` may start a text browser in the terminal."""
    return sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


if __name__ == "__main__":
    main()

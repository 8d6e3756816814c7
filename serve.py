"""Start the dashboard with the default network loaded before the first visitor comes: `python serve.py`."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # many visitors: threads of one computation would only fight each other

import argparse
import asyncio
import gc
import sys
import threading
import tomllib
import webbrowser
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from zfnet_core.assets import HOME

MOST_WORKERS, OPEN_S = 64, 15.0
HOSTS, EMBEDDERS, METRICS = "ZFNET_EXPLORER_HOSTS", "ZFNET_EXPLORER_EMBEDDERS", "ZFNET_EXPLORER_METRICS"
FOLDERS_HELP = "let visitors name folders of this machine, with photos or training runs (default: nobody may)"
HOST_HELP = "a further name under which the server is reached (school.example); may be given several times"
MEMORY_HELP = "how much may be kept: networks, traces, results; such as 2G (default: 3G, or half of a small machine)"
WORKERS_HELP = "how many server processes share the visitors (default: 1; for a class about one for each core)"
COMPUTE_HELP = (
    "have a Ray cluster do the heavy work of all server processes: ray://HOST:10001, HOST:6379, auto (the cluster that "
    "this machine belongs to), local (one on this machine, as long as the server runs)"
)
EMBED_HELP = "pages of these origins (https://moodle.school.example) may show the dashboard in a frame"


@asynccontextmanager
async def lifespan(_: object) -> AsyncIterator[dict[str, bool]]:
    """Import and load everything once, then take it out of the garbage collector's sight."""
    from streamlit.runtime.pages_manager import PagesManager

    PagesManager.uses_pages_directory = False  # app.py owns the navigation from the first visitor on
    from ui import heap, memory_bound, upkeep, warming
    from zfnet_core.photos import apart
    from zfnet_core.serving.cache_budget import budget

    apart.begin()
    heap.tune()
    warming.warm()
    memory_bound.tidy()
    gc.freeze()
    clock = None
    if runtime.exists():
        if isinstance(uploads := runtime.get_instance().uploaded_file_mgr, MemoryUploadedFileManager):
            upkeep.bound_uploads(uploads)
        bound = memory_bound.MemoryBound.of(budget())
        clock = asyncio.create_task(upkeep.keep_up(runtime.get_instance(), bound.hold, upkeep.TICK_S))
    if address := os.environ.get("ZFNET_EXPLORER_OPEN"):
        threading.Timer(1.0, webbrowser.open, [address]).start()
    yield {"ready": True}
    if clock:
        clock.cancel()
    apart.end()


def _gate(inner: Any) -> Any:
    """Made when the server starts, so that `main` has said by then who may come in."""
    from ui.exhibits import EXHIBITS
    from ui.gate import Gate

    return Gate(
        inner,
        hosts=os.environ.get(HOSTS, "").split(),
        embedders=os.environ.get(EMBEDDERS, "").split(),
        pages=[exhibit.path for exhibit in EXHIBITS],
        metrics=os.environ.get(METRICS) == "1",
    )


def _fonts() -> list[Mount]:
    """Letters that a machine may lack; also below a base path, which is not known yet."""
    files = StaticFiles(directory=HOME / "assets" / "fonts")
    return [Mount("/fonts", files), Mount("/{base:path}/fonts", files)]


app = st.App(HOME / "app.py", lifespan=lifespan, routes=_fonts(), middleware=[Middleware(_gate)])


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--address", default="127.0.0.1", help="0.0.0.0 lets the whole class in (default: this machine)"
    )
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser window")
    parser.add_argument("--folders", action="store_true", help=FOLDERS_HELP)
    parser.add_argument("--host", action="append", default=[], metavar="NAME", help=HOST_HELP)
    parser.add_argument("--base-path", default="", metavar="/lab/", help="serve below a path instead of at the root")
    parser.add_argument("--embed", nargs="+", default=[], metavar="ORIGIN", help=EMBED_HELP)
    parser.add_argument("--metrics", action="store_true", help="open /_stcore/metrics to everybody who gets in")
    parser.add_argument("--memory", metavar="SIZE", help=MEMORY_HELP)
    parser.add_argument("--workers", type=int, default=1, metavar="N", help=WORKERS_HELP)
    parser.add_argument("--compute", metavar="ADDRESS", help=COMPUTE_HELP)
    options = parser.parse_args()
    if options.memory:
        os.environ["ZFNET_EXPLORER_MEMORY"] = options.memory
    if problem := _memory_problem():
        parser.error(problem)
    if not 1 <= options.workers <= MOST_WORKERS:
        parser.error(f"1 to {MOST_WORKERS} server processes can share the visitors, not {options.workers}.")
    if options.compute is not None and (problem := _compute_problem(options.compute, options.workers > 1)):
        parser.error(problem)
    if options.folders:
        os.environ["ZFNET_EXPLORER_FOLDERS"] = "1"
    os.environ[HOSTS], os.environ[EMBEDDERS] = " ".join(options.host), " ".join(options.embed)
    os.environ[METRICS] = "1" if options.metrics else ""
    base = options.base_path.strip("/")
    local = "localhost" if options.address in ("0.0.0.0", "127.0.0.1") else options.address
    address = f"http://{local}:{options.port}{f'/{base}/' if base else ''}"
    if not options.no_browser and _has_screen():
        os.environ["ZFNET_EXPLORER_OPEN"] = address
    print(f"ZFNet Explorer: {address}", flush=True)
    if options.workers > 1:
        _serve_with_workers(options, base, address)
        return
    settings = dict(_flat(tomllib.loads((HOME / ".streamlit" / "config.toml").read_text(encoding="utf-8"))))
    chosen = {
        "server.address": options.address,
        "server.port": options.port,
        "server.baseUrlPath": base or os.environ.get("STREAMLIT_SERVER_BASE_URL_PATH", ""),
        # In a frame of another site the browser sends no cookie. No cookie carries rights here, and the gate refuses
        # what another page sends.
        "server.enableXsrfProtection": not options.embed,
    }
    app.run(config=settings | chosen)


def _serve_with_workers(options: argparse.Namespace, base: str, address: str) -> None:
    """The same server in several processes; what they are told in the environment is there already."""
    from ui import workers
    from zfnet_core.serving.cache_budget import budget

    told = [str(HOME / "serve.py"), "--no-browser", "--base-path", base]
    if options.embed:
        told += ["--embed", *options.embed]
    for host in options.host:
        told += ["--host", host]
    for name in ("folders", "metrics"):
        told += [f"--{name}"] if getattr(options, name) else []
    if opened := os.environ.pop("ZFNET_EXPLORER_OPEN", ""):
        threading.Timer(OPEN_S, webbrowser.open, [opened]).start()
    workers.serve(options.workers, options.address, options.port, told, budget().max_bytes)


def _memory_problem() -> str:
    """What is wrong with the memory that was asked for, said before anything is loaded; "" if nothing is."""
    from zfnet_core.errors import ExplorerError
    from zfnet_core.serving.cache_budget import budget

    try:
        budget()
    except ExplorerError as error:
        return str(error)
    return ""


def _compute_problem(address: str, for_others: bool) -> str:
    """Why the cluster cannot compute for this server, "" if it can: then every process finds it in the environment."""
    from zfnet_core.errors import ExplorerError
    from zfnet_core.serving import ray_compute

    try:
        os.environ[ray_compute.VARIABLE] = ray_compute.check(address, keep=not for_others)
    except ExplorerError as error:
        return str(error)
    return ""


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """The settings of a file by their full names, so that they hold from whichever folder this is started."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _has_screen() -> bool:
    """Whether a browser could show itself; without one, `webbrowser` may start a text browser in the terminal."""
    return sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


if __name__ == "__main__":
    main()

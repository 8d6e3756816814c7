"""One computer for all server processes, as an actor of a Ray cluster (`serve.py --compute ADDRESS`).

Needs `pip install -r requirements-ray.txt` here and on every machine of the cluster; this package itself is sent along.
The actor is found by its name, made by the first who needs it, and stays when the servers end, so that the next ones
find their networks loaded; it takes a GPU where the cluster has one, else all cores of one machine. Ray starts it again
when it dies. It keeps as much as a server does, or what ZFNET_EXPLORER_MEMORY says where Ray is started.

Whoever reaches a Ray cluster can run programs on it: it belongs into a network of its own.

A server that came by ray:// outlives the cluster. By another address its machine is a part of the cluster, and Ray ends
the processes of a machine that it loses; `serve.py --workers` starts them again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import socket
import threading
import time
from functools import cache, partial
from pathlib import Path
from typing import Any

from zfnet_core.assets import HOME
from zfnet_core.assets import VARIABLE as HOME_VARIABLE
from zfnet_core.errors import ExplorerError
from zfnet_core.language import phrase
from zfnet_core.serving.computer import Computer
from zfnet_core.serving.remote import Call, Remote

VARIABLE = "ZFNET_EXPLORER_COMPUTE"
NAME = NAMESPACE = "zfnet-explorer"
PACKAGE = Path(__file__).parents[1]
START_S, REACH_S = 90.0, 5.0
ATTEMPTS, PAUSE_S = 3, 3.0
AT_ONCE = 64  # calls that the actor answers side by side: each looks, or waits for a worker of its own scheduler
_connecting = threading.Lock()
_served = threading.Event()  # whether this process has had an actor of its own version


def from_environment() -> Remote | None:
    """The computer that `serve.py --compute` named, looked for in the background; None where there is none."""
    address = os.environ.get(VARIABLE)
    return Remote(lambda: connect(address)) if address else None


def check(address: str, keep: bool = True) -> str:
    """Find the computer before anything is served; returns the address for other processes of this server.

    `keep`: stay connected, if `address` can be used once only. “local” is a cluster that lasts as long as this process.
    Raises ExplorerError where Ray is not installed or there is no answer.
    """
    ray = _ray()
    try:
        _connect_patiently(address)
    except Exception as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise ExplorerError(
            phrase(
                "The cluster at “{address}” does not compute for this server ({problem}); start Ray there "
                "(ray start --head), or leave --compute out.",
                address=address,
                problem=said[:300].rstrip("."),
            )
        ) from error
    if not address.startswith("ray://"):
        told = str(ray.get_runtime_context().gcs_address)
        if address == "local" or keep:
            return told
        address = told
    if not keep:
        ray.shutdown()
    return address


def _connect_patiently(address: str) -> None:
    """Connect; where somebody listens at the address, more than once: Ray that was just started is not ready yet."""
    for left in reversed(range(ATTEMPTS)):
        _reach(address)
        try:
            connect(address)
            return
        except Exception:
            if not left:
                raise
            time.sleep(PAUSE_S)


def connect(address: str) -> Call:
    """Connect this process to the cluster and find the actor, or make it; gives the way to call it.

    A call waits `seconds` at most. Raises what Ray raises; ExplorerError if it is not installed.
    """
    ray = _ray()
    with _connecting:
        if ray.is_initialized():
            try:
                return _actor(ray)
            except Exception:
                if _answers(ray):
                    raise
                ray.shutdown()  # the cluster has gone: only a new connection can find another one
        _reach(address)
        ray.init(
            address=address,
            namespace=NAMESPACE,
            runtime_env={"py_modules": [str(PACKAGE)], "env_vars": {HOME_VARIABLE: str(HOME)}},
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
        return _actor(ray)


def _answers(ray: Any) -> bool:
    """Whether the cluster is there, whatever its actor does. To leave one that began with this process would end it."""
    try:
        return bool(ray.nodes())
    except Exception:
        return False


def _reach(address: str) -> None:
    """See whether anybody listens there: Ray itself tries for half a minute. Raises OSError."""
    if found := re.fullmatch(r"(?:ray://)?\[?([\w.:-]+?)\]?:(\d{1,5})/?", address):
        socket.create_connection((found[1], int(found[2])), REACH_S).close()


def _actor(ray: Any) -> Call:
    """The actor with the program as it is here: an older one, which a server before this one has left, is ended.

    Raises RuntimeError where a server that came later has replaced it by its own, TimeoutError where none starts.
    """
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        actor = (
            ray.remote(Computer)
            .options(
                name=NAME,
                namespace=NAMESPACE,
                lifetime="detached",
                get_if_exists=True,
                max_restarts=-1,
                max_concurrency=AT_ONCE,
                **_device(ray),
            )
            .remote(_version())
        )
        about = ray.get(actor.about.remote(), timeout=max(1.0, end - time.monotonic()))
        if about["version"] == _version():
            _served.set()
            return partial(_ask, ray, actor)
        if _served.is_set():  # two servers that end each other's actor would both be without one
            raise RuntimeError("another version of this program has the cluster's computer now")
        ray.kill(actor)
        time.sleep(0.5)
    raise TimeoutError("the cluster's computer does not start")


def _ask(ray: Any, actor: Any, method: str, *arguments: Any, seconds: float) -> Any:
    return ray.get(getattr(actor, method).remote(*arguments), timeout=seconds)


def _device(ray: Any) -> dict[str, float]:
    """What the actor takes of the cluster: a GPU, or all cores of the largest machine."""
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if any(machine.get("GPU", 0) >= 1 for machine in machines):
        return {"num_gpus": 1}
    return {"num_cpus": max((machine.get("CPU", 1) for machine in machines), default=1)}


@cache
def _version() -> str:
    """A digest of this package's program."""
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(PACKAGE.rglob("*.py")):
        digest.update(file.relative_to(PACKAGE).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise ExplorerError(
            phrase("Computing on a cluster needs Ray, which is not installed; run pip install -r requirements-ray.txt.")
        ) from error
    return ray

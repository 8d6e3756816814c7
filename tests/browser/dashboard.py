"""A running dashboard, and a visitor whose script runs can be counted."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, Request, WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

ROOT = Path(__file__).parents[2]
LAUNCHER = ("serve.py", "--folders", "--no-browser", "--port")
PLAIN_STREAMLIT = ("-m", "streamlit", "run", "app.py", "--server.port")
PAINTED = """() => new Promise(done =>
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"""


@contextmanager
def serving(log: Path, start_s: float = 120, launcher: Sequence[str] = LAUNCHER) -> Iterator[str]:
    """Start the dashboard on a free port, yield its address, stop it."""
    with serving_process(log, start_s, launcher) as (address, _):
        yield address


@contextmanager
def serving_process(log: Path, start_s: float = 120, launcher: Sequence[str] = LAUNCHER) -> Iterator[tuple[str, int]]:
    """The same with the server's process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, *launcher, str(port)], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            end = time.monotonic() + start_s
            while not _answers(address):
                if server.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"The dashboard did not start:\n{log.read_text()}")
                time.sleep(0.2)
            yield address, server.pid
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


def _answers(address: str) -> bool:
    try:
        return urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).status == 200
    except OSError:
        return False


class Runs:
    """Counts the script runs a page has seen finish, and knows if one is `running`; make it before `page.goto`.

    From its websocket: the page's own status attribute is late by up to 0.4 s and misses short runs. Also keeps what
    must not happen: exceptions sent to the page, and requests to any other machine.
    """

    def __init__(self, page: Page) -> None:
        self.page, self.finished, self.running = page, 0, False
        self.exceptions: list[str] = []
        self.outside: list[str] = []
        page.on("websocket", self._opened)
        page.on("request", self._requested)
        page.on("console", self._said)
        self.sent = 0

    def _opened(self, socket: WebSocket) -> None:
        self.running = True  # a page begins with one, also where it goes on after a pause
        socket.on("framereceived", self._received)
        socket.on("framesent", self._sent)

    def _sent(self, payload: str | bytes) -> None:
        self.sent += 1

    def _received(self, payload: str | bytes) -> None:
        if isinstance(payload, str):
            return
        message = ForwardMsg()
        message.ParseFromString(payload)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.running = True
        elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self.finished += 1
            self.running = False
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            self.exceptions.append(message.delta.new_element.exception.message)

    def _said(self, message: ConsoleMessage) -> None:
        if "fatal error" in message.text:  # the browser has given the connection up for good
            print(message.text)
            self.exceptions.append(message.text)

    def _requested(self, request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")):
            self.outside.append(request.url)

    def wait(self, finished: int, timeout_s: float = 60) -> None:
        """Wait until that many runs have finished and the page has been painted.

        What a component draws of it may come a moment later: wait for that itself before it is read or touched.
        """
        self._until(lambda: self.finished >= finished, f"{finished} finished runs were expected", timeout_s)

    def rest(self, timeout_s: float = 60) -> None:
        """Wait until the run that goes on has finished, if there is one, and the page has been painted."""
        before = self.finished
        self._until(lambda: not self.running or self.finished > before, "one does not end", timeout_s)

    def _until(self, there: Callable[[], bool], missing: str, timeout_s: float) -> None:
        end = time.monotonic() + timeout_s
        while not there():
            if time.monotonic() > end:
                raise TimeoutError(f"{self.finished} script runs finished; {missing}")
            self.page.wait_for_timeout(15)
        self.page.evaluate(PAINTED)

    @contextmanager
    def rerun(self, count: int = 1, timeout_s: float = 60) -> Iterator[None]:
        """Do something that makes the script run `count` times; returns when it has."""
        before = self.finished
        yield
        self.wait(before + count, timeout_s)


def settled(page: Page, runs: Runs) -> None:
    """Wait until no run is going on, the page has asked nothing and been told nothing for a second, and hears keys."""
    before = -1
    while runs.running or before != (before := runs.finished + runs.sent):
        page.wait_for_timeout(1000)
    page.wait_for_function("globalThis.zfnetExplorer?.wholePage")


def check_save_menu(page: Page, files: int) -> None:
    """The menu that is open has `files` files: the ZIP of all of them holds what their names say, and so does the last.

    Drawing each of them by itself as well takes long.
    """
    buttons = page.locator("[data-testid=stDownloadButton] button")
    expect(buttons).to_have_count(files + 1)
    with page.expect_download(timeout=120_000) as download:
        buttons.first.click()
    starts = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}
    with zipfile.ZipFile(download.value.path()) as everything:
        names = everything.namelist()
        assert len(names) == files
        for name in names:
            content = everything.read(name)
            assert content.startswith(starts.get(name.rpartition(".")[2], b"")) and len(content) > 100, name
            assert not name.endswith("csv") or b"," in content, name
    with page.expect_download() as download:
        buttons.last.click()
    assert download.value.suggested_filename in names and b"," in download.value.path().read_bytes()

"""Visitors without a browser: they speak the dashboard's websocket protocol and time every answer."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState


@dataclass
class Visitor:
    """One session, which comes to `page` (the last part of its address) with `query`.

    `elements` maps each component's and switch's key to (its widget id, the fragment it lives in), `uploaders` are the
    keys of those that take files, `placed` what the server has set switches to, in turn, by their widget ids, `buttons`
    the ids of Streamlit's own by their words; `pages` are the navigation's addresses with the server's names for them,
    none where a page was run without it; `texts` are the words on the page, `session` is the server's name for the
    session, `looking` are the fragments that a browser would run again by the clock.
    """

    port: int
    page: str = "look-inside"
    query: str = ""
    page_hash: str = ""
    elements: dict[str, tuple[str, str]] = field(default_factory=dict)
    placed: dict[str, list[bool]] = field(default_factory=dict)
    uploaders: set[str] = field(default_factory=set)
    buttons: dict[str, str] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    exceptions: list[str] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    session: str = ""
    looking: set[str] = field(default_factory=set)
    socket: Any = None
    cookie: str = ""

    async def come(self) -> float:
        """Connect and run the page once; returns the seconds until it was complete."""
        if not self.cookie:
            self.cookie = await asyncio.to_thread(worker_cookie, self.port)
        self.socket = await websockets.connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            subprotocols=[websockets.Subprotocol("streamlit")],
            max_size=None,
            origin=None,
            ping_interval=None,
            compression=None,
            additional_headers={"Cookie": self.cookie} if self.cookie else {},
        )
        return await self._run("")

    async def leave(self) -> None:
        """Close the session."""
        await self.socket.close()

    async def tell(self, key: str, state: dict[str, Any] | WidgetState) -> float:
        """Send a new state of the element with that key; returns the seconds until the answer was complete."""
        widget, fragment = self.elements[key]
        self.states[widget] = state
        return await self._run(fragment)

    async def press(self, button: str, speaker: str) -> float:
        """Press a button at the moment when the component `speaker` speaks: a browser tells both as the component's."""
        pressed = self.buttons[button]
        self.states[pressed] = True
        took = await self._run(self.elements[speaker][1])
        self.states.pop(pressed, None)  # gone already where another page was opened
        return took

    async def go(self, page: str, query: str = "") -> float:
        """Open another page; returns the seconds until it was complete."""
        self.page, self.query, self.page_hash = page, query, ""
        self.elements, self.states, self.texts = {}, {}, []
        return await self._run("")

    async def ask(self, query: str) -> float:
        """Another address of the same page, as by the browser's way back; returns the seconds until the answer."""
        self.query = query
        return await self._run("")

    async def look_again(self) -> None:
        """Run what the page has asked to be run by the clock, once."""
        for fragment in sorted(self.looking):
            if fragment in self.looking:
                await self._run(fragment, by_clock=True)

    async def upload(self, key: str, name: str, data: bytes) -> float:
        """Drop a file into the uploader with that key, as the browser does: send it, then tell the script."""
        widget, fragment = self.elements[key]
        message = BackMsg()
        ask = message.file_urls_request
        ask.request_id, ask.session_id = name, self.session
        ask.file_names.append(name)
        await self.socket.send(message.SerializeToString())
        while (reply := await self._receive()).WhichOneof("type") != "file_urls_response":
            pass
        urls = reply.file_urls_response.file_urls[0]
        status = await asyncio.to_thread(put_file, self.port, urls.upload_url, name, data, self.cookie)
        if status not in (200, 204):
            raise RuntimeError(f"The upload was answered with {status}.")
        state = FileUploaderState()
        state.uploaded_file_info.add(name=name, size=len(data), file_id=urls.file_id, file_urls=urls)
        self.states[widget] = state
        return await self._run(fragment)

    async def _receive(self) -> ForwardMsg:
        reply = ForwardMsg()
        reply.ParseFromString(await asyncio.wait_for(self.socket.recv(), 120))
        return reply

    async def _run(self, fragment: str, by_clock: bool = False) -> float:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string, rerun.page_script_hash, rerun.fragment_id = self.query, self.page_hash, fragment
        rerun.is_auto_rerun = by_clock
        rerun.page_name = "" if self.page_hash else self.page
        for widget, state in self.states.items():
            item = rerun.widget_states.widgets.add()
            item.id = widget
            if isinstance(state, FileUploaderState):
                item.file_uploader_state_value.CopyFrom(state)
            elif isinstance(state, WidgetState):
                item.MergeFrom(state)
            elif state is True:
                item.trigger_value = True
            else:
                item.json_value = json.dumps(state)
        start = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            reply = await self._receive()
            kind = reply.WhichOneof("type")
            if kind == "new_session":
                self.page_hash = reply.new_session.page_script_hash
                self.session = reply.new_session.initialize.session_id or self.session
                if not reply.metadata.run.fragment_ids:  # the whole page anew
                    self.looking.clear()
            elif kind == "auto_rerun":
                self.looking.add(reply.auto_rerun.fragment_id)
            elif kind == "stop_auto_rerun":
                self.looking -= set(reply.stop_auto_rerun.fragment_ids)
            elif kind == "navigation":
                self.pages = {page.url_pathname: page.page_script_hash for page in reply.navigation.app_pages}
                self.page_hash = reply.navigation.page_script_hash
            elif kind == "delta":
                self._notice(reply)
            elif kind == "page_info_changed":
                self.query = reply.page_info_changed.query_string
            elif kind == "script_finished" and reply.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return time.perf_counter() - start

    def _notice(self, reply: ForwardMsg) -> None:
        if reply.delta.WhichOneof("type") != "new_element":
            return
        element = reply.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.exceptions.append(element.exception.message)
        elif kind == "alert" and element.alert.format == element.alert.ERROR:
            self.exceptions.append(element.alert.body)
        elif kind in ("alert", "markdown"):
            self.texts.append(getattr(element, kind).body)
        elif kind == "button":
            self.buttons[element.button.label] = element.button.id
        elif kind == "checkbox":
            widget = element.checkbox.id
            self.elements[widget.rsplit("-", 1)[-1]] = (widget, reply.delta.fragment_id)
            if element.checkbox.set_value:
                self.placed.setdefault(widget, []).append(element.checkbox.value)
        elif kind == "bidi_component":
            widget = element.bidi_component.id
            self.elements[widget.rsplit("-", 1)[-1]] = (widget, reply.delta.fragment_id)
        elif kind == "file_uploader":
            widget = element.file_uploader.id
            self.elements[key := widget.rsplit("-", 1)[-1]] = (widget, reply.delta.fragment_id)
            self.uploaders.add(key)


def worker_cookie(port: int) -> str:
    """The cookie that says which of several server processes a browser belongs to; none where there is but one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/")
    reply = connection.getresponse()
    reply.read()
    found = re.search(r"zfnet_worker=\d+", ", ".join(reply.headers.get_all("Set-Cookie", [])))
    connection.close()
    return found[0] if found else ""


def put_file(port: int, path: str, name: str, data: bytes, cookie: str = "") -> int:
    """Send one file the way a form does; the server's answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x", **permission(connection, cookie)}
    connection.request("PUT", path, head.encode() + data + b"\r\n--x--\r\n", headers)
    return connection.getresponse().status


def permission(connection: http.client.HTTPConnection, cookie: str = "") -> dict[str, str]:
    """The headers by which the server knows that an upload comes from its own page; `cookie` are others to send."""
    connection.request("GET", "/_stcore/health", headers={"Cookie": cookie} if cookie else {})
    reply = connection.getresponse()
    reply.read()
    found = re.search(r"_streamlit_xsrf=([^;]+)", ", ".join(reply.headers.get_all("Set-Cookie", [])))
    token = found[1] if found else ""
    return {"Cookie": "; ".join(filter(None, (cookie, f"_streamlit_xsrf={token}"))), "X-Xsrftoken": token}


Action = Callable[[Visitor], Awaitable[float]]


def telling(key: str, state: dict[str, Any]) -> Action:
    """The action of changing a component."""
    return lambda visitor: visitor.tell(key, state)


def move_crop(dice: random.Random, number: int) -> Action:
    """Another crop: one forward pass, and everything that shows the photo anew."""
    place = {"left": dice.random(), "top": dice.random(), "zoom": 1.0}
    return telling("crop", {"moved": place | {"number": number}})


def choose_map(dice: random.Random, number: int) -> Action:
    """Another map: its projections."""
    return telling("atlas", {"chosen": {"layer": "conv1", "map": dice.randrange(96), "at": number}})


@dataclass
class Report:
    """Seconds of every first page and every action, and what went wrong."""

    first: list[float] = field(default_factory=list)
    actions: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def quantile(self, values: list[float], share: float) -> float:
        """In milliseconds."""
        return 1e3 * sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


@asynccontextmanager
async def coming(visitor: Visitor, report: Report) -> AsyncIterator[None]:
    """Let one visitor come and, whatever happens meanwhile, leave again; the report says what went wrong."""
    try:
        report.first.append(await visitor.come())
        yield
    except Exception as error:
        report.errors.append(repr(error)[:600])
    finally:
        report.errors += visitor.exceptions
        await visitor.leave()


async def visit(
    port: int, visitors: int, seconds: float, think_s: float, action: Callable[[random.Random, int], Action]
) -> Report:
    """For `seconds`, let `visitors` come and act every `think_s` seconds on average, each of them at least once."""
    report = Report()
    end = time.monotonic() + seconds

    async def one(number: int) -> None:
        dice = random.Random(number)
        await asyncio.sleep(dice.random() * 4)
        visitor = Visitor(port)
        async with coming(visitor, report):
            acted = 0
            while not acted or time.monotonic() < end:
                await asyncio.sleep(dice.expovariate(1 / think_s))
                acted += 1
                report.actions.append(await action(dice, acted)(visitor))

    await asyncio.gather(*(one(number) for number in range(visitors)))
    return report


def resident_megabytes(pid: int) -> int:
    """Resident memory of a process (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def processor_seconds(pid: int) -> float:
    """Processor time that a process has used (Linux)."""
    import os

    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and those that it started, by whichever of its threads (Linux)."""
    threads = sorted(Path(f"/proc/{pid}/task").iterdir(), key=lambda thread: int(thread.name))
    children = [child for thread in threads for child in _words(thread / "children")]
    return [pid, *(one for child in children for one in family(int(child)))]


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:  # a thread that has just ended
        return []

"""Visitors without a browser: they speak the dashboard's websocket protocol and time every answer."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


@dataclass
class Visitor:
    """One session, which comes to `page` (the last part of its address, "" for the first one) with `query`.

    `elements` maps each component's key to (its widget id, the fragment it lives in); `pages` are the navigation's
    addresses, none where a page was run without it; `session` is the server's name for the session.
    """

    port: int
    page: str = ""
    query: str = ""
    page_hash: str = ""
    elements: dict[str, tuple[str, str]] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    exceptions: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    session: str = ""
    socket: Any = None

    async def come(self) -> float:
        """Connect and run the page once; returns the seconds until it was complete."""
        self.socket = await websockets.connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            subprotocols=["streamlit"],
            max_size=None,
            origin=None,
            ping_interval=None,
            compression=None,
        )
        return await self._run("")

    async def leave(self) -> None:
        """Close the session."""
        await self.socket.close()

    async def tell(self, key: str, state: dict[str, Any]) -> float:
        """Send a new state of the component with that key; returns the seconds until the answer was complete."""
        widget, fragment = self.elements[key]
        self.states[widget] = state
        return await self._run(fragment)

    async def _run(self, fragment: str) -> float:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string, rerun.page_script_hash, rerun.fragment_id = self.query, self.page_hash, fragment
        rerun.page_name = "" if self.page_hash else self.page
        for widget, state in self.states.items():
            item = rerun.widget_states.widgets.add()
            item.id, item.json_value = widget, json.dumps(state)
        start = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            reply = ForwardMsg()
            reply.ParseFromString(await asyncio.wait_for(self.socket.recv(), 120))
            kind = reply.WhichOneof("type")
            if kind == "new_session":
                self.page_hash = reply.new_session.page_script_hash
                self.session = reply.new_session.initialize.session_id or self.session
            elif kind == "navigation":
                self.pages = [page.url_pathname for page in reply.navigation.app_pages]
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
        elif kind == "bidi_component":
            widget = element.bidi_component.id
            self.elements[widget.rsplit("-", 1)[-1]] = (widget, reply.delta.fragment_id)


Action = tuple[str, dict[str, Any]]


def move_crop(dice: random.Random, number: int) -> Action:
    """Another crop: one forward pass, and everything on the page anew."""
    return "crop", {"moved": {"left": dice.random(), "top": dice.random(), "at": number}}


def choose_unit(dice: random.Random, number: int) -> Action:
    """Another map: its projections."""
    return "atlas", {"chosen": {"layer": "conv1", "map": dice.randrange(96), "at": number}}


@dataclass
class Report:
    """Seconds of every first page and every action, and what went wrong."""

    first: list[float] = field(default_factory=list)
    actions: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def quantile(self, values: list[float], share: float) -> float:
        """In milliseconds."""
        return 1e3 * sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


async def visit(
    port: int, visitors: int, seconds: float, think_s: float, action: Callable[[random.Random, int], Action]
) -> Report:
    """Let `visitors` come within four seconds and act every `think_s` seconds (on average) for `seconds`."""
    report = Report()
    end = time.monotonic() + seconds

    async def one(number: int) -> None:
        dice = random.Random(number)
        await asyncio.sleep(dice.random() * 4)
        visitor = Visitor(port)
        try:
            report.first.append(await visitor.come())
            acted = 0
            while time.monotonic() < end:
                await asyncio.sleep(dice.expovariate(1 / think_s))
                acted += 1
                report.actions.append(await visitor.tell(*action(dice, acted)))
        except Exception as error:
            report.errors.append(repr(error)[:200])
        finally:
            report.errors += visitor.exceptions
            await visitor.leave()

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

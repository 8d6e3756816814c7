"""Several server processes behind one port (`serve.py --workers N`), a browser always at the same one.

Streamlit keeps a visit in the process that began it, so every request of a browser has to reach that process: a cookie
says which. An address would not do, since a class shares one. This file is the splitter in front and the keeper of the
processes; it knows nothing but HTTP/1.1 and runs without Streamlit and torch. HAProxy or nginx with a sticky cookie in
front of single servers do the same; this needs nothing installed.

A request has a connection of its own to its process, so that nothing of two browsers can ever be mixed up, also where a
proxy in front sends many browsers' requests through one connection.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

COOKIE = "zfnet_worker"
CLASSES, WEIGHTS = "ZFNET_EXPLORER_CLASSES", "ZFNET_EXPLORER_SHARED_WEIGHTS"
LONGEST_HEAD = 64 * 1024
HEAD_S, IDLE_S, CONNECT_S, STOP_S, RESTART_S, LINGER_S = 20.0, 75.0, 5.0, 10.0, 2.0, 2.0
CHUNK = 64 * 1024
MOST_CONNECTIONS = 2_000
FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*")
REQUEST = re.compile(rb"[A-Z]{3,10} [\x21-\x7e]+ HTTP/1\.[01]")
CHOSEN = re.compile(rb"(?:^|;)\s*" + COOKIE.encode() + rb"=(\d{1,3})\s*(?:;|$)")


class BadRequest(Exception):
    """What is wrong with a request, and the status that says so."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass(frozen=True)
class Head:
    """The first line and the fields of a request or an answer."""

    first: bytes
    fields: tuple[bytes, ...]

    @classmethod
    def read(cls, data: bytes) -> Head:
        """From its bytes, up to and with the empty line. Raises BadRequest."""
        first, *lines = data[:-4].split(b"\r\n")
        if not all(FIELD.fullmatch(line) for line in lines):
            raise BadRequest(400, "A field of the request cannot be read.")
        return cls(first, tuple(lines))

    def all_of(self, name: bytes) -> list[bytes]:
        """The values of every field of that name, in lower case."""
        start = name + b":"
        return [line[len(start) :].strip() for line in self.fields if line.lower().startswith(start)]

    def one(self, name: bytes) -> bytes:
        """The first of them, or nothing."""
        return next(iter(self.all_of(name)), b"")

    def without(self, *names: bytes) -> Head:
        """The same without those fields."""
        starts = tuple(name + b":" for name in names)
        return Head(self.first, tuple(line for line in self.fields if not line.lower().startswith(starts)))

    def plus(self, *lines: bytes) -> Head:
        """The same with more fields."""
        return Head(self.first, (*self.fields, *lines))

    def __bytes__(self) -> bytes:
        return b"\r\n".join((self.first, *self.fields, b"", b""))


class Worker:
    """One server process on a port of this machine that nobody else knows."""

    def __init__(self, number: int, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.number, self.port, self.ready = number, 0, False
        self.open, self.given = 0, 0  # requests and websockets under way, browsers that were sent here
        self.process: asyncio.subprocess.Process | None = None
        self._arguments, self._environment = arguments, environment

    async def start(self) -> None:
        """Start the process and wait until it answers."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, *self._arguments, "--port", str(self.port)),
            env={**os.environ, **self._environment},
            stdout=subprocess.DEVNULL,
        )
        while self.process.returncode is None and not self.ready:
            self.ready = await self._answers()
            await asyncio.sleep(0.2)

    async def keep(self) -> None:
        """Start the process again whenever it ends."""
        while True:
            await self.start()
            if self.process is not None:
                await self.process.wait()
            self.ready = False
            print(f"ZFNet Explorer: server process {self.number} has ended and is started again.", flush=True)
            await asyncio.sleep(RESTART_S)

    async def stop(self) -> None:
        """End the process."""
        if self.process is None or self.process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_S)
        except TimeoutError:
            self.process.kill()

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.port), CONNECT_S)
            writer.write(b"GET /_stcore/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = await asyncio.wait_for(reader.readline(), CONNECT_S)
            writer.close()
        except (OSError, TimeoutError):
            return False
        return answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 404"))  # below a base path it is elsewhere


class Splitter:
    """Sends every request to its browser's worker."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self.workers, self.connections = workers, 0
        self._tasks: set[asyncio.Task[None]] = set()

    def choose(self, head: Head, address: str, gone: Collection[Worker] = ()) -> tuple[Worker | None, bool]:
        """The worker for a request, none of those that are `gone`, and whether the browser is to be told by a cookie.

        A page that is opened goes to the worker with fewest connections; what comes without a cookie otherwise (in a
        frame of another site there is none) goes by the address it comes from, so that one browser stays at one.
        """
        ready = [worker for worker in self.workers if worker.ready and worker not in gone]
        asked = [int(found[1]) for cookie in head.all_of(b"cookie") if (found := CHOSEN.search(cookie))]
        for worker in ready:
            if worker.number in asked[:1]:
                return worker, False
        if not ready:
            return None, False
        opened = head.one(b"sec-fetch-dest") in (b"document", b"") and not head.one(b"upgrade")
        if opened or asked:
            worker = min(ready, key=lambda worker: (worker.open, worker.given, worker.number))
            worker.given += 1
            return worker, True
        return ready[zlib.crc32(address.encode()) % len(ready)], False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a browser."""
        if task := asyncio.current_task():
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            if self.connections <= MOST_CONNECTIONS:
                address = (writer.get_extra_info("peername") or ("",))[0]
                while await self._request(reader, writer, address):
                    pass
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # gone, silent for too long, or cut by `close`: nobody waits for this task
        finally:
            self.connections -= 1
            writer.close()

    async def close(self) -> None:
        """Cut all connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str) -> bool:
        """One request and its answer; whether another one may follow."""
        try:
            first = await asyncio.wait_for(reader.readexactly(1), IDLE_S)
            head = await _head(first, reader, HEAD_S)
            length = _length_of_body(head)
        except BadRequest as problem:
            await _say(writer, problem.status, problem.sentence)
            return False
        gone: list[Worker] = []
        while True:
            worker, told = self.choose(head, address, gone)
            if worker is None:
                await _say(writer, 503, "The server is starting; try again in a moment.", "Retry-After: 3")
                return False
            try:
                far = await asyncio.wait_for(
                    asyncio.open_connection("127.0.0.1", worker.port, limit=LONGEST_HEAD), CONNECT_S
                )
                break
            except ConnectionRefusedError:  # its process has just ended, which is not known here yet
                gone.append(worker)
        worker.open += 1
        try:
            return await self._passed(worker, far, head, length, told, reader, writer)
        except (ConnectionResetError, BadRequest):
            await _say(writer, 502, "This part of the server is starting again; try once more.", "Retry-After: 3")
            return False
        finally:
            worker.open -= 1

    async def _passed(
        self,
        worker: Worker,
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        head: Head,
        length: int,
        told: bool,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        upgrade = bool(head.one(b"upgrade"))
        far_reader, far_writer = far
        tasks: list[asyncio.Task[None]] = []
        try:
            far_writer.write(bytes(head if upgrade else head.without(b"connection").plus(b"Connection: close")))
            sending = asyncio.create_task(_copy(reader, far_writer, None if upgrade else length))
            tasks.append(sending)
            answer = await _head(b"", far_reader, None)
            switched = answer.first.split()[1:2] == [b"101"]
            framed = bool(answer.one(b"content-length") or answer.one(b"transfer-encoding"))
            bodiless = answer.first.split()[1:2] in ([b"204"], [b"304"]) or head.first.startswith(b"HEAD ")
            again = not upgrade and (framed or bodiless) and b"close" not in head.one(b"connection").lower()
            if not switched:
                kept = b"keep-alive" if again else b"close"
                answer = answer.without(b"connection").plus(b"Connection: " + kept)
            if told:
                answer = answer.plus(
                    f"Set-Cookie: {COOKIE}={worker.number}; Path=/; HttpOnly; SameSite=Lax".encode(),
                )
            writer.write(bytes(answer))
            receiving = asyncio.create_task(_copy(far_reader, writer, None))
            tasks.append(receiving)
            # A websocket is over when either side is; any other answer when it has come.
            await asyncio.wait(tasks if upgrade else [receiving], return_when=asyncio.FIRST_COMPLETED)
            if not upgrade and not (sending.done() and sending.exception() is None):
                # The answer came before the request was complete: a browser that still sends would not see it.
                sending.cancel()
                await _thrown_away(reader)
                return False
            return again and receiving.exception() is None
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            far_writer.close()


async def _head(begun: bytes, reader: asyncio.StreamReader, seconds: float | None) -> Head:
    """The rest of a head of which `begun` has been read. Raises BadRequest."""
    try:
        data = begun + await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), seconds)
    except asyncio.LimitOverrunError:
        raise BadRequest(431, "The request's fields are too long.") from None
    except asyncio.IncompleteReadError as cut:
        raise (BadRequest(400, "The request breaks off.") if cut.partial or begun else ConnectionResetError()) from None
    return Head.read(data)


def _length_of_body(head: Head) -> int:
    """How many bytes follow a request's head. Raises BadRequest where that could be understood in two ways."""
    lengths = head.all_of(b"content-length")
    if not REQUEST.fullmatch(head.first):
        raise BadRequest(400, "This is no request that is understood here.")
    if head.one(b"transfer-encoding"):
        raise BadRequest(411, "Say how long the request is (Content-Length).")
    if len(lengths) > 1 or (lengths and not re.fullmatch(rb"\d{1,12}", lengths[0])):
        raise BadRequest(400, "The request's length cannot be read.")
    return int(lengths[0]) if lengths else 0


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, length: int | None) -> None:
    """Pass on `length` bytes, or all there are."""
    while length is None or length:
        data = await reader.read(CHUNK if length is None else min(CHUNK, length))
        if not data:
            return
        writer.write(data)
        await writer.drain()
        length = None if length is None else length - len(data)


async def _thrown_away(reader: asyncio.StreamReader) -> None:
    with suppress(TimeoutError, OSError, RuntimeError):
        async with asyncio.timeout(LINGER_S):
            while await reader.read(CHUNK):
                pass


async def _say(writer: asyncio.StreamWriter, status: int, sentence: str, *fields: str) -> None:
    body = sentence.encode()
    lines = (f"HTTP/1.1 {status} -", "Content-Type: text/plain; charset=utf-8", f"Content-Length: {len(body)}", *fields)
    writer.write("\r\n".join((*lines, "Connection: close", "", "")).encode() + body)
    with suppress(OSError):
        await writer.drain()


def serve(count: int, address: str, port: int, arguments: Sequence[str], memory: int) -> None:
    """Serve with `count` processes of `python …arguments` until the program is stopped.

    `memory` are the bytes that all of them together may keep. What a class shares lies in one file (SQLite) in a folder
    of this run, which goes with it; so do the weights of networks, which each process maps.
    """
    temporary = tempfile.TemporaryDirectory(prefix="zfnet-explorer-", ignore_cleanup_errors=True)
    with temporary as folder, suppress(KeyboardInterrupt):
        environment = {
            CLASSES: str(Path(folder) / "classes.sqlite"),
            WEIGHTS: folder,
            "ZFNET_EXPLORER_MEMORY": f"{memory // count // 2**20}M",
            "ZFNET_EXPLORER_OPEN": "",
        }
        workers = [Worker(number, arguments, environment) for number in range(count)]
        asyncio.run(_serve(workers, address, port))


async def _serve(workers: Sequence[Worker], address: str, port: int) -> None:
    splitter = Splitter(workers)
    server = await asyncio.start_server(splitter.serve, address, port, limit=LONGEST_HEAD, backlog=512)
    keepers = [asyncio.create_task(worker.keep()) for worker in workers]
    stopped = asyncio.Event()
    for name in ("SIGTERM", "SIGINT"):
        with suppress(NotImplementedError):  # on Windows Ctrl-C comes as an exception
            asyncio.get_running_loop().add_signal_handler(getattr(signal, name), stopped.set)
    try:
        await stopped.wait()
    finally:
        for keeper in keepers:
            keeper.cancel()
        server.close()
        await splitter.close()
        await asyncio.gather(*(worker.stop() for worker in workers))

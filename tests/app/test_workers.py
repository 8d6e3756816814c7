"""Several server processes behind one port: a browser stays at one, and a process that is killed costs a reload."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks.visitors import Visitor, choose_map, family, worker_cookie
from tests.browser.dashboard import serving_process
from ui.workers import BadRequest, Head, Splitter, Worker

BIG = b"x" * 300_000
Ask = Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]


async def process(name: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that says who it is and what it was sent; below /ws it echoes, below /big it refuses early."""
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
    if b"upgrade" in fields:
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        while data := await reader.read(1000):
            writer.write(b"%d:" % name + data)
            await writer.drain()
    elif head.startswith(b"PUT /big"):
        writer.write(b"HTTP/1.1 413 -\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntoo large")
        while await reader.read(1000):
            await asyncio.sleep(0)
    else:
        body = await reader.readexactly(int(fields.get(b"content-length", b"0")))
        said = b"%d %s %s %d" % (name, head.split()[1], fields[b"connection"], len(body))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(said) + said)
    writer.close()


@asynccontextmanager
async def split(count: int = 2) -> AsyncIterator[tuple[Splitter, int]]:
    workers, servers = [], []
    for number in range(count):
        one = await asyncio.start_server(lambda *pair, number=number: process(number, *pair), "127.0.0.1", 0)
        worker = Worker(number, (), {})
        worker.port, worker.ready = one.sockets[0].getsockname()[1], True
        workers.append(worker)
        servers.append(one)
    splitter = Splitter(workers)
    server = await asyncio.start_server(splitter.serve, "127.0.0.1", 0)
    yield splitter, server.sockets[0].getsockname()[1]
    for one in (server, *servers):
        one.close()


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    lines = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)).decode().split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:-2])
    return int(lines[0].split()[1]), fields, await reader.readexactly(int(fields.get("content-length", "0")))


async def asked(port: int, *requests: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """Several requests through one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    for request in requests:
        writer.write(request)
        found.append(await answer(reader))
    writer.close()
    return found


def get(path: str = "/", *fields: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: localhost", *fields, "", "")).encode()


def test_a_browser_is_sent_somewhere_once_and_stays_there() -> None:
    async def look() -> None:
        async with split() as (_, port):
            seen = []
            for _ in range(4):
                (first,) = await asked(port, get())
                cookie = first[1]["set-cookie"].split(";")[0]
                name = first[2][:1]
                seen.append(name)
                assert cookie == f"zfnet_worker={name.decode()}" and "httponly" in first[1]["set-cookie"]
                later = await asked(port, *[get("/next", f"Cookie: a=b; {cookie}; c=d")] * 3)
                assert [one[2][:1] for one in later] == [name] * 3
                assert not any("set-cookie" in one[1] for one in later)
            assert sorted(seen) == [b"0", b"0", b"1", b"1"], "evenly"

    asyncio.run(look())


def test_requests_of_two_browsers_through_one_connection_are_kept_apart() -> None:
    async def look() -> None:
        async with split() as (_, port):
            through_a_proxy = [get("/", f"Cookie: zfnet_worker={number % 2}") for number in range(6)]
            assert [one[2][:1] for one in await asked(port, *through_a_proxy)] == [b"0", b"1"] * 3

    asyncio.run(look())


def test_without_cookies_one_address_stays_at_one_process() -> None:
    splitter = Splitter([Worker(number, (), {}) for number in range(3)])
    for worker in splitter.workers:
        worker.ready = True
    framed = Head.read(get("/", "Sec-Fetch-Dest: iframe"))
    script = Head.read(get("/x.js", "Sec-Fetch-Dest: script"))
    socket = Head.read(get("/_stcore/stream", "Upgrade: websocket"))
    at = {address: {splitter.choose(one, address)[0] for one in (framed, script, socket)} for address in "abcdefgh"}
    assert all(len(chosen) == 1 for chosen in at.values()) and len(set.union(*at.values())) == 3


def test_a_body_passes_whole_and_an_early_refusal_arrives() -> None:
    async def look() -> None:
        async with split() as (_, port):
            put = b"PUT /small HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(BIG) + BIG
            first, second = await asked(port, put, get("/after"))
            assert first[2].endswith(b" close %d" % len(BIG)) and second[2].endswith(b"/after close 0")
            (refused,) = await asked(port, put.replace(b"/small", b"/big"))
            assert refused[0] == 413 and refused[2] == b"too large"

    asyncio.run(look())


def test_a_websocket_is_passed_on_both_ways_and_counted_while_it_lasts() -> None:
    async def look() -> None:
        async with split() as (splitter, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(get("/ws", "Upgrade: websocket", "Connection: Upgrade", "Cookie: zfnet_worker=1"))
            status, fields, _ = await answer(reader)
            assert status == 101 and fields["upgrade"] == "websocket"
            for text in (b"hello", b"again"):
                writer.write(text)
                assert await reader.readexactly(2 + len(text)) == b"1:" + text
            assert [worker.open for worker in splitter.workers] == [0, 1]
            writer.close()
            while splitter.workers[1].open:
                await asyncio.sleep(0.01)

    asyncio.run(look())


def test_who_belonged_to_a_process_that_has_gone_is_sent_elsewhere() -> None:
    async def look() -> None:
        async with split() as (splitter, port):
            splitter.workers[1].ready = False
            (found,) = await asked(port, get("/", "Cookie: zfnet_worker=1"))
            assert found[2][:1] == b"0" and found[1]["set-cookie"].startswith("zfnet_worker=0")
            splitter.workers[0].ready = False
            ((status, _, text),) = await asked(port, get())
            assert status == 503 and b"try again" in text
            splitter.workers[0].ready, splitter.workers[0].port = True, 9  # it went a moment ago
            ((status, _, text),) = await asked(port, get())
            assert status == 503 and b"try again" in text
            splitter.workers[1].ready = True
            for fields in ((), ("Cookie: zfnet_worker=0",), ("Sec-Fetch-Dest: empty",)):
                (found,) = await asked(port, get("/", *fields))
                assert found[0] == 200 and found[2][:1] == b"1", "nobody hears of a process that has gone"
            while splitter.workers[1].open:
                await asyncio.sleep(0.01)
            assert splitter.workers[0].open == 0

    asyncio.run(look())


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nno field\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n",
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"PUT / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc",
        b"PUT / HTTP/1.1\r\nContent-Length: -3\r\n\r\nabc",
        b"PUT / HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
def test_what_could_be_understood_in_two_ways_is_refused(request_bytes: bytes) -> None:
    async def look() -> None:
        async with split() as (splitter, port):
            ((status, _, text),) = await asked(port, request_bytes)
            assert status in (400, 411, 431) and text
            assert all(worker.given == 0 for worker in splitter.workers)

    asyncio.run(look())


def test_a_head_says_what_it_is() -> None:
    head = Head.read(get("/x", "Cookie: a", "cookie: b"))
    assert head.all_of(b"cookie") == [b"a", b"b"] and bytes(head.without(b"cookie")) == get("/x")
    with pytest.raises(BadRequest):
        Head.read(b"GET / HTTP/1.1\r\n: x\r\n\r\n")


async def _visitors(port: int, pid: int) -> None:
    while len({await asyncio.to_thread(worker_cookie, port) for _ in range(2)}) < 2:
        await asyncio.sleep(0.5)  # the second one is still starting
    visitors = [Visitor(port) for _ in range(4)]
    for visitor in visitors:
        await visitor.come()
    assert sorted(visitor.cookie for visitor in visitors) == ["zfnet_worker=0"] * 2 + ["zfnet_worker=1"] * 2
    dice = random.Random(1)
    await asyncio.gather(*(choose_map(dice, 1)(visitor) for visitor in visitors))
    killed = next(one for one in family(pid)[1:])
    os.kill(killed, signal.SIGKILL)
    lived = 0
    for visitor in visitors:
        try:
            await choose_map(dice, 2)(visitor)
            lived += 1
        except Exception:  # its connection broke; the browser comes again by itself, as here
            visitor.cookie = ""
            await visitor.come()
            await choose_map(dice, 3)(visitor)
        assert visitor.exceptions == []
    assert lived == 2


def test_a_process_that_is_killed_costs_its_visitors_one_reload(tmp_path: Path) -> None:
    launcher = ("serve.py", "--no-browser", "--workers", "2", "--memory", "800M", "--port")
    with serving_process(tmp_path / "log.txt", launcher=launcher) as (address, pid):
        asyncio.run(_visitors(urlsplit(address).port, pid))
    assert "Traceback" not in (tmp_path / "log.txt").read_text()

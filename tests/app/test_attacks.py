"""Poisoned files on a running server, while somebody else clicks: nobody waits, nothing swells, one sentence each."""

from __future__ import annotations

import asyncio
import http.client
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
import websockets

from benchmarks.visitors import Visitor, choose_map, family, permission, processor_seconds, resident_megabytes
from tests.browser.dashboard import serving_process
from tests.core.hostile_uploads import encoded, refused_uploads, scene
from tests.core.test_checkpoints import attacks as weights_attacks
from ui.exhibits import EXHIBITS
from ui.shell import address
from zfnet_core.photos.apart import MOST_PROCESSES

ANSWER_S, MEGABYTES = 1.0, 300
MUTATIONS = 100
Attack = tuple[str, str, bytes]  # uploader, name, contents


def markers_without_end() -> bytes:
    """A JPEG without its end, then a run of FF: a quadratic scan for markers took 27 s."""
    return encoded(scene(), "jpg")[:-2] + b"\xff" * 60_000 + b"\0"


def attacks() -> list[Attack]:
    """Each known one; of the pictures those that are not merely words of another kind."""
    pictures = [("markers.jpg", markers_without_end())]
    pictures += [(name, data) for name, data in refused_uploads() if "bomb" in name or "thousand" in name]
    files = [(f"{name}.pth", data) for name, data in weights_attacks().items()]
    return [("upload", *one) for one in pictures] + [("own weights", *one) for one in files]


def mutated(all_of_them: list[Attack], count: int) -> Iterator[Attack]:
    """`count` changed ones: bytes flipped, a piece repeated many times, cut short. Seeded."""
    dice = np.random.default_rng(17)
    small = [one for one in all_of_them if len(one[2]) < 400_000]
    for number in range(count):
        key, name, data = small[dice.integers(len(small))]
        broken = bytearray(data)
        where = sorted(dice.integers(0, len(data), 2).tolist())
        match number % 3:
            case 0:
                for place in dice.integers(0, min(len(data), 4000), 1 + number % 9):
                    broken[place] = dice.integers(256)
            case 1:
                piece = bytes(broken[where[0] : min(where[1], where[0] + 50)]) or b"\xff"
                broken[where[0] : where[0]] = piece * (20_000 // len(piece))
            case 2:
                del broken[where[1] :]
        yield key, f"{number}-{name}", bytes(broken)


class Honest:
    """A visitor who clicks all the time; the longest answer."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.dice, self.worst, self.clicks, self.over = visitor, random.Random(1), 0.0, 0, False

    async def click(self) -> None:
        while not self.over:
            self.clicks += 1
            self.worst = max(self.worst, await choose_map(self.dice, self.clicks)(self.visitor))
            await asyncio.sleep(0.05)

    async def during(self, work: object) -> float:
        """The longest answer while `work` is done."""
        self.worst = 0.0
        clicking = asyncio.create_task(self.click())
        await work
        self.over = True
        await clicking
        self.over = False
        return self.worst


def all_megabytes(pid: int) -> int:
    """Of the server and of the processes that decode for it."""
    total = 0
    for one in family(pid):
        with suppress(FileNotFoundError, StopIteration):  # one that has just ended
            total += resident_megabytes(one)
    return total


async def attacked(port: int, pid: int) -> None:
    honest, attacker = Honest(Visitor(port)), Visitor(port)
    await honest.visitor.come()
    await attacker.come()
    usual = await honest.during(asyncio.sleep(2))
    before = all_megabytes(pid)
    known = attacks()
    said: dict[str, list[str]] = {}
    largest = before

    async def all_of(files: Iterator[Attack]) -> None:
        nonlocal largest
        for key, name, data in files:
            attacker.exceptions.clear()
            await attacker.upload(key, name, data)
            # What was said of the last photo stays beside the photo while weights are opened.
            said[name] = [one for one in attacker.exceptions if name in one or "went wrong" in one]
            largest = max(largest, all_megabytes(pid))

    began = time.monotonic()
    worst = await honest.during(all_of(iter(known)))
    took = time.monotonic() - began
    for _, name, _ in known:
        shown = name == "markers.jpg"  # what there is of it, which is a picture
        assert len(said[name]) == (not shown) and all(len(one) < 300 for one in said[name]), (name, said[name])
    worst_mutated = await honest.during(all_of(mutated(known, MUTATIONS)))
    print(f"usual {usual:.2f} s, attacked {worst:.2f} s ({took:.0f} s), mutated {worst_mutated:.2f} s", end="; ")
    print(f"{before} to {largest} MB; {honest.clicks} clicks")
    for name, sentences in said.items():
        assert len(sentences) <= 1, (name, sentences)
    # The promise is one second. On a machine so busy that an undisturbed click takes longer, attacks may add as much.
    assert max(worst, worst_mutated) <= max(ANSWER_S, 3 * usual), (usual, worst, worst_mutated)
    assert largest - before <= MEGABYTES, (before, largest)
    assert honest.visitor.exceptions == []
    for visitor in (honest.visitor, attacker):
        await visitor.leave()


LISTENER = """
import os, sys
def hear(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        target = arguments[0] if event.startswith("socket.get") else arguments[1]
        host = target[0] if isinstance(target, tuple) else target
        if str(host) not in ("127.0.0.1", "::1", "localhost", "None", "") and not str(host).startswith("/"):
            with open(os.environ["LISTENER_FILE"], "a") as file:
                file.write(f"{event} {host}\\n")
sys.addaudithook(hear)
"""


@dataclass
class Server:
    port: int
    pid: int
    log: Path
    called_out: Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server; whatever it asks of another machine is written down."""
    folder = tmp_path_factory.mktemp("attacked")
    (folder / "sitecustomize.py").write_text(LISTENER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder), prepend=":")
        patch.setenv("LISTENER_FILE", str(folder / "called-out.txt"))
        launcher = ("serve.py", "--no-browser", "--port")
        with serving_process(folder / "log.txt", launcher=launcher) as (address, pid):
            yield Server(int(address.rpartition(":")[2]), pid, folder / "log.txt", folder / "called-out.txt")


def test_photos_are_decoded_in_processes_of_their_own(server: Server) -> None:
    """In all tests of this file: one process is started with the server, a second one when both are needed."""
    others = [Path(f"/proc/{pid}/cmdline").read_text() for pid in family(server.pid)[1:]]
    assert 1 <= len(others) <= MOST_PROCESSES and all("zfnet_core.photos.decoder" in one for one in others)


def test_nobody_waits_and_nothing_swells_while_poison_is_handled(server: Server) -> None:
    asyncio.run(attacked(server.port, server.pid))
    assert "Traceback" not in server.log.read_text()


async def _refused(port: int, **headers: str) -> bool:
    try:
        await websockets.connect(
            f"ws://127.0.0.1:{port}/_stcore/stream", subprotocols=["streamlit"], additional_headers=headers
        )
    except websockets.exceptions.InvalidHandshake:
        return True
    return False


def _status(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders(body)
    return connection.getresponse().status


FOREIGN = (
    {"Origin": "http://evil.example"},
    {"Origin": "http://127.0.0.1:9"},
    {"Origin": "http://localhost:9"},
    {"Origin": "null"},
    {"Origin": "http://evil.example", "Host": "evil.example"},
)


async def _from_elsewhere(port: int) -> None:
    owner = Visitor(port)
    await owner.come()
    for headers in FOREIGN:
        began = time.monotonic()
        if "Host" not in headers:  # the client writes that one itself
            assert await _refused(port, **headers)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        path = f"/_stcore/upload_file/{owner.session}/some-file"
        asked = {**permission(connection), **headers, "Content_Type": "multipart/form-data; boundary=x"}
        assert await asyncio.to_thread(_status, port, "PUT", path, b"--x--", **asked) == 403
        assert await asyncio.to_thread(_status, port, "DELETE", path, **asked) == 403
        assert time.monotonic() - began < 5, "nothing was looked up"
    rebound = {"Host": "evil.example"}
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/look-inside"):
        assert await asyncio.to_thread(_status, port, "GET", path, **rebound) == 403
    for page in ("occlusion", "invariance", "features", "evolution", "comparison", "correspondence", "look-inside"):
        await owner.go(page)
        assert owner.exceptions == []
    await owner.leave()


def test_another_origin_port_or_name_gets_nothing_and_the_server_asks_nobody(server: Server) -> None:
    asyncio.run(_from_elsewhere(server.port))
    told = server.called_out.read_text() if server.called_out.exists() else ""
    assert told == "", "the server asked another machine"


async def _kept_apart(port: int) -> None:
    anna, ben = Visitor(port), Visitor(port)
    await anna.come()
    await anna.upload("upload", "annas-face.png", encoded(scene(), "png"))
    await anna.upload("own weights", "annas.pth", b"nonsense")
    assert anna.exceptions and "annas.pth" in anna.exceptions[-1]
    ben.query = anna.query  # the link of her view
    await ben.come()
    assert "photo=yours" in ben.query and "annas" not in " ".join((*ben.exceptions, *ben.texts))
    assert any("somebody’s own photo" in text for text in ben.texts)
    # Not even with the name of her session can he read what she uploaded: there is nothing but the empty page there.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", f"/_stcore/upload_file/{anna.session}/1", headers=permission(connection))
    found = await asyncio.to_thread(lambda: connection.getresponse().read())
    assert b"PNG" not in found[:100] and (b"<html" in found or len(found) < 200)
    await anna.go("look-inside", "photo=yours")
    assert not any("somebody’s own photo" in text for text in anna.texts)
    for visitor in (anna, ben):
        await visitor.leave()


def test_photos_and_messages_of_one_visit_do_not_reach_another(server: Server) -> None:
    asyncio.run(_kept_apart(server.port))


async def _told_late(port: int) -> None:
    visitor = Visitor(port)
    await visitor.come()

    async def shown(problem: int) -> bool:
        """What of the second file is still said after the browser told that another one than `problem`'s came."""
        visitor.exceptions.clear()
        await visitor.tell("crop", {"retried": {"problem": problem, "at": problem}})
        return any("second.png" in one for one in visitor.exceptions)

    for name in ("first.png", "second.png"):
        await visitor.upload("upload", name, encoded(scene(), "png")[:150])
    assert await shown(1), "the first one's problem was meant, which has gone"
    assert await shown(3), "there is no such problem"
    assert not await shown(2)
    await visitor.leave()


def test_a_browser_that_tells_late_of_an_old_problem_leaves_the_new_one(server: Server) -> None:
    asyncio.run(_told_late(server.port))


PARTS = {
    "act": ("do", "photo", "to"),
    "chosen": ("layer", "map", "row", "column"),
    "collected": ("to", "pictures"),
    "drawn": ("cells", "ink"),
    "epoch": ("at",),
    "looked": (),
    "moved": ("left", "top", "zoom", "points", "row", "column", "height", "width", "at"),
    "picked": ("layer", "map", "name", "part"),
    "pressed": ("map",),
    "retried": ("problem",),
    "returned": ("level",),
    "ticket": ("ticket",),
    "watched": ("picture",),
    "went": ("part", "index", "down", "right"),
    "which": ("maps",),
}
NONSENSE = (
    None,
    True,
    -1,
    10**6,
    2.0**60,
    0.5,
    "",
    "../../etc/passwd",
    "<script>",
    "conv3",
    "a" * 5_000,
    [],
    [[1] * 99],
    {},
)
PAGES = tuple(exhibit.path for exhibit in EXHIBITS)


def forged(dice: random.Random) -> dict[str, object]:
    """What no component ever says: every event at once, its parts of any kind."""
    return {
        event: dice.choice(NONSENSE)
        if dice.random() < 0.2
        else {part: dice.choice(NONSENSE) for part in parts} | {"number": dice.choice(NONSENSE)}
        for event, parts in PARTS.items()
    }


def hostile_links(dice: random.Random, count: int) -> Iterator[tuple[str, str]]:
    """(page, query) with values that no link of ours has."""
    names = sorted(address.KNOWN)
    for _ in range(count):
        chosen = {dice.choice(names): str(dice.choice(NONSENSE)) for _ in range(6)}
        yield dice.choice(PAGES), urlencode(chosen)


async def _told_nonsense(port: int) -> int:
    dice, visitor, said = random.Random(17), Visitor(port), 0
    await visitor.come()
    for page in PAGES:
        await visitor.go(page)
        for key in [key for key in visitor.elements if key not in visitor.uploaders]:
            if key in visitor.elements:
                await visitor.tell(key, forged(dice))
                said += 1
    for page, query in hostile_links(dice, 15):
        await visitor.go(page, query)
    await visitor.go("look-inside", "layer=conv3")
    assert {"crop", "atlas", "unit"} <= visitor.elements.keys(), "the page still shows itself"
    assert not [one for one in visitor.exceptions if "went wrong" in one or "Error" in one], visitor.exceptions
    await visitor.leave()
    return said


def test_whatever_components_and_links_say_no_page_breaks(server: Server) -> None:
    said = asyncio.run(_told_nonsense(server.port))
    assert said > 40
    assert "Traceback" not in server.log.read_text()


TRAVERSALS = ("/../app.py", "/static/../../app.py", "/fonts/../../app.py", "/lab/fonts/../../app.py", "/..%2fapp.py")
TRAVERSALS += ("/fonts/..%2f..%2fapp.py", "/fonts/%2e%2e/%2e%2e/app.py", "/fonts//etc/passwd", "/fonts/....//app.py")
TRAVERSALS += (
    "/_stcore/upload_file/../../app.py",
    "/media/../../app.py",
    "/component/../../app.py",
    "/media//etc/passwd",
)
TRAVERSALS += ("/fonts/..\\..\\app.py", "/%5c..%5capp.py")


def test_no_address_reads_a_file_of_the_server(server: Server) -> None:
    for path in TRAVERSALS:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.request("GET", path)
        reply = connection.getresponse()
        found = reply.read()
        assert b"st.navigation" not in found and b"root:" not in found, path
        assert reply.status in (400, 403, 404) or b"<html" in found.lower(), (path, reply.status)


async def _without_permission(port: int) -> None:
    owner = Visitor(port)
    await owner.come()
    path = f"/_stcore/upload_file/{owner.session}/some-file"
    kind = {"Content_Type": "multipart/form-data; boundary=x"}
    for more in (
        {},
        {"Cookie": "_streamlit_xsrf=1"},
        {"X_Xsrftoken": "1"},
        {"Cookie": "_streamlit_xsrf=1", "X_Xsrftoken": "2"},
    ):
        assert await asyncio.to_thread(_status, port, "PUT", path, b"--x--", **kind, **more) == 403
    await owner.leave()


def test_nothing_is_uploaded_without_the_pages_own_token(server: Server) -> None:
    asyncio.run(_without_permission(server.port))


async def _crowded(port: int, sessions: int) -> tuple[float, float]:
    honest = Honest(Visitor(port))
    await honest.visitor.come()
    usual = await honest.during(asyncio.sleep(1))

    async def in_and_out() -> None:
        for _ in range(sessions):
            stranger = Visitor(port)
            coming = asyncio.create_task(stranger.come())
            while stranger.socket is None:
                await asyncio.sleep(0.005)
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
            await stranger.leave()

    worst = await honest.during(in_and_out())
    assert honest.visitor.exceptions == []
    await honest.visitor.leave()
    return usual, worst


def test_many_who_come_and_go_at_once_make_nobody_wait(server: Server) -> None:
    usual, worst = asyncio.run(_crowded(server.port, 150))
    assert worst <= max(ANSWER_S, 3 * usual), (usual, worst)


async def _abandoned(server: Server) -> None:
    watchers = [Visitor(server.port, "occlusion") for _ in range(8)]
    for number, one in enumerate(watchers):
        one.query = f"occlusion_size={40 + 2 * number}&occlusion_step=8"
        await one.come()
    for one in watchers:
        await one.leave()
    quiet = 0
    for _ in range(40):  # s
        used = processor_seconds(server.pid)
        await asyncio.sleep(1)
        quiet = quiet + 1 if processor_seconds(server.pid) - used < 0.3 else 0
        if quiet == 2:
            return
    raise AssertionError("The server still computes though nobody looks.")


def test_what_nobody_looks_at_any_more_is_not_computed(server: Server) -> None:
    asyncio.run(_abandoned(server))

"""Who gets in: names, origins, frames and headers, without a network."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ui.gate import Gate


class Behind:
    """Stands for the dashboard: remembers what reached it."""

    def __init__(self) -> None:
        self.reached: list[dict[str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached.append(scope)
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"server", b"x")]})
        await send({"type": "http.response.body", "body": b"dashboard"})


def asked(gate: Gate, path: str = "/", method: str = "GET", kind: str = "http", **headers: str) -> list[dict[str, Any]]:
    """What is sent back; header names are written with _ for -."""
    sent: list[dict[str, Any]] = []
    given = {"host": "localhost:8501", **headers}
    scope = {
        "type": kind,
        "path": path,
        "raw_path": path.encode(),
        "method": method,
        "headers": [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in given.items()],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect" if kind == "websocket" else "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(gate(scope, receive, send))
    return sent


def status(sent: list[dict[str, Any]]) -> int:
    return sent[0]["status"]


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8501", "127.0.0.1:1", "[::1]:8501", "192.168.1.7:8501", "teacher:8501", "teacher.local"],
)
def test_names_that_nobody_outside_can_own_are_let_in(host: str) -> None:
    behind = Behind()
    assert status(asked(Gate(behind), host=host)) == 200 and len(behind.reached) == 1


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1.nip.example", "", "a@localhost",
     "localhost/x", "localhost:99999", "evil.example#localhost", "[::1"],
)  # fmt: skip
def test_a_rebound_name_gets_nothing(host: str) -> None:
    behind = Behind()
    assert status(asked(Gate(behind), host=host)) == 403
    assert asked(Gate(behind), kind="websocket", host=host)[0]["type"] == "websocket.close"
    assert behind.reached == []


def test_a_name_that_was_given_is_let_in() -> None:
    behind = Behind()
    gate = Gate(behind, hosts=["School.example"])
    assert status(asked(gate, host="school.example")) == 200
    assert status(asked(gate, host="other.example")) == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://localhost:9000", "http://127.0.0.1:8501", "null", "file://", "x"]
)
def test_another_origin_opens_no_websocket_and_uploads_nothing(origin: str) -> None:
    behind = Behind()
    assert asked(Gate(behind), kind="websocket", origin=origin)[0]["type"] == "websocket.close"
    for method in ("PUT", "POST", "DELETE"):
        assert status(asked(Gate(behind), method=method, origin=origin)) == 403
    assert behind.reached == []


def test_our_own_origin_and_programs_without_one_are_let_in() -> None:
    behind = Behind()
    assert asked(Gate(behind), kind="websocket", origin="http://localhost:8501")[0]["type"] == "websocket.accept"
    assert asked(Gate(behind), kind="websocket")[0]["type"] == "websocket.accept"
    assert status(asked(Gate(behind), method="PUT", origin="http://localhost:8501")) == 200


def test_every_answer_says_what_a_browser_may_do() -> None:
    headers = dict(asked(Gate(Behind()))[0]["headers"])
    policy = headers[b"content-security-policy"].decode()
    assert "default-src 'self'" in policy and policy.endswith("frame-ancestors 'self'")
    assert headers[b"x-content-type-options"] == b"nosniff" and headers[b"referrer-policy"] == b"no-referrer"


def test_only_named_pages_may_frame_the_app() -> None:
    framed = {"sec_fetch_dest": "iframe", "sec_fetch_site": "cross-site"}
    behind = Behind()
    sent = asked(Gate(behind), path="/occlusion", **framed)
    assert behind.reached == [] and b'href="/occlusion"' in sent[1]["body"] and b"window of its own" in sent[1]["body"]
    assert b"<script" not in asked(Gate(behind), path='/"><script>', **framed)[1]["body"]
    assert b'href="/evil.example"' in asked(Gate(behind), path="//evil.example", **framed)[1]["body"]
    gate = Gate(behind, embedders=["https://moodle.example/"])
    policy = dict(asked(gate, **framed)[0]["headers"])[b"content-security-policy"].decode()
    assert policy.endswith("frame-ancestors 'self' https://moodle.example") and len(behind.reached) == 1


def test_metrics_are_closed_unless_asked_for() -> None:
    behind = Behind()
    assert status(asked(Gate(behind), path="/_stcore/metrics")) == 404 and behind.reached == []
    assert status(asked(Gate(behind, metrics=True), path="/_stcore/metrics")) == 200


@pytest.mark.parametrize("path", ["/occlusion/_stcore/health", "/lab/occlusion/_stcore/host-config"])
def test_a_page_is_no_folder_with_a_server_in_it(path: str) -> None:
    behind = Behind()
    answer = asked(Gate(behind, pages=["occlusion"]), path=path)
    assert answer[0]["status"] == 404 and not behind.reached


@pytest.mark.parametrize("path", ["/_stcore/health", "/lab/_stcore/health", "/occlusion"])
def test_the_server_itself_is_reached(path: str) -> None:
    behind = Behind()
    asked(Gate(behind, pages=["occlusion"]), path=path)
    assert behind.reached[0]["path"] == path

"""Who may speak to the server, and what a browser may do with its pages: checked before Streamlit sees anything.

No rule looks at the address the server listens on or a request comes from: behind a proxy both say nothing. A rebound
name (DNS rebinding) is a name that this server does not know; a page of another origin, another port included, says so
in `Origin`.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Program = Callable[[Message, Receive, Send], Awaitable[None]]

LOCAL_ENDINGS = (".local", ".localhost", ".lan", ".home.arpa", ".internal")
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
CORE = re.compile(r"^(.*)/([^/]+)(/_stcore/(?:health|host-config))$")
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; font-src 'self' data:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
)
FRAMED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>ZFNet Explorer</title>
<body style="font:1.1rem/1.5 system-ui,sans-serif;margin:2rem;max-width:40rem">
<p>ZFNet Explorer is not allowed to run inside this page. <a href="{address}" target="_blank" rel="noopener">Open it in
a window of its own</a>.</p><p>Whoever runs the server can allow it: <code>serve.py --embed ORIGIN</code>.</p>"""


class Gate:
    """An ASGI program around another one.

    `hosts` are further names under which the server is reached (school.example); addresses in numbers, names without a
    dot, names of local networks and the machine's own are always known. `embedders` are the origins of pages that may
    frame the app (https://moodle.school.example). `pages` are the last parts of the pages' addresses; `metrics` opens
    `/_stcore/metrics`.
    """

    def __init__(
        self,
        app: Program,
        hosts: Iterable[str] = (),
        embedders: Iterable[str] = (),
        pages: Iterable[str] = (),
        metrics: bool = False,
    ) -> None:
        own = socket.gethostname().lower()
        self.app, self.pages, self.metrics = app, frozenset(pages), metrics
        self.hosts = {own, *(host.strip().lower().rstrip(".") for host in hosts if host.strip())}
        self.embedders = tuple(origin.strip().rstrip("/") for origin in embedders if origin.strip())

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request or open one websocket, or refuse it with a sentence."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if problem := self._refusal(scope, headers):
            await _refuse(scope, receive, send, 403, problem)
        elif scope["type"] == "websocket":
            await self.app(scope, receive, send)
        elif scope["path"].endswith("/_stcore/metrics") and not self.metrics:
            await _refuse(scope, receive, send, 404, "Not found.")
        elif self._framed_elsewhere(headers):
            await _say(send, 200, FRAMED.format(address=_own_address(scope)), "text/html; charset=utf-8")
        elif (found := CORE.match(scope["path"])) and found[2] in self.pages:
            # Streamlit first takes a page's address for a folder with a server in it, and goes on where there is none.
            await _refuse(scope, receive, send, 404, "The server is one folder up.")
        else:
            await self.app(scope, receive, self._with_headers(send))

    def _refusal(self, scope: Message, headers: dict[bytes, str]) -> str:
        host = headers.get(b"host", "")
        if not self.knows(host):
            name = host.encode("ascii", "replace").decode()[:80]
            return f"This server does not know itself as “{name}”; if that is right, start it with --host {name}."
        origin = headers.get(b"origin")
        asks = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if asks and origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return "Another page may not speak to this server; open the dashboard itself."
        return ""

    def knows(self, host: str) -> bool:
        """Whether a Host header names this server: no name that somebody on the internet could point here."""
        try:
            parts = urlsplit(f"//{host}")
            name, _ = (parts.hostname or "").lower().rstrip("."), parts.port
        except ValueError:
            return False
        if not name or parts.path or parts.query or parts.fragment or "@" in host:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return "." not in name or name.endswith(LOCAL_ENDINGS) or name in self.hosts
        return True

    def _framed_elsewhere(self, headers: dict[bytes, str]) -> bool:
        framed = headers.get(b"sec-fetch-dest") in ("iframe", "frame", "embed", "object")
        return framed and headers.get(b"sec-fetch-site") == "cross-site" and not self.embedders

    def _with_headers(self, send: Send) -> Send:
        ancestors = " ".join(("'self'", *self.embedders))
        extra = [
            (b"content-security-policy", f"{POLICY}frame-ancestors {ancestors}".encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
        ]

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name for name, _ in extra}
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in known]
                message = {**message, "headers": [*kept, *extra]}
            await send(message)

        return sending


def _own_address(scope: Message) -> str:
    """The dashboard's own address, relative to the server and safe to stand in HTML."""
    return "/" + re.sub(r"[^A-Za-z0-9/_.-]", "", scope["path"]).lstrip("/")


async def _refuse(scope: Message, receive: Receive, send: Send, status: int, sentence: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
    else:
        await _say(send, status, sentence, "text/plain; charset=utf-8")


async def _say(send: Send, status: int, text: str, kind: str) -> None:
    body = text.encode()
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""A network cable that is pulled, and names and pages from elsewhere, against a running server."""

from __future__ import annotations

import http.client
import io
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.dashboard import Runs, serving, settled


class Cable:
    """A TCP forwarder in front of a server that can be cut."""

    def __init__(self, port: int) -> None:
        self.to, self.cut = port, False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self.cut:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.to))
            self.open += [near, far]
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(a, b), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # what is only closed stays open for whoever still waits on it
            one.close()

    def pull(self) -> None:
        self.cut = True
        for one in self.open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self.open.clear()

    def plug_in(self) -> None:
        self.cut = False


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that forgets a visit after six seconds without its browser."""
    launcher = ("-m", "tests.browser.forgetful_server")
    with serving(tmp_path_factory.mktemp("forgetful") / "log.txt", launcher=launcher) as address:
        yield address


def png() -> dict[str, object]:
    stream = io.BytesIO()
    Image.new("RGB", (300, 260), "teal").save(stream, "PNG")
    return {"name": "mine.png", "mimeType": "image/png", "buffer": stream.getvalue()}


@pytest.mark.parametrize("pause_s", [1.5, 15.0])
def test_everything_works_on_after_the_cable_was_pulled(forgetful: str, page: Page, runs: Runs, pause_s: float) -> None:
    cable = Cable(int(forgetful.rpartition(":")[2]))
    page.goto(f"http://127.0.0.1:{cable.port}/look-inside")
    runs.wait(1)
    page.locator(".st-key-upload input[type=file]").set_input_files(png())
    page.wait_for_url("**photo=yours**")
    settled(page, runs)
    cable.pull()
    page.wait_for_timeout(1000 * pause_s)
    with runs.rerun(timeout_s=120):  # a page that has its server again is run anew
        cable.plug_in()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=30_000)
    settled(page, runs)
    page.get_by_role("radio", name="conv5").click()
    expect(page.get_by_text("256 feature maps")).to_be_visible(timeout=20_000)
    assert "photo=yours" in page.url
    if pause_s > 6:  # the visit is forgotten, and it is said
        expect(page.get_by_text("photos are forgotten")).to_be_visible(timeout=20_000)
    else:
        expect(page.get_by_text("photos are forgotten")).to_have_count(0)


def test_a_rebound_name_is_told_one_sentence(address: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(address.rpartition(":")[2]), timeout=10)
    for path in ("/", "/_stcore/host-config", "/_stcore/stream"):
        connection.request("GET", path, headers={"Host": "evil.example"})
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 403 and "evil.example" in text and len(text) < 200


def test_a_page_of_another_port_can_neither_frame_nor_speak(address: str, chromium: Browser, tmp_path: Path) -> None:
    page = chromium.new_page()
    other = f"""<!doctype html><iframe src="{address}/"></iframe><script>
      window.opened = 'waiting';
      const socket = new WebSocket('{address.replace("http", "ws")}/_stcore/stream', ['streamlit']);
      socket.onopen = () => {{ window.opened = 'open' }};
      socket.onerror = socket.onclose = () => {{ if (window.opened === 'waiting') window.opened = 'refused' }};
    </script>"""
    page.route("http://localhost:9/", lambda route: route.fulfill(body=other, content_type="text/html"))
    page.goto("http://localhost:9/")
    page.wait_for_function("window.opened !== 'waiting'")
    assert page.evaluate("window.opened") == "refused"
    page.wait_for_timeout(1000)
    framed = page.frames[1]
    assert framed.locator("[data-testid=stApp]").count() == 0
    page.close()


def test_the_metrics_are_closed(address: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(address.rpartition(":")[2]), timeout=10)
    connection.request("GET", "/_stcore/metrics")
    assert connection.getresponse().status == 404

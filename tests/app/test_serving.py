"""The settings without which a class of thirty stalls, or something leaves the machine."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from streamlit import config

from benchmarks.visitors import Visitor, permission
from tests.browser.dashboard import LAUNCHER, PLAIN_STREAMLIT, serving
from ui.shell.network_choice import OWN_MEGABYTES
from zfnet_core.photos.decoding import MAX_BYTES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def settings() -> dict[str, dict[str, object]]:
    return tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())


def test_every_setting_is_one_that_streamlit_knows(settings: dict[str, dict[str, object]]) -> None:
    known = set(config.get_config_options(force_reparse=True))
    for section, values in settings.items():
        for name, value in values.items():
            if not isinstance(value, dict):
                assert f"{section}.{name}" in known, f"{section}.{name} has gone from Streamlit"


def test_no_garbage_collection_after_every_click() -> None:
    assert config.get_option("runner.postScriptGC") is False


def test_nothing_leaves_the_machine_and_nobody_else_comes_in() -> None:
    assert config.get_option("browser.gatherUsageStats") is False
    assert config.get_option("server.address") == "127.0.0.1"


def test_no_traceback_reaches_the_browser() -> None:
    assert config.get_option("client.showErrorDetails") == "none"
    assert config.get_option("runner.magicEnabled") is False


def test_uploads_are_limited_on_the_server() -> None:
    assert config.get_option("server.maxUploadSize") == OWN_MEGABYTES
    assert MAX_BYTES < OWN_MEGABYTES * 2**20


def asked(program: str) -> object:
    """What `program` prints as JSON, run by itself; it would use as many threads as there are cores."""
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_the_launcher_leaves_nothing_for_the_first_visitor_to_wait_for() -> None:
    program = """
import asyncio, gc, json, sys
import serve

async def start():
    async with serve.lifespan(None):
        pass

asyncio.run(start())
import torch
from streamlit.testing.v1 import AppTest
from ui.shell import current as engine
from zfnet_core.serving import scheduler as compute
from zfnet_core.forward import map_summary

def ours():
    return {name for name in sys.modules if name.split(".")[0] in ("ui", "zfnet_core", "torch", "plotly", "PIL")}

known, computed = ours(), []
for module, name in ((compute, "trace"), (engine, "summarise")):
    original = getattr(module, name)
    setattr(module, name, lambda *a, original=original, name=name: computed.append(name) or original(*a))
app = AppTest.from_file("app.py", default_timeout=120).run()
threads = [torch.get_num_threads(), engine.scheduler().run(torch.get_num_threads)]
print(json.dumps({
    "threads": threads, "frozen": gc.get_freeze_count(), "computed": computed, "imported": sorted(ours() - known),
    "errors": len(app.exception) + len(app.error), "warnings": len(app.warning),
}))
"""
    found = asked(program)
    assert found["threads"] == [1, 1]
    assert found["frozen"] > 100_000
    assert found["computed"] == [] and found["imported"] == []
    assert found["errors"] == 0


def test_plain_streamlit_computes_on_one_thread_too() -> None:
    """There is no launcher then; the scheduler sees to it. Two first visitors at once get the same scheduler."""
    program = """
import json, threading, torch
from ui.shell import current as engine
torch.set_num_threads(3)
schedulers = []
visitors = [threading.Thread(target=lambda: schedulers.append(engine.scheduler())) for _ in range(8)]
for visitor in visitors: visitor.start()
for visitor in visitors: visitor.join()
print(json.dumps([engine.scheduler().run(torch.get_num_threads), len(set(map(id, schedulers)))]))
"""
    assert asked(program) == [1, 1]


@pytest.mark.parametrize("launcher", [LAUNCHER, PLAIN_STREAMLIT], ids=["make app", "streamlit run"])
def test_a_link_to_a_page_may_be_the_first_thing_a_fresh_server_is_asked(
    tmp_path: Path, launcher: Sequence[str]
) -> None:
    """Without app.py around it the page would have no navigation, no sidebar and no state."""
    with serving(tmp_path / "log.txt", launcher=launcher) as address:
        port = urlsplit(address).port
        asyncio.run(_come_by_a_link(port))
    assert "Traceback" not in (tmp_path / "log.txt").read_text()


async def _come_by_a_link(port: int) -> None:
    first = Visitor(port, "occlusion", "photo=coffee")
    await first.come()
    assert first.exceptions == []
    assert "occlusion" in first.pages and len(first.pages) >= 7
    assert first.query == "photo=coffee" and {"first", "samples"} <= first.elements.keys()
    assert await asyncio.to_thread(_upload, port, first.session, OWN_MEGABYTES * 2**20 + 1) == 413
    second = Visitor(port, "look-inside")
    await second.come()
    assert second.exceptions == [] and {"atlas", "projections"} <= second.elements.keys()
    await second.leave()
    await first.leave()


def _upload(port: int, session: str, length: int) -> int:
    """Announce a file of `length` bytes; the server's answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = permission(connection)
    connection.putrequest("PUT", f"/_stcore/upload_file/{session}/some-file")
    for name, value in {**headers, "Content-Length": str(length), "Content-Type": "multipart/form-data"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection.getresponse().status

"""Downloads in the sidebar, one for everybody, and what a visitor's own network costs the server's memory."""

from __future__ import annotations

import gc
import io
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.app.visit import choose, visit
from ui.shell import current, local_folders, network_choice, own_networks
from ui.shell.chosen import Chosen
from ui.shell.session import Session
from zfnet_core.errors import DownloadError, ExplorerError
from zfnet_core.models import zoo
from zfnet_core.models.downloads import Progress
from zfnet_core.serving.cache_budget import Cache, CacheBudget, budget

ROOT = Path(__file__).parents[2]
NAME = "alexnet-torchvision"
PATIENCE_S = 60


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


class Publisher:
    """Sends a third of the file each time it is allowed to; `fail` is how the download ends."""

    def __init__(self, fail: Exception | None = None) -> None:
        self.permits, self.fail, self.downloads = threading.Semaphore(0), fail, 0

    def downloading(self, name: str) -> Iterator[Progress]:
        assert name == NAME
        self.downloads += 1
        for third in (1, 2, 3):
            assert self.permits.acquire(timeout=PATIENCE_S)
            yield Progress(third * 10_000_000, 30_000_000)
        if self.fail:
            raise self.fail


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Publisher], Publisher]]:
    """Puts a publisher in the internet's place, where no weights of that network have been fetched before."""
    is_ready = zoo.is_ready
    monkeypatch.setattr(zoo, "is_ready", lambda name: name != NAME and is_ready(name))

    def put(publisher: Publisher) -> Publisher:
        monkeypatch.setattr(zoo, "downloading", publisher.downloading)
        return publisher

    yield put
    until(lambda: (found := network_choice.download(NAME)) is None or not found.live)
    current.scheduler().transfers.forget(f"download:{NAME}", NAME)


def opened() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update(network=NAME)
    return app.run()


def button(app: AppTest) -> AppTest | None:
    return next((one for one in app.button if one.label.startswith("Download the weights")), None)


def progress(app: AppTest) -> list[str]:
    return [one.proto.text for one in app.get("progress")]


def test_a_download_is_one_for_everybody_and_shows_how_far_it_is(publish: Callable[[Publisher], Publisher]) -> None:
    server = publish(Publisher())
    anna, ben = opened(), opened()
    button(anna).click().run()
    assert progress(anna) == ["0 MB"] and button(anna) is None
    server.permits.release()
    until(lambda: (found := network_choice.download(NAME)) is not None and found.result is not None)
    assert progress(anna.run()) == progress(ben.run()) == ["10 of 30 MB"]
    assert server.downloads == 1
    server.permits.release(2)
    until(lambda: network_choice.download(NAME).complete)
    assert progress(anna.run()) == []


def test_a_download_goes_on_when_the_page_is_left(publish: Callable[[Publisher], Publisher]) -> None:
    server = publish(Publisher())
    anna = opened()
    button(anna).click().run()
    anna.query_params.clear()
    anna.selectbox(key="choice-network").select("zfnet-classroom").run()
    current.leave_other_pages("another page")
    server.permits.release(3)
    until(lambda: network_choice.download(NAME).complete)
    assert server.downloads == 1


def test_a_download_that_failed_says_why_and_can_be_begun_again(publish: Callable[[Publisher], Publisher]) -> None:
    server = publish(Publisher(DownloadError("The connection was cut; the download goes on from there.")))
    anna = opened()
    for attempt in (1, 2):
        button(anna).click().run()
        server.permits.release(3)
        until(lambda: not network_choice.download(NAME).live)
        assert [error.value for error in anna.run().error] == [
            "The connection was cut; the download goes on from there."
        ]
        assert button(anna) is not None and server.downloads == attempt


def test_somebodys_own_network_is_counted_as_long_as_the_visit_lasts() -> None:
    network = zoo.untrained(zoo.entry("zfnet-classroom"))
    file = io.BytesIO()
    torch.save(network.module.state_dict(), file)
    weights = sum(4 * one.numel() for one in network.module.parameters())
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    app.selectbox(key="own architecture").select("zfnet-classroom")
    budget().give_up(budget().used_bytes)  # a full one would make room instead of growing
    before = budget().used_bytes
    app.file_uploader(key="own weights").upload("mine.pth", file.getvalue()).run()
    assert not app.exception and not app.error
    own = visit(app).own_networks
    (name,) = own
    assert own_networks.get(visit(app), name) is not None
    assert budget().used_bytes - before >= weights
    uid = own[name][1]
    del app
    gc.collect()
    assert own_networks._kept.get(uid) is None


@pytest.mark.parametrize("way", ["upload", "path"])
def test_another_architecture_is_another_try_with_the_file_that_failed(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever way the file came."""
    monkeypatch.setattr(local_folders, "allowed", lambda: True)
    file = tmp_path / "mine.pth"
    torch.save(zoo.untrained(zoo.entry("zfnet-classroom")).module.state_dict(), file)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    app.selectbox(key="own architecture").select("alexnet-classroom")
    if way == "upload":
        app.file_uploader(key="own weights").upload("mine.pth", file.read_bytes()).run()
    else:
        app.text_input(key="own weights path").set_value(str(file)).run()
    assert not visit(app).own_networks and "own weights" in visit(app).problems
    app.selectbox(key="own architecture").select("zfnet-classroom").run()
    assert [title for title, _ in visit(app).own_networks.values()] and "own weights" not in visit(app).problems


def test_an_own_network_gives_way_where_others_need_the_memory_and_it_is_said() -> None:
    network = replace(zoo.untrained(zoo.entry("zfnet-classroom")), name="own-0123456789ab", title="mine.pth")
    for kept in (True, False):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        own_networks.keep(visit(app), network)
        choose(app, Chosen, network=network.name)
        if not kept:
            own_networks._kept.drop(network.uid)
        app.run()
        assert not app.exception and not app.error
        said = [one.value for one in app.info if "needed for others" in one.value]
        assert len(said) == (not kept) and all("mine.pth" in one for one in said)


def test_weights_that_can_never_fit_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    network = zoo.untrained(zoo.entry("zfnet-classroom"))
    monkeypatch.setattr(own_networks, "_kept", Cache(budget=CacheBudget(2**20)))
    with pytest.raises(ExplorerError, match="--memory"):
        own_networks.keep(Session(), network)


def test_the_list_shows_what_is_ready_first_and_controls_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "is_ready", lambda name: zoo.entry(name).origin in ("bundled", "digits", "none"))
    names = network_choice.grouped(zoo.names())
    assert sorted(names) == sorted(zoo.names()) and names[0] == zoo.DEFAULT
    kinds = [network_choice.kind_of(name) for name in names]
    assert kinds == sorted(kinds, key=["ready", "download", "control"].index) and set(kinds) == set(
        network_choice.KINDS
    )
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    shown = app.selectbox(key="choice-network").options
    assert [one[0] for one in shown] == [network_choice.SIGNS[kind] for kind in kinds]
    assert max(map(len, shown)) <= 36, "longer ones are clipped"

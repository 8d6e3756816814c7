"""What is sent to a computer in another process: the same results, shared, stopped and lost as if it were here.

The computer is one of this process, but all that is said passes through bytes; `test_ray_compute.py` has a real one.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from tests.core.thin_networks import smooth_photos, thin_zfnet
from zfnet_core.errors import CheckpointError, ComputationFailed, CorpusError, ExplorerError, UnknownName
from zfnet_core.exhibits.comparison.comparison import compare
from zfnet_core.exhibits.invariance.curves import InvarianceSettings, invariance_curves
from zfnet_core.exhibits.look_inside import Settings, compute
from zfnet_core.exhibits.occlusion import OcclusionSettings
from zfnet_core.exhibits.occlusion import compute as sweep
from zfnet_core.exhibits.switched_off import class_maps, ranking
from zfnet_core.exhibits.trust import Settings as TrustSettings
from zfnet_core.exhibits.trust import evidence, judged
from zfnet_core.forward.trace import trace
from zfnet_core.models import checkpoints, zoo
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import open_corpus
from zfnet_core.serving import ray_compute
from zfnet_core.serving.cache_budget import CacheBudget
from zfnet_core.serving.computer import Computer, News, Unknown, sendable
from zfnet_core.serving.letters import packed, unpacked
from zfnet_core.serving.remote import AGAIN_S, Remote
from zfnet_core.serving.scheduler import Scheduler
from zfnet_core.serving.sent_networks import Identities, Parcel
from zfnet_core.serving.tasks import BROKEN_OFF, Look

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60
COARSE = OcclusionSettings(stride_px=32)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


class Wire:
    """The way to a computer. Counts what is asked; `cut` is the error that every call ends in, until it is mended."""

    def __init__(self, computer: Computer) -> None:
        self.computer, self.asked, self.cut = computer, list[str](), None
        self.connections = 0

    def connect(self) -> Callable[..., Any]:
        if self.cut is not None:
            raise self.cut
        self.connections += 1
        return self.call

    def call(self, method: str, *arguments: Any, seconds: float) -> Any:
        assert seconds > 0
        if self.cut is not None:
            raise self.cut
        self.asked.append(method)
        arguments = pickle.loads(pickle.dumps(arguments))
        return pickle.loads(pickle.dumps(getattr(self.computer, method)(*arguments)))


@pytest.fixture(scope="module")
def network() -> Network:
    torch.set_num_threads(1)
    return zoo.load("zfnet-classroom")


def changed(network: Network) -> Network:
    """A visitor's own weights: those of the bundled network, changed a little."""
    state = {name: value.clone().contiguous() for name, value in network.module.state_dict().items()}
    state["fc8.bias"] += 0.5 * torch.arange(len(state["fc8.bias"])).remainder(7)
    return checkpoints.load_checkpoint(safetensors.torch.save(state), zoo.entry("zfnet-classroom"), name="mine")


@pytest.fixture(scope="module")
def own(network: Network) -> Network:
    return changed(network)


@pytest.fixture
def wire() -> Wire:
    return Wire(Computer("1", "cpu", 1, CacheBudget(10**9)))


def remote(wire: Wire, **options: Any) -> Remote:
    found = Remote(wire.connect, **{"least_macs": 0, **options})
    assert found.wait(PATIENCE_S)
    return found


def last(results: Iterator[Any]) -> Any:
    *_, found = results
    return found


def same(ours: Any, theirs: Any) -> bool:
    """The same results, part by part, but for how long they took."""
    if is_dataclass(theirs):
        names = [one.name for one in fields(theirs) if one.name != "seconds"]
        return type(ours) is type(theirs) and all(same(getattr(ours, name), getattr(theirs, name)) for name in names)
    if isinstance(theirs, tuple | list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(theirs, Mapping):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, torch.Tensor):
        return torch.equal(ours, theirs) and ours.stride() == theirs.stride()
    if isinstance(theirs, np.ndarray):
        return bool(((ours == theirs) | (ours != ours) & (theirs != theirs)).all()) and ours.dtype == theirs.dtype
    return bool(ours == theirs)


def test_a_letter_keeps_numbers_and_the_way_they_lie_in_memory() -> None:
    grey = torch.arange(24.0).view(1, 2, 3, 4).contiguous(memory_format=torch.channels_last)
    sent = {"a": grey, "b": torch.tensor(3), "c": torch.zeros(0, 5), "d": np.arange(3), "e": grey[:, :1, 1:], "f": "x"}
    found = unpacked(pickle.loads(pickle.dumps(packed(sent))))
    for name in "abce":
        assert torch.equal(found[name], sent[name]) and found[name].dtype == sent[name].dtype
    assert found["a"].stride() == grey.stride() and found["f"] == "x"
    found["a"] += 1
    found["d"] += 1  # what has arrived belongs to whoever has it
    assert packed(grey).digest == packed(grey.clone()).digest != packed(grey + 1).digest


def test_a_pass_there_is_a_pass_here(network: Network, wire: Wire) -> None:
    image = smooth_photos(1)
    there = Scheduler(elsewhere=remote(wire)).trace(network, "photo", lambda: image)
    here = trace(network, image)
    assert wire.asked == ["trace"] and there.network is network
    assert there.outputs.keys() == here.outputs.keys() and there.switches.keys() == here.switches.keys()
    for ours, theirs in ((there.outputs, here.outputs), (there.switches, here.switches)):
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert torch.equal(there.images, here.images) and there.images.stride() == here.images.stride()
    for name, places in here.relative_switches.items():
        assert torch.equal(there.relative_switches[name], places)


def test_small_networks_are_passed_through_here(network: Network, wire: Wire) -> None:
    Scheduler(elsewhere=remote(wire, least_macs=2 * network.macs)).trace(network, "photo", lambda: smooth_photos(1))
    assert wire.asked == []


def test_long_work_there_gives_what_it_gives_here(network: Network, wire: Wire) -> None:
    image, scheduler = smooth_photos(1), Scheduler(elsewhere=remote(wire))
    traced = scheduler.trace(network, "photo", lambda: image)

    def look(work: partial[Iterator[Any]]) -> Look[Any]:
        return scheduler.tasks.look("v", "toy:a", id(work), lambda: work)

    for work in (
        partial(sweep, network, image, COARSE),
        partial(ranking, traced, "conv5", 3),
        partial(compute, network, image, Settings("conv5")),
    ):
        until(lambda work=work: not look(work).live)
        look(work).raise_failure()
        assert look(work).complete and same(look(work).result, last(work()))
    assert "look" in wire.asked and wire.computer.about()["sent"] == 0  # the zoo's networks are loaded there


@pytest.mark.parametrize("what", ["judged", "evidence", "class maps", "comparison", "curves"])
def test_what_the_pages_send_gives_the_same_there(what: str, network: Network, wire: Wire) -> None:
    there, images = remote(wire), smooth_photos(2)
    scheduler = Scheduler(elsewhere=there)
    traced = scheduler.trace(network, "photo", lambda: images[:1])
    turned = InvarianceSettings("rotation", (0.0, 10.0))
    work = {
        "judged": partial(judged, traced, TrustSettings("conv5")),
        "evidence": partial(evidence, traced, 3),
        "class maps": partial(class_maps, network, [images[:1], images[1:]], "conv5", 3),
        "comparison": partial(compare, network, scheduler.network("alexnet-classroom"), images),
        "curves": partial(invariance_curves, network, images, turned, scheduler.workers, scheduler.free_workers),
    }[what]
    assert same(last(there.steps(work)), last(work())) and "look" in wire.asked


def test_work_that_no_other_process_knows_is_done_here(network: Network, wire: Wire, tmp_path: Path) -> None:
    there, image = remote(wire), smooth_photos(1)
    stranger = trace(network, image)  # of nobody knows which pass

    def closure() -> Iterator[int]:
        yield from (1, 2)

    assert list(there.steps(closure())) == list(there.steps(partial(closure))) == [1, 2]
    assert last(there.steps(partial(ranking, stranger, "conv5", 3))).done == 1
    with pytest.raises(CorpusError, match="nothing"):  # files of this machine are looked for here
        list(there.steps(partial(open_corpus, [tmp_path / "nothing"])))
    assert not sendable(partial(lambda: 1)) and not sendable(ranking) and not sendable(partial(os.getcwd))
    assert wire.asked == []


def test_two_server_processes_share_work_and_a_copy_of_ones_own_weights(own: Network, wire: Wire) -> None:
    first, second = remote(wire), remote(wire)
    image = smooth_photos(1)
    one, two = (Scheduler(elsewhere=each).trace(own, "photo", lambda: image) for each in (first, second))
    assert torch.equal(one.probabilities, two.probabilities)
    assert torch.equal(one.probabilities, trace(own, image).probabilities)
    assert wire.asked.count("keep") == 1 and wire.computer.about()["sent"] == 1
    steps = [each.steps(partial(sweep, own, image)) for each in (first, second)]
    until(lambda: all(next(each) is not None for each in steps))
    assert wire.computer.about()["under_way"] == 1
    assert same(*[last(each) for each in steps])
    assert wire.asked.count("keep") == 1


def test_networks_are_forgotten_within_the_memory_and_sent_again(own: Network) -> None:
    wire = Wire(Computer("1", "cpu", 1, CacheBudget(100 * 10**6)))  # the network takes 61 MB, its traces 11
    there = remote(wire)
    assert there.trace(own, smooth_photos(1)) is not None and there.trace(own, smooth_photos(1)) is not None
    assert wire.asked.count("keep") == 1
    wire.computer._scheduler.network("alexnet-classroom")
    assert wire.computer.about()["sent"] == 0
    assert there.trace(own, smooth_photos(1)) is not None and wire.asked.count("keep") == 2


def test_a_network_that_cannot_be_built_or_kept_there_stays_here(own: Network, wire: Wire) -> None:
    thin, image = thin_zfnet(), smooth_photos(1)
    scheduler = Scheduler(elsewhere=remote(wire))
    for _ in range(2):
        assert scheduler.trace(thin, "photo", lambda: image).probabilities.shape == (1, 7)
    assert last(scheduler._begun(partial(sweep, thin, image, COARSE))).done == 1
    assert wire.asked == ["trace", "has", "keep"]  # and not asked again
    small = remote(Wire(Computer("1", "cpu", 1, CacheBudget(10**6))))
    assert small.trace(own, image) is None
    parcel, identities = Parcel.of(own), Identities()
    assert not wire.computer.keep(identities.of(thin), parcel), "another network than was announced"
    assert identities.of(parcel.network()) == identities.of(own)


def test_a_device_without_room_for_a_network_is_not_lost(
    own: Network, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> Network:
        raise torch.OutOfMemoryError("no room")

    monkeypatch.setattr(Parcel, "network", no_room)
    remote = Remote(wire.connect, least_macs=0)
    assert remote.wait(10)
    assert [remote.trace(own, torch.zeros(1, 3, 224, 224)) for _ in range(3)] == [None] * 3
    assert wire.connections == 1 and wire.asked.count("keep") == 1, "it stays here from the first time on"


def test_only_tensors_are_read_of_ones_own_weights(own: Network) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
            return os.abort, ()  # type: ignore[return-value]

    parcel = Parcel.of(own)
    assert parcel.weights[8:9] == b"{", "safetensors"
    trapped = Parcel(**{**vars(parcel), "weights": pickle.dumps(Trap())})
    with pytest.raises(CheckpointError):
        trapped.network()


def test_what_nobody_looks_at_any_more_ends_there(network: Network, wire: Wire) -> None:
    scheduler, image = Scheduler(elsewhere=remote(wire)), smooth_photos(1)
    fine = OcclusionSettings(stride_px=2)
    until(
        lambda: scheduler.tasks.look("v", "toy:a", 1, lambda: partial(sweep, network, image, fine)).result is not None
    )
    assert wire.computer.about()["under_way"] == 1
    scheduler.tasks.stop("v", "toy:a")
    until(lambda: wire.computer.about()["under_way"] == 0)
    assert "stop" in wire.asked


def test_a_failure_there_is_its_own_sentence_here(network: Network, wire: Wire) -> None:
    there = remote(wire)
    with pytest.raises(UnknownName, match="no layer “conv9”"):
        last(there.steps(partial(compute, network, smooth_photos(1), Settings("conv9"))))
    with pytest.raises(ComputationFailed, match=BROKEN_OFF):  # nobody has foreseen that
        last(there.steps(partial(sweep, network, smooth_photos(1), "no settings")))
    assert there.trace(network, smooth_photos(1)) is not None, "it is still there"


def test_who_loses_the_computer_is_told_once_and_the_next_is_answered(network: Network, wire: Wire) -> None:
    now, image = [100.0], smooth_photos(1)
    there = remote(wire, clock=lambda: now[0])
    scheduler = Scheduler(elsewhere=there)
    wire.cut = ConnectionError("gone")
    with pytest.raises(ComputationFailed, match=BROKEN_OFF):
        scheduler.trace(network, "one", lambda: image)
    assert not there.wait(PATIENCE_S)  # tried at once, in vain
    assert scheduler.trace(network, "two", lambda: image).probabilities.shape == (1, 1000)  # computed here
    wire.cut = None
    assert scheduler.trace(network, "four", lambda: image) and not there.wait(PATIENCE_S), "not at every question"
    now[0] += AGAIN_S
    assert scheduler.trace(network, "five", lambda: image) and there.wait(PATIENCE_S)
    before = wire.asked.count("trace")
    scheduler.trace(network, "six", lambda: image)
    assert wire.asked.count("trace") == before + 1 and wire.connections == 2


def test_long_work_that_is_cut_off_fails_once_and_can_be_tried_again(network: Network, wire: Wire) -> None:
    scheduler, image = Scheduler(elsewhere=remote(wire)), smooth_photos(1)

    def look(settings: OcclusionSettings) -> Any:
        return scheduler.tasks.look("v", "toy:a", settings, lambda: partial(sweep, network, image, settings))

    fine = OcclusionSettings(stride_px=2)
    until(lambda: look(fine).result is not None)
    wire.cut = TimeoutError("no answer")
    until(lambda: look(fine).failure is not None)
    assert look(fine).failure.sentence == BROKEN_OFF
    scheduler.tasks.retry("v", "toy:a")
    until(lambda: look(fine).result is not None)  # here
    scheduler.tasks.stop("v", "toy:a")
    until(lambda: look(COARSE).complete)
    assert same(look(COARSE).result, last(sweep(network, image, COARSE)))


def test_a_computer_that_was_started_again_is_told_what_was_asked(network: Network, wire: Wire) -> None:
    steps = remote(wire).steps(partial(sweep, network, smooth_photos(1)))
    next(steps)
    wire.computer = Computer("1", "cpu", 1, CacheBudget(10**9))
    assert isinstance(wire.computer.look("nobody", "nothing", None, 0.0), Unknown)
    assert last(steps).done == 1


def test_there_is_news_only_where_something_is_new(network: Network, wire: Wire) -> None:
    work = partial(sweep, network, smooth_photos(1), COARSE)
    there = remote(wire)
    assert last(there.steps(work)).done == 1
    letter, _ = there._written(work)
    kept = wire.computer.look("another", letter.digest, letter, 5.0)
    assert isinstance(kept, News) and kept.complete and kept.result is not None, "kept for whoever asks the same"
    fine = partial(sweep, network, smooth_photos(1), OcclusionSettings(stride_px=2))
    letter, _ = there._written(fine)
    first = wire.computer.look("another", letter.digest, letter, PATIENCE_S)
    assert isinstance(first, News) and first.result is not None and not first.complete
    wire.computer._scheduler._serving += 1  # as if somebody else were served: the work gives way
    again = [wire.computer.look("another", letter.digest, None, 0.0) for _ in range(20)]
    assert sum(one.result is not None for one in again) < 20
    wire.computer._scheduler._serving -= 1
    wire.computer.stop("another")


def test_questions_that_cross_each_get_their_own(network: Network, wire: Wire) -> None:
    scheduler, images = Scheduler(elsewhere=remote(wire)), smooth_photos(6)
    found: dict[int, torch.Tensor] = {}

    def ask(person: int) -> None:
        image = images[person : person + 1]
        found[person] = scheduler.trace(network, str(person), lambda: image).probabilities

    people = [threading.Thread(target=ask, args=(person,)) for person in range(6)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    for person in range(6):
        assert torch.allclose(found[person], trace(network, images[person : person + 1]).probabilities, atol=1e-5)


def test_without_the_option_nothing_is_asked_and_ray_is_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ray_compute.VARIABLE, raising=False)
    assert ray_compute.from_environment() is None
    program = "import sys, ui.shell.current as c; c.scheduler(); sys.exit('ray' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, env=without_option())


def without_option() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != ray_compute.VARIABLE}


def test_where_ray_is_missing_the_option_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ExplorerError, match="Ray, which is not installed; run pip install"):
        ray_compute.check("auto")
    (tmp_path / "ray.py").write_text("raise ImportError('no Ray')\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "serve.py", "--no-browser", "--compute", "auto"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert told.returncode == 2 and told.stderr.splitlines()[-1].endswith("pip install -r requirements-ray.txt.")
    assert "Traceback" not in told.stderr

"""A Ray cluster of two nodes that computes for server processes. Skipped unless Ray is installed: `make test-ray`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from tests.core.test_computing_elsewhere import COARSE, PATIENCE_S, changed, last, same, until
from tests.core.thin_networks import smooth_photos
from zfnet_core.exhibits.look_inside import Settings, compute
from zfnet_core.exhibits.occlusion import OcclusionSettings
from zfnet_core.exhibits.occlusion import compute as sweep
from zfnet_core.exhibits.switched_off import ranking
from zfnet_core.forward.trace import trace
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.serving import ray_compute
from zfnet_core.serving.remote import ANSWER_S, Remote
from zfnet_core.serving.scheduler import Scheduler
from zfnet_core.serving.tasks import BROKEN_OFF, Look

pytest.importorskip("ray", exc_type=ImportError)
import ray
from ray.cluster_utils import Cluster

FINE = OcclusionSettings(stride_px=2)
ROOT = Path(__file__).parents[2]
ANOTHER = """
import json, sys, torch
torch.set_num_threads(1)
from pathlib import Path
from zfnet_core.models import checkpoints, zoo
from zfnet_core.serving import ray_compute
from zfnet_core.serving.remote import Remote
from zfnet_core.serving.scheduler import Scheduler
from tests.core.thin_networks import smooth_photos
from zfnet_core.exhibits.occlusion import compute, OcclusionSettings
from functools import partial

address, weights = sys.argv[1:]
ray_compute.check(address, keep=False)
there = Remote(lambda: ray_compute.connect(address), least_macs=0)
assert there.wait(90)
network = checkpoints.load_checkpoint(Path(weights), zoo.entry("zfnet-classroom"), name="mine")
traced = Scheduler(elsewhere=there).trace(network, "photo", smooth_photos(1).clone)
*_, found = there.steps(partial(compute, network, smooth_photos(1), OcclusionSettings(stride_px=32)))
answer = float(found.clean_probabilities.max())
told = {"sum": float(traced.probabilities.max()), "sweep": answer}
print(json.dumps({**there._called(30, "about"), **told}))
"""

OUTLIVES = """
import sys, time
from zfnet_core.models import zoo
from zfnet_core.serving import ray_compute
from zfnet_core.serving.remote import Remote
from zfnet_core.serving.scheduler import Scheduler
from tests.core.thin_networks import smooth_photos

there = Remote(lambda: ray_compute.connect(sys.argv[1]), least_macs=0)
assert there.wait(90)
scheduler, network = Scheduler(elsewhere=there), zoo.load("zfnet-classroom")
scheduler.trace(network, "one", smooth_photos(1).clone)
print("ready", flush=True)
sys.stdin.readline()
begun = time.monotonic()
try:
    scheduler.trace(network, "two", smooth_photos(1).clone)
except Exception as error:
    print(error)
print(tuple(scheduler.trace(network, "three", smooth_photos(1).clone).probabilities.shape))
print(time.monotonic() - begun)
"""


@pytest.fixture(scope="module")
def network() -> Network:
    torch.set_num_threads(1)
    return zoo.load("zfnet-classroom")


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[Cluster, str]]:
    """Two nodes with a core each, and the address for those who do not belong to them."""
    port = free_port()
    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "ray_client_server_port": port})
    found.add_node(num_cpus=1)
    yield found, f"ray://127.0.0.1:{port}"
    ray.shutdown()
    found.shutdown()


@pytest.fixture(scope="module")
def own(network: Network) -> Network:
    return changed(network)


@pytest.fixture
def there(cluster: tuple[Cluster, str]) -> Remote:
    found = Remote(lambda: ray_compute.connect(cluster[0].address), least_macs=0)
    assert found.wait(ray_compute.START_S)
    return found


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def about(there: Remote) -> dict[str, Any]:
    return there._called(PATIENCE_S, "about")


def test_traces_and_exhibits_are_those_of_this_process(network: Network, there: Remote) -> None:
    assert len([node for node in ray.nodes() if node["Alive"]]) == 2
    image, scheduler = smooth_photos(1), Scheduler(elsewhere=there)
    ours, theirs = scheduler.trace(network, "photo", lambda: image), trace(network, image)
    assert ours.outputs.keys() == theirs.outputs.keys() and ours.switches.keys() == theirs.switches.keys()
    assert all(torch.equal(ours.outputs[name], theirs.outputs[name]) for name in theirs.outputs)
    assert all(torch.equal(ours.switches[name], theirs.switches[name]) for name in theirs.switches)
    for work in (
        partial(sweep, network, image, COARSE),
        partial(compute, network, image, Settings("conv5")),
        partial(ranking, ours, "conv5", 3),
    ):
        assert same(last(there.steps(work)), last(work()))
    assert about(there)["process"] != os.getpid() and about(there)["sent"] == 0


def test_two_server_processes_share_one_actor_and_one_copy_of_ones_own_weights(
    own: Network,
    there: Remote,
    cluster: tuple[Cluster, str],
    tmp_path: Path,
) -> None:
    image = smooth_photos(1)
    ours = Scheduler(elsewhere=there).trace(own, "photo", lambda: image)
    assert about(there)["sent"] == 1
    weights = tmp_path / "mine"
    weights.write_bytes(
        safetensors.torch.save({name: value.contiguous() for name, value in own.module.state_dict().items()})
    )
    told = subprocess.run(
        [sys.executable, "-c", ANOTHER, cluster[1], str(weights)], cwd=ROOT, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    theirs = json.loads(told.stdout.splitlines()[-1])
    assert (theirs["process"], theirs["sent"]) == (about(there)["process"], 1)
    assert theirs["sum"] == theirs["sweep"] == float(ours.probabilities.max())


def test_work_that_nobody_looks_at_any_more_ends_there(network: Network, there: Remote) -> None:
    scheduler, work = Scheduler(elsewhere=there), partial(sweep, network, smooth_photos(1), FINE)
    until(lambda: scheduler.tasks.look("v", "toy:a", 1, lambda: work).result is not None)
    assert about(there)["under_way"] == 1
    scheduler.tasks.stop("v", "toy:a")
    until(lambda: about(there)["under_way"] == 0)


def test_a_killed_actor_is_one_sentence_and_then_there_is_another(network: Network, there: Remote) -> None:
    scheduler, work = Scheduler(elsewhere=there), partial(sweep, network, smooth_photos(1), FINE)

    def look() -> Look[Any]:
        return scheduler.tasks.look("v", "toy:a", 1, lambda: work)

    until(lambda: look().result is not None)
    before = about(there)["process"]
    os.kill(before, signal.SIGKILL)
    until(lambda: look().failure is not None)
    assert look().failure.sentence == BROKEN_OFF
    scheduler.tasks.retry("v", "toy:a")
    until(lambda: look().result is not None)  # here, or there again
    scheduler.tasks.stop("v", "toy:a")
    until(lambda: there.wait(1))
    assert about(there)["process"] != before
    image = smooth_photos(1, seed=4)
    assert torch.equal(there.trace(network, image).outputs["fc8"], trace(network, image).outputs["fc8"])


def test_an_actor_of_another_version_is_replaced_by_who_comes_later_only(
    there: Remote, cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = about(there)
    monkeypatch.setattr(ray_compute, "_version", lambda: "newer")
    with pytest.raises(RuntimeError, match="another version"):  # a server that has had its own ends nobody else's
        ray_compute.connect(cluster[0].address)
    assert about(there)["process"] == before["process"]
    monkeypatch.setattr(ray_compute, "_served", threading.Event())  # as in a process that comes later
    call = ray_compute.connect(cluster[0].address)
    after = call("about", seconds=PATIENCE_S)
    assert after["version"] == "newer" != before["version"] and after["process"] != before["process"]


def test_an_address_where_nobody_answers_is_said_in_one_sentence() -> None:
    told = subprocess.run(
        [sys.executable, "serve.py", "--no-browser", "--compute", "ray://127.0.0.1:9"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
    )
    said = told.stderr.strip().splitlines()[-1]
    assert told.returncode == 2 and "The cluster at “ray://127.0.0.1:9” does not compute for this server" in said
    assert said.endswith("or leave --compute out.") and "Traceback" not in told.stderr


def test_a_lost_cluster_is_one_sentence_and_no_hanging() -> None:
    ray.shutdown()
    port = free_port()
    lost = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "ray_client_server_port": port})
    command = [sys.executable, "-c", OUTLIVES, f"ray://127.0.0.1:{port}"]
    server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None and server.stdout.readline() == "ready\n"
    lost.shutdown()
    told, _ = server.communicate("\n", timeout=ANSWER_S + 120)
    sentence, answer, seconds = told.splitlines()
    assert (server.returncode, sentence, answer) == (0, BROKEN_OFF, "(1, 1000)")
    assert float(seconds) < ANSWER_S

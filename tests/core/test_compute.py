"""The desk: batched traces equal lone ones, everyone gets their own, and nothing is shared that can be changed."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
import torch
from torch import nn

from zfnet_core.compute import Desk
from zfnet_core.errors import CheckpointError
from zfnet_core.models import zoo
from zfnet_core.models.network import Network, present
from zfnet_core.models.preprocessing import Preprocessing
from zfnet_core.models.tower import ConvSpec, tower
from zfnet_core.trace import trace


@pytest.fixture(scope="module")
def network() -> Network:
    return zoo.load("zfnet-classroom")


def photos(count: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    return [torch.randn(1, 3, 224, 224, generator=generator) for _ in range(count)]


def test_thirty_people_at_once_each_get_their_own_photo(network: Network) -> None:
    desk = Desk()
    images = photos(12)
    answers: dict[int, torch.Tensor] = {}

    def ask(person: int) -> None:
        image = images[person % 12]
        answers[person] = desk.trace(network, f"photo {person}", lambda: image).probabilities

    people = [threading.Thread(target=ask, args=(person,)) for person in range(30)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    for person in range(30):
        alone = trace(network, images[person % 12]).probabilities
        assert torch.allclose(answers[person], alone, atol=1e-5)


def test_a_batched_trace_owns_its_memory(network: Network) -> None:
    desk = Desk(lanes=1)
    gate = threading.Event()
    blocked = threading.Thread(target=lambda: desk.run(gate.wait))
    blocked.start()
    images = photos(3)
    traces: list[object] = [None] * 3

    def ask(person: int) -> None:
        traces[person] = desk.trace(network, f"p{person}", lambda: images[person])

    people = [threading.Thread(target=ask, args=(person,)) for person in range(3)]
    for person in people:
        person.start()
    while len(desk._waiting) < 3:
        pass
    gate.set()
    for person in (*people, blocked):
        person.join()
    for mine in traces:
        for value in (*mine.outputs.values(), *mine.switches.values()):
            assert value.shape[0] == 1
            assert value.untyped_storage().nbytes() == value.numel() * value.element_size()


def test_the_same_photo_is_traced_once_and_caches_are_bounded(network: Network) -> None:
    desk = Desk(trace_bytes=30 * 2**20)
    image = photos(1)[0]
    first = desk.trace(network, "a", lambda: image)
    again = desk.trace(network, "a", lambda: pytest.fail("asked again"))
    assert again.outputs is first.outputs and again.relative_switches is first.relative_switches
    for number in range(12):
        desk.trace(network, f"b{number}", lambda: image)
    assert desk._traces.used_bytes <= 30 * 2**20


def test_an_error_reaches_the_one_who_asked(network: Network) -> None:
    desk = Desk()
    with pytest.raises(RuntimeError):
        desk.trace(network, "bad", lambda: torch.zeros(1, 5, 224, 224))
    with pytest.raises(ZeroDivisionError):
        desk.run(lambda: 1 // 0)
    assert desk._serving == 0
    assert desk.trace(network, "good", lambda: photos(1)[0]).probabilities.shape == (1, 110)


def test_networks_are_loaded_once() -> None:
    desk = Desk()
    assert desk.network("zfnet-classroom") is desk.network("zfnet-classroom")


def small(scale: float = 1.0) -> Network:
    """A network of one layer, new each time."""
    module = tower([ConvSpec(4, 3, 2, pooled=True)], (), 3, input_px=32)
    module.conv1.weight.data.mul_(scale)
    layers = zoo.tower_layers(module)
    square = Preprocessing(32, 32)
    return present("small", "Small", module, layers, "abc", preprocessing=square, source="", trained=False)


def test_kept_traces_do_not_keep_a_network_that_has_left() -> None:
    desk = Desk()
    network = small()
    for number in range(3):
        desk.trace(network, f"photo {number}", lambda: torch.rand(1, 3, 32, 32)).relative_switches  # noqa: B018
    gone, weight = weakref.ref(network), weakref.ref(network.module.conv1.weight)
    del network
    gc.collect()
    assert gone() is None and weight() is None


def test_a_new_network_never_gets_the_traces_of_one_that_has_left() -> None:
    """Python gives the identity of a deleted object away again."""
    desk, seen = Desk(), set()
    for number in range(8):
        network = small(scale=number)
        traced = desk.trace(network, "the photo", lambda: torch.ones(1, 3, 32, 32))
        assert torch.allclose(traced.probabilities, trace(network, torch.ones(1, 3, 32, 32)).probabilities)
        seen.add(network.uid)
        del network, traced
        gc.collect()
    assert len(seen) == 8


def test_relative_switches_are_counted_before_they_are_made() -> None:
    desk = Desk()
    traced = desk.trace(small(), "a", lambda: torch.rand(1, 3, 32, 32))
    tensors = [traced.images, *traced.outputs.values(), *traced.switches.values(), *traced.relative_switches.values()]
    assert desk._traces.used_bytes == sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def test_weights_too_large_for_a_photo_are_a_sentence() -> None:
    with pytest.raises(CheckpointError, match="not numbers"):
        Desk().trace(small(scale=1e38), "a", lambda: torch.full((1, 3, 32, 32), 100.0))


def test_a_network_that_is_being_loaded_does_not_disturb_the_photos_of_others(network: Network) -> None:
    """torch.fx, which reads a network's forward function, replaces the call of all modules of the process meanwhile."""
    image, done = photos(1)[0], threading.Event()
    expected, before = network.probabilities(image), nn.Module.__call__
    answers: list[torch.Tensor | Exception] = []

    def look() -> None:
        while not done.is_set():
            try:
                answers.append(network.probabilities(image))
            except Exception as error:
                answers.append(error)

    lookers = [threading.Thread(target=look) for _ in range(2)]
    loaders = [threading.Thread(target=lambda: [small() for _ in range(40)]) for _ in range(2)]
    for thread in (*lookers, *loaders):
        thread.start()
    for thread in loaders:
        thread.join()
    done.set()
    for thread in lookers:
        thread.join()
    assert len(answers) >= 2 and all(torch.is_tensor(a) and torch.allclose(a, expected, atol=1e-6) for a in answers)
    assert nn.Module.__call__ is before


def test_long_work_takes_all_lanes_only_while_nobody_else_waits(network: Network) -> None:
    desk, seen, hold = Desk(lanes=3), [], threading.Event()
    assert desk.free_lanes() == 3

    def long_work():
        for _ in range(2):
            seen.append(desk.free_lanes())
            yield 1

    def patient():
        hold.wait(30)
        yield 1

    desk.jobs.start("first", "slot", patient)
    jobs = [desk.jobs.start(person, "slot", long_work) for person in ("second", "third")]
    hold.set()
    while any(job.live for job in jobs):
        threading.Event().wait(0.01)
    assert seen[0] == 1 and desk.free_lanes() == 3
    assert desk.run(desk.free_lanes) == 1
    assert Desk("meta", lanes=3).free_lanes() == 1

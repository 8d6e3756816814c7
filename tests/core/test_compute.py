"""The desk: batched traces equal lone ones, everyone gets their own, and nothing is shared that can be changed."""

from __future__ import annotations

import threading

import pytest
import torch

from zfnet_core.compute import Desk
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
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
    assert desk.trace(network, "a", lambda: pytest.fail("asked again")) is first
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

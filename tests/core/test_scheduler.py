"""The scheduler: batched traces equal lone ones, everyone gets their own, and nothing is shared that can be changed."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import nn

from zfnet_core.errors import CheckpointError
from zfnet_core.forward.trace import Recording, trace
from zfnet_core.models import zoo
from zfnet_core.models.network import Network, present
from zfnet_core.models.tower import ConvSpec, tower
from zfnet_core.photos.preprocessing import Preprocessing
from zfnet_core.serving.cache_budget import CacheBudget
from zfnet_core.serving.scheduler import Scheduler

PATIENCE_S = 60


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)


@pytest.fixture(scope="module")
def network() -> Network:
    return zoo.load("zfnet-classroom")


def photos(count: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    return [torch.randn(1, 3, 224, 224, generator=generator) for _ in range(count)]


def test_thirty_people_at_once_each_get_their_own_photo(network: Network) -> None:
    scheduler = Scheduler()
    images = photos(12)
    answers: dict[int, torch.Tensor] = {}

    def ask(person: int) -> None:
        image = images[person % 12]
        answers[person] = scheduler.trace(network, f"photo {person}", lambda: image).probabilities

    people = [threading.Thread(target=ask, args=(person,)) for person in range(30)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    for person in range(30):
        alone = trace(network, images[person % 12]).probabilities
        assert torch.allclose(answers[person], alone, atol=1e-5)


def test_a_batched_trace_owns_its_memory(network: Network) -> None:
    scheduler = Scheduler(workers=1)
    gate = threading.Event()
    blocked = threading.Thread(target=lambda: scheduler.run(gate.wait))
    blocked.start()
    images = photos(3)
    traces: list[object] = [None] * 3

    def ask(person: int) -> None:
        traces[person] = scheduler.trace(network, f"p{person}", lambda: images[person])

    people = [threading.Thread(target=ask, args=(person,)) for person in range(3)]
    for person in people:
        person.start()
    until(lambda: len(scheduler._waiting) == 3)
    gate.set()
    for person in (*people, blocked):
        person.join()
    for mine in traces:
        for value in (*mine.outputs.values(), *mine.switches.values()):
            assert value.shape[0] == 1
            assert value.untyped_storage().nbytes() == value.numel() * value.element_size()


def test_the_same_photo_is_traced_once_and_caches_are_bounded(network: Network) -> None:
    scheduler = Scheduler(budget=CacheBudget(30 * 2**20))
    image = photos(1)[0]
    first = scheduler.trace(network, "a", lambda: image)
    again = scheduler.trace(network, "a", lambda: pytest.fail("asked again"))
    assert again.outputs is first.outputs and again.relative_switches is first.relative_switches
    for number in range(12):
        scheduler.trace(network, f"b{number}", lambda: image)
    assert scheduler._traces.used_bytes <= 30 * 2**20


def test_an_error_reaches_the_one_who_asked(network: Network) -> None:
    scheduler = Scheduler()
    with pytest.raises(RuntimeError):
        scheduler.trace(network, "bad", lambda: torch.zeros(1, 5, 224, 224))
    with pytest.raises(ZeroDivisionError):
        scheduler.run(lambda: 1 // 0)
    assert scheduler._serving == 0
    assert scheduler.trace(network, "good", lambda: photos(1)[0]).probabilities.shape == (1, 1000)


def test_networks_are_loaded_once() -> None:
    scheduler = Scheduler()
    assert scheduler.network("zfnet-classroom") is scheduler.network("zfnet-classroom")


def small(scale: float = 1.0) -> Network:
    """A network of one layer, new each time; no weight is negative, so that large ones always show."""
    module = tower([ConvSpec(4, 3, 2, pooled=True)], (), 3, input_px=32)
    module.conv1.weight.data.abs_().mul_(scale)
    layers = zoo.tower_layers(module)
    square = Preprocessing(32, 32)
    return present("small", "Small", module, layers, "abc", preprocessing=square, source="", trained=False)


def test_kept_traces_do_not_keep_a_network_that_has_left() -> None:
    scheduler = Scheduler()
    network = small()
    for number in range(3):
        scheduler.trace(network, f"photo {number}", lambda: torch.rand(1, 3, 32, 32)).relative_switches  # noqa: B018
    gone, weight = weakref.ref(network), weakref.ref(network.module.conv1.weight)
    del network
    gc.collect()
    assert gone() is None and weight() is None


def test_a_new_network_never_gets_the_traces_of_one_that_has_left() -> None:
    """Python gives the identity of a deleted object away again."""
    scheduler, seen = Scheduler(), set()
    for number in range(8):
        network = small(scale=number)
        traced = scheduler.trace(network, "the photo", lambda: torch.ones(1, 3, 32, 32))
        assert torch.allclose(traced.probabilities, trace(network, torch.ones(1, 3, 32, 32)).probabilities)
        seen.add(network.uid)
        del network, traced
        gc.collect()
    assert len(seen) == 8


def test_relative_switches_are_counted_before_they_are_made() -> None:
    scheduler = Scheduler()
    traced = scheduler.trace(small(), "a", lambda: torch.rand(1, 3, 32, 32))
    tensors = [traced.images, *traced.outputs.values(), *traced.switches.values(), *traced.relative_switches.values()]
    assert scheduler._traces.used_bytes == sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def test_weights_too_large_for_a_photo_are_a_sentence() -> None:
    with pytest.raises(CheckpointError, match="not numbers"):
        Scheduler().trace(small(scale=1e38), "a", lambda: torch.full((1, 3, 32, 32), 100.0))


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


def test_long_work_takes_all_workers_only_while_nobody_else_waits() -> None:
    scheduler, seen, hold = Scheduler(workers=3), [], threading.Event()
    assert scheduler.free_workers() == 3

    def long_work() -> Iterator[int]:
        for _ in range(2):
            seen.append(scheduler.free_workers())
            yield 1

    def patient() -> Iterator[int]:
        assert hold.wait(PATIENCE_S)
        yield 1

    def look(person: str, work: Callable[[], Iterator[int]]) -> bool:
        return scheduler.tasks.look(person, "page:place", person, work).live

    look("first", patient)
    assert look("second", long_work) and look("third", long_work)
    hold.set()
    until(lambda: not look("second", long_work) and not look("third", long_work))
    assert seen[0] == 1 and scheduler.free_workers() == 3
    assert scheduler.run(scheduler.free_workers) == 1
    assert Scheduler("meta", workers=3).free_workers() == 1


def test_long_work_waits_while_a_click_is_served() -> None:
    scheduler = Scheduler()
    scheduler.tasks._yield_s = PATIENCE_S  # so that only the end of the click can set it free
    asked, may_end, done = threading.Event(), threading.Event(), []

    def click() -> None:
        asked.set()
        assert may_end.wait(PATIENCE_S)
        done.append("click")

    clicking = threading.Thread(target=lambda: scheduler.run(click))
    clicking.start()
    assert asked.wait(PATIENCE_S)

    def work() -> Iterator[int]:
        done.append("step")
        yield 1

    scheduler.tasks.look("anna", "page:place", "key", work)
    until(lambda: not scheduler.tasks.crowded)  # its turn has come
    may_end.set()
    clicking.join(PATIENCE_S)
    until(lambda: scheduler.tasks.look("anna", "page:place", "key", work).complete)
    assert done == ["click", "step"]


@pytest.mark.parametrize("workers", [1, 2])
def test_short_work_that_asks_for_more_work_is_refused_instead_of_waiting_for_ever(
    network: Network, workers: int
) -> None:
    scheduler, found = Scheduler(workers=workers), []
    nested = [
        lambda: scheduler.run(lambda: 1),
        lambda: scheduler.trace(network, "nested", lambda: photos(1)[0]),
    ]

    def ask(work: Callable[[], object]) -> None:
        with pytest.raises(RuntimeError, match="asked the scheduler for more work"):
            scheduler.run_all([work] * workers)
        found.append(work)

    askers = [threading.Thread(target=ask, args=(work,), daemon=True) for work in nested]
    for asker in askers:
        asker.start()
        asker.join(PATIENCE_S)
    assert found == nested
    assert scheduler.run(lambda: "still there") == "still there"


def test_waiting_photos_are_told_apart_by_themselves_and_not_by_their_values(network: Network) -> None:
    """Two visitors with the same input tensor: comparing tensors by == is an error, and would mix them up."""
    scheduler = Scheduler(workers=1)
    gate, image, small_one = threading.Event(), photos(1)[0], small()
    blocked = threading.Thread(target=lambda: scheduler.run(gate.wait, PATIENCE_S))
    blocked.start()
    questions = [
        (small_one, torch.rand(1, 3, 32, 32)),
        (network, image),
        (network, image.clone()),
        (small_one, torch.rand(1, 3, 32, 32)),
        (network, image),
    ]
    answers: list[torch.Tensor | None] = [None] * len(questions)

    def ask(number: int) -> None:
        network, image = questions[number]
        answers[number] = scheduler.trace(network, f"p{number}", lambda: image).probabilities

    people = []
    for number in range(len(questions)):
        people.append(threading.Thread(target=ask, args=(number,)))
        people[-1].start()
        until(lambda number=number: len(scheduler._waiting) == number + 1)
    gate.set()
    for person in (*people, blocked):
        person.join(PATIENCE_S)
    for (network, image), answer in zip(questions, answers, strict=True):
        assert torch.allclose(answer, trace(network, image).probabilities, atol=1e-5)


def test_a_failure_in_the_middle_of_a_batch_reaches_everybody_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory may run out at the second photo's copy: nobody may wait for ever, and nobody is answered twice."""
    scheduler, one, gate = Scheduler(workers=1), small(), threading.Event()
    blocked = threading.Thread(target=lambda: scheduler.run(gate.wait, PATIENCE_S), daemon=True)
    blocked.start()
    copies, failures = [], list[str]()
    copied = Recording.copied

    def second_fails(recording: Recording) -> Recording:
        copies.append(recording)
        if len(copies) == 2:
            raise MemoryError("full")
        return copied(recording)

    def ask(person: int) -> None:
        try:
            scheduler.trace(one, f"p{person}", lambda: torch.rand(1, 3, 32, 32))
        except MemoryError as error:
            failures.append(str(error))

    monkeypatch.setattr(Recording, "copied", second_fails)
    people = [threading.Thread(target=ask, args=(person,), daemon=True) for person in range(3)]
    for person in people:
        person.start()
    until(lambda: len(scheduler._waiting) == 3)
    gate.set()
    until(lambda: len(failures) == 3)
    for person in (*people, blocked):
        person.join(PATIENCE_S)


def test_networks_and_traces_share_one_budget() -> None:
    budget = CacheBudget(10**9)
    scheduler, network = Scheduler(budget=budget), zoo.load("zfnet-classroom")
    weights = sum(4 * one.numel() for one in network.module.parameters())
    scheduler.network("zfnet-classroom")
    assert weights <= budget.used_bytes <= weights * 1.05
    traced = scheduler.trace(network, "a", lambda: photos(1)[0])
    assert budget.used_bytes == scheduler._networks.used_bytes + scheduler._traces.used_bytes
    budget.max_bytes = scheduler._traces.used_bytes
    assert not scheduler.has_network("zfnet-classroom") and scheduler.has_trace(network, "a")
    assert torch.equal(traced.probabilities, trace(network, traced.images).probabilities)

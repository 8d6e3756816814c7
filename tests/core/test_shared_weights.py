"""Weights in a file that several processes map: the same numbers, in memory once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.serving import shared_weights
from zfnet_core.serving.scheduler import Scheduler

ROOT = Path(__file__).parents[2]
NAME = "lenet5-digits"


def answers(network: Network) -> torch.Tensor:
    side = network.preprocessing.input_px
    return network.probabilities(torch.linspace(-1, 1, 3 * side * side).reshape(1, 3, side, side))


def is_mapped(network: Network, file: Path) -> bool:
    """Whether every number lies where the system says that the file is mapped."""
    places = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        if line.endswith(str(file)):
            places.append(tuple(int(end, 16) for end in line.split()[0].split("-")))
    numbers = list(network.module.parameters())
    return all(any(first <= one.data_ptr() < end for first, end in places) for one in numbers)


def test_a_network_says_the_same_from_the_shared_file(tmp_path: Path) -> None:
    for name in (NAME, zoo.DEFAULT):  # the second one's filters do not lie in the order of their shape
        own, shared = zoo.load(name), shared_weights.share(zoo.load(name), tmp_path)
        # Where numbers lie decides how they are taken together: the last bit may differ.
        assert torch.allclose(answers(own), answers(shared), rtol=1e-6, atol=0)
        for step in shared.steps:
            for field, value in step.tensors.items():
                assert torch.equal(value, own.step(step.name).tensors[field])
                assert value.data_ptr() % shared_weights.ALIGNMENT == 0
        assert shared.fingerprint == own.fingerprint


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc")
def test_the_second_one_maps_what_the_first_one_wrote_and_writes_nothing(tmp_path: Path) -> None:
    first = shared_weights.share(zoo.load(NAME), tmp_path)
    (file,) = tmp_path.iterdir()
    before = file.stat()
    second = shared_weights.share(zoo.load(NAME), tmp_path)
    assert is_mapped(first, file) and is_mapped(second, file) and not is_mapped(zoo.load(NAME), file)
    assert [*tmp_path.iterdir()] == [file] and file.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc")
def test_two_processes_have_the_pages_once(tmp_path: Path) -> None:
    program = f"""
import sys
sys.path.insert(0, ".")
from pathlib import Path
from zfnet_core.models import zoo
from zfnet_core.serving import shared_weights
network = shared_weights.share(zoo.load({zoo.DEFAULT!r}), Path({str(tmp_path)!r}))
print("ready", flush=True)
sys.stdin.readline()
found = {{"Rss": 0, "Pss": 0, "Private_Dirty": 0}}
inside = False
for line in open("/proc/self/smaps"):
    word = line.split()[0]
    if "-" in word:
        inside = line.rstrip().endswith(".weights")
    elif inside and word[:-1] in found:
        found[word[:-1]] += int(line.split()[1])
print(*found.values(), flush=True)
sys.stdin.readline()
"""
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for one in both:  # started at the same moment: whoever is first writes
        assert one.stdout is not None and one.stdout.readline() == "ready\n"
    figures = []
    for one in both:
        assert one.stdin is not None and one.stdout is not None
        one.stdin.write("\n")
        one.stdin.flush()
        figures.append([int(word) for word in one.stdout.readline().split()])
    for one in both:
        one.communicate("\n")
    for resident, proportional, dirty in figures:
        assert resident > 50_000 and dirty == 0 and proportional < 0.55 * resident  # kB


@pytest.mark.parametrize("content", [b"", b"short", bytes(10**6)])
def test_a_file_with_other_numbers_is_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / f"{NAME}-trained.weights"
    file.write_bytes(content)
    shared = shared_weights.share(zoo.load(NAME), tmp_path)
    assert torch.allclose(answers(shared), answers(zoo.load(NAME)), rtol=1e-6, atol=0)
    assert file.read_bytes() == content


def test_a_server_shares_them_where_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Scheduler().network(NAME)
    assert not [*tmp_path.iterdir()]
    monkeypatch.setenv(shared_weights.VARIABLE, str(tmp_path))
    Scheduler().network(NAME)
    assert [one.name for one in tmp_path.iterdir()] == [f"{NAME}-trained.weights"]

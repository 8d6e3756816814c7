"""What a result is said to weigh is what it keeps alive."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest
import torch
from torch import nn

from zfnet_core.models import zoo
from zfnet_core.serving.memory_size import bytes_of

SMALL = 4000  # what Python's own objects around the numbers may weigh


@dataclass(frozen=True)
class Inner:
    numbers: np.ndarray


@dataclass(frozen=True, eq=False)
class Outer:
    name: str
    inner: dict[str, tuple[Inner, ...]]

    @cached_property
    def doubled(self) -> np.ndarray:
        return np.concatenate([one.numbers for part in self.inner.values() for one in part] * 2)


def test_arrays_and_tensors_are_found_wherever_they_are() -> None:
    arrays = [np.zeros(10_000, np.float32), np.zeros(20_000, np.uint8)]
    result = Outer("name", {"a": (Inner(arrays[0]),), "b": (Inner(arrays[1]),)})
    assert 60_000 <= bytes_of(result) <= 60_000 + SMALL
    assert 60_000 + 240_000 <= bytes_of((result, result.doubled)) <= 300_000 + SMALL
    assert 80_000 <= bytes_of([{"tensor": torch.zeros(100, 100, dtype=torch.float64)}]) <= 80_000 + SMALL


def test_a_view_weighs_what_it_keeps_alive_and_what_is_shared_counts_once() -> None:
    whole, tensor = np.zeros((1000, 100), np.float32), torch.zeros(1000, 100)
    for view in (whole[3, :5], whole.T[::2], whole.reshape(-1)[10:20]):
        assert 400_000 <= bytes_of(view) <= 400_000 + SMALL
    assert 400_000 <= bytes_of(tensor[3, :5]) <= 400_000 + SMALL
    assert 800_000 <= bytes_of([whole, whole[0], whole, tensor, tensor.t(), tensor[5]]) <= 800_000 + SMALL
    lots = np.broadcast_to(np.float32(1), (1000, 1000))
    assert bytes_of(lots) <= SMALL


def test_texts_and_bytes() -> None:
    assert bytes_of("a" * 1000) == sys.getsizeof("a" * 1000) and bytes_of(b"1" * 1000) == sys.getsizeof(b"1" * 1000)
    assert bytes_of(["ü" * 1000] * 3) <= bytes_of("ü" * 1000) + 200


def test_what_goes_round_in_a_circle_ends() -> None:
    circle: list[object] = [np.zeros(1000, np.uint8)]
    circle.append(circle)
    assert 1000 <= bytes_of(circle) <= 1000 + SMALL


@pytest.mark.parametrize("name", ["zfnet-classroom", "resnet18"])
def test_a_network_weighs_its_parameters_and_running_statistics(name: str) -> None:
    network = zoo.load(name)
    literal = sum(4 * one.numel() for one in network.module.state_dict().values() if one.is_floating_point())
    assert literal <= bytes_of(network) <= literal * 1.02 + 10**6


def test_a_module_counts_shared_weights_once() -> None:
    first, second = nn.Linear(100, 100, bias=False), nn.Linear(100, 100, bias=False)
    second.weight = first.weight
    assert 40_000 <= bytes_of(nn.Sequential(first, second)) <= 40_000 + SMALL

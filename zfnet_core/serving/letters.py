"""Work and results on their way to another process: networks and traces by name, numbers as they lie in memory."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

Refer = Callable[[Any], Any]  # what stands for an object, None where it is sent itself
Find = Callable[[Any], Any]  # the object that it stands for, where it has arrived
NOTHING = np.empty(0, np.uint8)


@dataclass(frozen=True, eq=False)
class Letter:
    """A packed value: `text` is its shape, `numbers` are the arrays in it, uint8, which take no copy on their way."""

    text: bytes
    numbers: tuple[np.ndarray, ...]

    @property
    def digest(self) -> str:
        """Equal for letters that say the same in the same words, 32 hexadecimal digits."""
        found = hashlib.blake2b(self.text, digest_size=16)
        for part in self.numbers:
            found.update(part.data)
        return found.hexdigest()


class _Packer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, refer: Refer, buffers: list[pickle.PickleBuffer]) -> None:
        super().__init__(file, protocol=5, buffer_callback=buffers.append)
        self._refer = refer

    def persistent_id(self, one: Any) -> Any:
        return self._refer(one)

    def reducer_override(self, one: Any) -> Any:
        if type(one) is not torch.Tensor or one.dtype is torch.bfloat16 or one.layout is not torch.strided:
            return NotImplemented
        value = one.detach().cpu()
        strides = value.stride()
        order = sorted(range(value.dim()), key=lambda axis: -strides[axis])
        return _tensor, (value.permute(order).contiguous().numpy(), order)


class _Unpacker(pickle.Unpickler):
    def __init__(self, letter: Letter, find: Find) -> None:
        # Copied, so that they can be written to and the place that they arrived in is free again.
        super().__init__(io.BytesIO(letter.text), buffers=[bytearray(part.data) for part in letter.numbers])
        self._find = find

    def persistent_load(self, name: Any) -> Any:
        return self._find(name)


def packed(value: Any, refer: Refer = lambda one: None) -> Letter:
    """`value` as a letter; tensors leave their device, and keep the order in which they lie in memory.

    Raises what pickle raises (PicklingError, TypeError, AttributeError) for what cannot be sent, such as a lambda.
    """
    file, buffers = io.BytesIO(), list[pickle.PickleBuffer]()
    _Packer(file, refer, buffers).dump(value)
    raw = [buffer.raw() for buffer in buffers]
    return Letter(file.getvalue(), tuple(np.frombuffer(one, np.uint8) if len(one) else NOTHING for one in raw))


def unpacked(letter: Letter, find: Find = lambda name: None) -> Any:
    """What was packed; all tensors are on the CPU. Only for letters of this program's own processes."""
    return _Unpacker(letter, find).load()


def _tensor(numbers: np.ndarray, order: list[int]) -> torch.Tensor:
    back = [order.index(axis) for axis in range(len(order))]
    return torch.from_numpy(numbers).permute(back)

"""How much memory a result holds on to: every array, tensor and text in it, shared ones once."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image


def bytes_of(value: Any) -> int:
    """Bytes that `value` keeps alive: the whole memory behind each view, what is shared counted once.

    Looks into mappings, sequences, sets, dataclasses and torch modules; of other objects only themselves are counted.

    >>> import numpy as np
    >>> whole = np.zeros(1000, dtype=np.uint8)
    >>> bytes_of([whole, whole[:10]]) - bytes_of([whole])  # the list is one place longer
    8
    """
    total, seen, waiting = 0, set(), [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, torch.Tensor):
            one = one.untyped_storage()
            identity: Any = ("storage", one.data_ptr())
        else:
            identity = id(one := _owner(one) if isinstance(one, np.ndarray) else one)
        if identity in seen:
            continue
        seen.add(identity)
        total += _own_bytes(one)
        waiting.extend(_parts(one))
    return total


def _owner(array: np.ndarray) -> Any:
    """Whose memory the array shows: the array that a view was made of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _own_bytes(one: Any) -> int:
    if isinstance(one, (torch.UntypedStorage, np.ndarray)):
        return one.nbytes() if isinstance(one, torch.UntypedStorage) else one.nbytes
    if isinstance(one, Image.Image):
        return one.width * one.height * len(one.getbands())
    return sys.getsizeof(one)


def _parts(one: Any) -> list[Any]:
    if isinstance(one, Mapping):
        return [*one.keys(), *one.values()]
    if isinstance(one, (list, tuple, set, frozenset)):
        return list(one)
    if isinstance(one, torch.nn.Module):
        return [*one.parameters(), *one.buffers()]
    if is_dataclass(one) and not isinstance(one, type):
        held = getattr(one, "__dict__", None)  # with what cached properties have kept
        return list(held.values()) if held is not None else [getattr(one, name) for name in one.__dataclass_fields__]
    return []

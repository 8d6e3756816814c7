"""Weights that several server processes hold together: in a file that each maps, so that they take memory once."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import torch

from zfnet_core.models.network import Network

VARIABLE = "ZFNET_EXPLORER_SHARED_WEIGHTS"
ALIGNMENT = 64  # bytes: what the widest vectors of a processor load at once


def folder() -> Path | None:
    """Where the processes of this server keep what they share (`serve.py --workers`); None for a single one."""
    told = os.environ.get(VARIABLE)
    return Path(told) if told else None


def share(network: Network, within: Path) -> Network:
    """`network` itself, its numbers now those of a file in `within`, which is written by the first who has it.

    Numbers on a GPU stay there. So they do where the file cannot be written, mapped, or holds other numbers.
    """
    numbers = _numbers(network)
    if network.device.type != "cpu" or not all(map(_in_one_piece, numbers.values())):
        return network
    path = within / f"{network.name}-{'trained' if network.trained else 'random'}.weights"
    with suppress(OSError, RuntimeError):
        if not path.exists():
            _write(path, numbers)
        mapped = _mapped(path, numbers)
        if all(torch.equal(mapped[name], value) for name, value in numbers.items()):
            for name, value in numbers.items():
                value.data = mapped[name]  # the steps hold the same parameters
    return network


def _numbers(network: Network) -> dict[str, torch.Tensor]:
    module = network.module
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


def _in_one_piece(value: torch.Tensor) -> bool:
    return value.is_contiguous() or (value.dim() == 4 and value.is_contiguous(memory_format=torch.channels_last))


def _write(path: Path, numbers: Mapping[str, torch.Tensor]) -> None:
    """Write them in the order in which they lie in memory. Where two do so at once, the first to be ready has it."""
    place = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        with place.open("wb") as file:
            for value in numbers.values():
                file.write(bytes(-file.tell() % ALIGNMENT))
                whole = torch.empty(0, dtype=value.dtype).set_(
                    value.untyped_storage(), value.storage_offset(), (value.numel(),), (1,)
                )
                file.write(whole.view(torch.uint8).numpy().data)
        with suppress(FileExistsError):
            os.link(place, path)
    finally:
        place.unlink(missing_ok=True)


def _mapped(path: Path, numbers: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Tensors like `numbers` over the file. Pages that nobody writes to are the file's own, for every process."""
    size = path.stat().st_size
    whole = torch.from_file(str(path), shared=False, size=size, dtype=torch.uint8).untyped_storage()
    found, at = {}, 0
    for name, value in numbers.items():
        at += -at % ALIGNMENT
        if at + value.nbytes > size:
            raise RuntimeError(f"{path} is shorter than the network's numbers.")
        found[name] = torch.empty(0, dtype=value.dtype).set_(
            whole, at // value.element_size(), value.shape, value.stride()
        )
        at += value.nbytes
    return found

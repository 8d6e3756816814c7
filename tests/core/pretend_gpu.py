"""A second device without hardware: its tensors hold their numbers in memory and refuse to meet those of the CPU.

Inside `with PretendGpu():` the device “pretend” can be used like “cuda”. An operation on tensors of both devices raises
RuntimeError, as on a GPU (numbers without dimensions are allowed there, too), and so does `.numpy()` on the wrong side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

NAME = "pretend"
MOVES = ("aten::_to_copy", "aten::copy_", "aten::to")


def set_up() -> bool:
    """Tell PyTorch of the device; False for a PyTorch that cannot be told."""
    try:
        from torch.utils.backend_registration import _setup_privateuseone_for_python_backend
    except ImportError:
        return False
    if torch._C._get_privateuse1_backend_name() != NAME:
        _setup_privateuseone_for_python_backend(NAME)
    return True


class There(torch.Tensor):
    """A tensor on the pretended device; `held` are its numbers."""

    held: torch.Tensor

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> There:
        layout = {"strides": held.stride(), "storage_offset": held.storage_offset(), "dtype": held.dtype}
        return torch.Tensor._make_wrapper_subclass(cls, held.shape, **layout, device=NAME, requires_grad=False)

    def __init__(self, held: torch.Tensor) -> None:
        self.held = held

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def untyped_storage(self) -> torch.UntypedStorage:
        return self.held.untyped_storage()

    def __repr__(self) -> str:
        return f"There({self.held})"

    @classmethod
    def __torch_dispatch__(
        cls, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return _call(func, tuple(args), kwargs or {})


class PretendGpu(TorchDispatchMode):
    """While it lasts, `.to("pretend")` and `device="pretend"` work."""

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return _call(func, tuple(args), kwargs or {})


@torch.inference_mode(False)
@torch.no_grad()
def _call(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    everything, _ = tree_flatten((args, kwargs))
    tensors = [value for value in everything if isinstance(value, torch.Tensor)]
    there = [value for value in tensors if isinstance(value, There)]
    if there and func._schema.name not in MOVES and any(one.dim() for one in tensors if not isinstance(one, There)):
        raise RuntimeError(f"Expected all tensors to be on the same device, but {func} got some on {NAME} and on cpu.")
    wanted = [value for value in everything if isinstance(value, torch.device)]
    stays = wanted[0].type == NAME if wanted else bool(there)

    def without(value: Any) -> Any:
        if isinstance(value, There):
            return value.held
        return torch.device("cpu") if isinstance(value, torch.device) else value

    own = {id(one.held): one for one in there}

    def back(value: Any) -> Any:
        if not stays or not isinstance(value, torch.Tensor):
            return value
        return own[id(value)] if id(value) in own else There(value)

    args, kwargs = tree_map(without, (args, kwargs))
    return tree_map(back, func(*args, **kwargs))

"""Which device to compute on."""

from __future__ import annotations

import torch


def best_device() -> torch.device:
    """A CUDA GPU when there is one, then Apple's, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def keep_full_precision(device: torch.device) -> None:
    """Have convolutions on a CUDA GPU take float32 as it is, from now on: by default they round it to 10 bits (TF32).

    An exact experiment would differ in the third digit.
    """
    if device.type == "cuda":
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False

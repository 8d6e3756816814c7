"""Where and how a run computes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch

from zfnet_core.training.processes import Processes


@dataclass(frozen=True)
class Machine:
    """Where and how to compute. `half`: bfloat16 products under float32 weights."""

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    half: bool = False
    processes: Processes = field(default_factory=Processes)

    def wait(self) -> None:
        """Until everything that was asked of the device is computed, so that a clock tells the truth."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def autocast(self) -> torch.autocast:
        """The context of every forward pass."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.half)


def has_fast_half(device: torch.device) -> bool:
    """Whether bfloat16 is faster than float32 here (GPUs since Ampere; processors with instructions for it)."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and any(flag in cpuinfo.read_text() for flag in (" avx512_bf16", " amx_bf16", " bf16"))

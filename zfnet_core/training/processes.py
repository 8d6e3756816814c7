"""One training run in several processes (`torchrun`), with the same result as in one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

PATIENCE = timedelta(hours=12)  # the others wait while the first one decodes photos and asks the teacher


@dataclass(frozen=True)
class Processes:
    """This process is number `rank` of `count`."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes files and speaks."""
        return self.rank == 0

    def part(self, batch: int) -> slice:
        """The share of a batch that this process works on."""
        share = batch // self.count
        return slice(self.rank * share, (self.rank + 1) * share)

    def wait(self) -> None:
        """Go on only when all processes are here."""
        if self.count > 1:
            distributed.barrier()

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Sum of `values` over all processes."""
        if self.count > 1:
            values = values.clone()
            distributed.all_reduce(values)
        return values


def join(device: torch.device) -> Processes:
    """Join the other processes that `torchrun` started; alone without it."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Processes()
    backend = "nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=PATIENCE)
    return Processes(distributed.get_rank(), count)


class _Sum(torch.autograd.Function):
    """Sum over processes; its gradient is the sum of all processes' gradients."""

    @staticmethod
    def forward(ctx: object, values: torch.Tensor) -> torch.Tensor:
        values = values.clone()
        distributed.all_reduce(values)
        return values

    @staticmethod
    def backward(ctx: object, gradient: torch.Tensor) -> torch.Tensor:
        gradient = gradient.clone()
        distributed.all_reduce(gradient)
        return gradient


class SharedBatchNorm(_BatchNorm):
    """Batch norm whose statistics are those of the whole batch, on any device (torch's own needs a GPU)."""

    def _check_input_dim(self, input: torch.Tensor) -> None:
        """Maps and vectors alike."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[N, C, H, W] or [N, C] → the same shape."""
        if not self.training:
            return super().forward(x)
        values = x.float()
        others, shape = [0, *range(2, x.dim())], [1, -1, *[1] * (x.dim() - 2)]
        count = values.new_tensor([values.numel() / values.shape[1]])
        sums = _Sum.apply(torch.cat([values.sum(others), values.square().sum(others), count]))
        count, (mean, square) = sums[-1], (sums[:-1] / sums[-1]).chunk(2)
        variance = (square - mean.square()).clamp_min(0)
        assert self.running_mean is not None and self.running_var is not None and self.momentum is not None
        assert self.num_batches_tracked is not None
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
            self.num_batches_tracked += 1
        scale = self.weight * (variance + self.eps).rsqrt()
        shift = self.bias - mean * scale
        return (values * scale.view(shape) + shift.view(shape)).to(x.dtype)


def share_batch_norm(network: nn.Sequential) -> None:
    """Replace every batch norm by one that sees the batches of all processes; parameters stay the same objects."""
    for name, part in list(network.named_children()):
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            shared = SharedBatchNorm(part.num_features, part.eps, part.momentum)
            shared.weight, shared.bias = part.weight, part.bias
            shared.load_state_dict(part.state_dict())
            setattr(network, name, shared.to(part.weight.device))

"""Covered photos through the whole network in batches: for networks that branch, and for a single position."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from itertools import product

import torch

from zfnet_core.experiments.covering import Box, covered
from zfnet_core.models.graph import INPUT
from zfnet_core.models.network import Network

MACS_BETWEEN_PAUSES = 6e9
FLOATS_PER_UNIT = 4
"""Inputs and outputs around the largest layer, for sizing batches on a GPU."""


class FullPasses:
    """The same questions as `IncrementalNetwork` answers, by running every covered photo from the first layer."""

    def __init__(self, network: Network, image: torch.Tensor, fill: torch.Tensor, totals_of: str) -> None:
        self.network, self.totals_of = network, totals_of
        self.image, self.fill = image.to(network.device), fill.to(network.device)
        self.positions_in_a_block = self._batch = _batch(network)
        self._last_reader = {name: step.name for step in network.steps for name in step.inputs}

    def prepare(self) -> Generator[None, None, None]:
        """The clean pass."""
        yield
        self.clean_logits, self.clean_totals = self._run(self.image)

    def block(
        self, tops: Sequence[int], lefts: Sequence[int], height: int, width: int
    ) -> Generator[None, None, tuple[torch.Tensor, torch.Tensor]]:
        """Logits [P, classes] and map totals [P, maps] for P = tops × lefts; pauses after each batch."""
        boxes = [Box(int(top), int(left), height, width) for top, left in product(tops, lefts)]
        logits, totals = [], []
        for first in range(0, len(boxes), self._batch):
            images = torch.cat([covered(self.image, self.fill, box) for box in boxes[first : first + self._batch]])
            for results, result in zip((logits, totals), self._run(images), strict=True):
                results.append(result)
            yield
        return torch.cat(logits), torch.cat(totals)

    def head(self, features: torch.Tensor) -> Generator[None, None, torch.Tensor]:
        """Class probabilities of logits [P, classes]."""
        yield
        return features.float().softmax(dim=1)

    def _run(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        values = {INPUT: images.contiguous(memory_format=torch.channels_last)}
        totals = None
        for step in self.network.steps:
            values[step.name] = step.run(*(values[name] for name in step.inputs))
            if step.name == self.totals_of:
                totals = values[step.name].float().sum(dim=(2, 3))
            for name in step.inputs:
                if self._last_reader[name] == step.name:
                    values.pop(name, None)
        return values[self.network.steps[-1].name], totals


def _batch(network: Network) -> int:
    """As many photos as take a tenth of a second or two on one CPU core, or fill half of a GPU's free memory."""
    if network.device.type == "cuda":
        largest = max(math.prod(step.shape) for step in network.steps)
        free_bytes, _ = torch.cuda.mem_get_info(network.device)
        return max(1, min(512, int(free_bytes / 2 / (FLOATS_PER_UNIT * 4 * largest))))
    return max(1, int(MACS_BETWEEN_PAUSES / network.macs))

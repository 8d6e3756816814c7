"""Covered photos through the whole network in batches: for networks that branch, and for a single position."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import product

import torch

from zfnet_core.exhibits.occlusion.occluder import Occluder, covered
from zfnet_core.forward.batching import photos_per_step
from zfnet_core.forward.interpreter import run
from zfnet_core.models.network import Network


class FullPasses:
    """The same questions as `IncrementalNetwork` answers, by running every covered photo from the first layer."""

    def __init__(self, network: Network, image: torch.Tensor, fill: torch.Tensor, totals_of: str) -> None:
        self.network, self.totals_of = network, totals_of
        self.image, self.fill = image.to(network.device), fill.to(network.device)
        self.positions_in_a_block = self._batch = photos_per_step(network)

    def prepare(self) -> Generator[None, None, None]:
        """The clean pass; the features that `head` reads are the logits."""
        yield
        self.clean_features, self.clean_totals = self._run(self.image)

    def block(
        self, tops: Sequence[int], lefts: Sequence[int], height: int, width: int
    ) -> Generator[None, None, tuple[torch.Tensor, torch.Tensor]]:
        """Logits [P, classes] and map totals [P, maps] for P = tops × lefts; pauses after each batch."""
        places = [Occluder(int(top), int(left), height, width) for top, left in product(tops, lefts)]
        logits: list[torch.Tensor] = []
        totals: list[torch.Tensor] = []
        for first in range(0, len(places), self._batch):
            images = torch.cat([covered(self.image, self.fill, place) for place in places[first : first + self._batch]])
            for results, result in zip((logits, totals), self._run(images), strict=True):
                results.append(result)
            yield
        return torch.cat(logits), torch.cat(totals)

    def head(self, features: torch.Tensor) -> Generator[None, None, torch.Tensor]:
        """Class probabilities of logits [P, classes]."""
        yield
        return features.float().softmax(dim=1)

    def _run(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        logits = self.network.steps[-1].name
        found = {step.name: value for step, value, _ in run(self.network, images, {self.totals_of, logits})}
        return found[logits], found[self.totals_of].float().sum(dim=(2, 3))

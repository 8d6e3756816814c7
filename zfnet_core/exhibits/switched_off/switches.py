"""Feature maps set to zero or doubled, and which of them a class rests on.

A map is multiplied everywhere by one factor after its ReLU; everything above sees the change. What comes out is exact:
the network with that map changed, not an estimate from gradients.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.switched_off.forward_from import forward_from
from zfnet_core.forward.trace import Trace
from zfnet_core.language import phrase

OFF, DOUBLE = 0.0, 2.0
NUMBERS_AT_ONCE = 6_000_000  # of one portion's largest activation
MULTIPLY_ADDS_AT_ONCE = 5e9  # of one portion: some 0.2 s on one core


@dataclass(frozen=True)
class Settings:
    """`layer`, and by number the factor of each map in it that is changed: 0 switches it off, 2 doubles it."""

    layer: str
    factors: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Answer:
    """Probabilities [classes] before and with the change, and the scores [classes] they come from."""

    settings: Settings
    before: np.ndarray
    after: np.ndarray
    scores_before: np.ndarray
    scores_after: np.ndarray


@dataclass(frozen=True, eq=False)
class Ranking:
    """What each map of a layer is worth to a class: `fall` [maps], by how much the class's probability falls without
    it (negative: it rises), and `score_fall` [maps] of its score. Not a number while not known."""

    layer: str
    class_index: int
    probability: float
    fall: np.ndarray
    score_fall: np.ndarray
    answers: np.ndarray

    @property
    def done(self) -> float:
        """The share of maps that are known, 0…1."""
        return float(np.isfinite(self.fall).mean())

    @property
    def order(self) -> np.ndarray:
        """Maps by number, those it needs most first; unknown ones last."""
        return np.argsort(-np.where(np.isfinite(self.fall), self.fall, -np.inf), kind="stable")


def answer(trace: Trace, settings: Settings) -> Answer:
    """The answer to the photo of `trace` (of one image) with some maps of a layer changed.

    Raises UnknownName for a layer or map that is not there.
    """
    activation = trace.activation(settings.layer)
    factors = torch.ones(activation.shape[1], device=activation.device)
    for number, factor in settings.factors.items():
        if not 0 <= number < len(factors):
            raise UnknownName(
                phrase(
                    "{layer} has no map {map}; it has maps 0 to {last}.",
                    layer=settings.layer,
                    map=number,
                    last=len(factors) - 1,
                )
            )
        factors[number] = factor
    scores = forward_from(trace, settings.layer, activation * _along(factors, activation))[0]
    before = trace.outputs[trace.network.steps[-1].name][0].float()
    return Answer(settings, _shares(before), _shares(scores), before.cpu().numpy(), scores.cpu().numpy())


def ranking(trace: Trace, layer: str, class_index: int) -> Iterator[Ranking]:
    """Switch off every map of a layer in turn, many of them in one pass; growing results, strongest maps first.

    A map that is silent on this photo changes nothing and costs nothing. Raises UnknownName.
    """
    activation = trace.activation(layer)
    before = trace.outputs[trace.network.steps[-1].name][0].float()
    probability, score = float(before.softmax(0)[class_index]), float(before[class_index])
    strength = activation[0].abs().flatten(1).sum(1) if activation.dim() == 4 else activation[0].abs()
    maps = len(strength)
    fall, score_fall, answers = np.full(maps, np.nan), np.full(maps, np.nan), np.full(maps, -1)
    silent = (strength == 0).cpu().numpy()
    fall[silent], score_fall[silent], answers[silent] = 0.0, 0.0, int(before.argmax())
    todo = [number for number in torch.argsort(strength, descending=True).tolist() if not silent[number]]
    size = _portion(trace, layer)
    for start in range(0, len(todo), size):
        some = todo[start : start + size]
        changed = activation.repeat(len(some), *[1] * (activation.dim() - 1))
        changed[range(len(some)), some] = 0
        scores = forward_from(trace, layer, changed)
        fall[some] = probability - scores.softmax(1)[:, class_index].cpu().numpy()
        score_fall[some] = score - scores[:, class_index].cpu().numpy()
        answers[some] = scores.argmax(1).cpu().numpy()
        yield Ranking(layer, class_index, probability, fall.copy(), score_fall.copy(), answers.copy())
    if not todo:
        yield Ranking(layer, class_index, probability, fall, score_fall, answers)


def _portion(trace: Trace, layer: str) -> int:
    """How many changed maps go through the rest of the network at once."""
    steps = trace.network.steps
    start = next(place for place, step in enumerate(steps) if step.name == trace.network.layer(layer).step)
    largest = max(math.prod(step.shape) for step in steps[start:])
    multiply_adds = sum(step.macs for step in steps[start + 1 :])
    return max(1, min(NUMBERS_AT_ONCE // largest, int(MULTIPLY_ADDS_AT_ONCE // max(1, multiply_adds))))


def _along(factors: torch.Tensor, activation: torch.Tensor) -> torch.Tensor:
    return factors.view(1, -1, *[1] * (activation.dim() - 2))


def _shares(scores: torch.Tensor) -> np.ndarray:
    return scores.softmax(0).cpu().numpy()

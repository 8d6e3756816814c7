"""How dark a photo may become before the network changes its mind."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from zfnet_core.models.network import Network


@dataclass(frozen=True)
class Settings:
    """`steps` brightnesses from 1 (the photo) down to 0 (black)."""

    steps: int = 6


@dataclass(frozen=True, eq=False)
class Result:
    """For each brightness looked at so far: the probability of the class `class_index`, float32 [n]."""

    settings: Settings
    class_index: int
    brightness: np.ndarray
    probability: np.ndarray


@torch.inference_mode()
def compute(network: Network, image: torch.Tensor, settings: Settings) -> Iterator[Result]:
    """Growing results for one input [1, 3, H, W]; the class is the photo's own most probable one."""
    black = network.preprocessing.normalise(torch.zeros_like(image))
    levels = np.linspace(1, 0, settings.steps, dtype=np.float32)
    found: list[float] = []
    class_index = 0
    for level in levels:
        logits = network.module(black + float(level) * (image - black))
        if not found:
            class_index = int(logits.argmax())
        found.append(float(logits.softmax(dim=1)[0, class_index]))
        yield Result(settings, class_index, levels[: len(found)], np.array(found, np.float32))


def table_csv(result: Result) -> str:
    """What is saved: one row for each brightness."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["brightness", "probability"])
    writer.writerows(zip(result.brightness.tolist(), result.probability.tolist(), strict=True))
    return file.getvalue()

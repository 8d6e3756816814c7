"""The three panels Fig. 6(a–c): first-layer filters of runs in the paper's own manner (§3), inputs of about ±128.

(a) ZFNet without rescaling filters whose RMS exceeds 0.1, (b) AlexNet with it, (c) ZFNet with it. One small file holds
the filters and what each run was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from zfnet_core.assets import ASSETS
from zfnet_core.files import replaced
from zfnet_core.paper import values as paper_values
from zfnet_core.paper.values import Claim

BUNDLED = ASSETS / "figure_6.safetensors"
MID_GREY = 128
LETTERS = ("a", "b", "c")


@dataclass(frozen=True, eq=False)
class Panel:
    """One panel. `filters` float32 [F, 3, k, k]; `run` says how they were trained: network, rms_limit, epochs, px,
    train_photos, and where they are known val_top1 (on val_photos photos) and `largest_rms`, pairs of a step and the
    largest RMS of a filter after it."""

    letter: str
    filters: np.ndarray
    run: Mapping[str, Any]

    @property
    def rms(self) -> np.ndarray:
        """Root mean square of each filter's weights [F]."""
        return np.sqrt((self.filters.astype(np.float64) ** 2).mean(axis=(1, 2, 3)))

    @property
    def dominance(self) -> float:
        """The strongest filter's RMS as a multiple of the median one (our measure of ‘one filter dominates’)."""
        rms = self.rms
        return float(rms.max() / np.median(rms))

    @property
    def limit_acts_from(self) -> int | None:
        """The first step after which a filter was at the run's limit (within 1 %); None if none was, or unknown."""
        limit = self.run.get("rms_limit")
        at = [step for step, largest in self.run.get("largest_rms", ()) if limit and largest >= 0.99 * limit]
        return min(at, default=None)

    @property
    def claim(self) -> Claim:
        """What the paper sees in its own panel of this letter."""
        return paper_values.claim("figure-6", f"panel {self.letter}")

    def pictures(self) -> np.ndarray:
        """The filters as uint8 [F, k, k, 3] on one common scale, so that a dominating filter is seen to dominate.

        Zero is mid-grey; the largest weight of the panel is black or white.
        """
        values = self.filters.transpose(0, 2, 3, 1) / max(float(np.abs(self.filters).max()), 1e-12)
        return np.rint(MID_GREY + values * np.where(values < 0, MID_GREY, 255 - MID_GREY)).clip(0, 255).astype(np.uint8)


def save(panels: Mapping[str, Panel], path: Path) -> None:
    """Write the panels as float16."""
    tensors = {letter: np.ascontiguousarray(panel.filters.astype(np.float16)) for letter, panel in panels.items()}
    with replaced(path) as place:
        save_file(tensors, place, {letter: json.dumps(dict(panel.run)) for letter, panel in panels.items()})
        place.chmod(0o644)  # the library keeps its files to their owner


def load(path: Path = BUNDLED) -> dict[str, Panel]:
    """The panels that are there, by letter; none while the file is missing."""
    if not path.exists():
        return {}
    with safe_open(path, "numpy") as file:
        about = file.metadata() or {}
        return {
            letter: Panel(letter, file.get_tensor(letter).astype(np.float32), json.loads(about[letter]))
            for letter in sorted(file.keys())
        }

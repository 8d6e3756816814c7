"""How much the measures of Fig. 6 differ by chance: short runs of each network with other random numbers only.

One long run of each network stands behind the bundled pair, so nothing in it tells whether a difference is the
networks' or that of two throws of the dice. The short runs tell: of each measure there are several values for the same
network. A difference between two single runs counts only beyond `least_difference`. Whether runs as long as the pair's,
by the pair's recipe, scatter as much is not known; wherever the values are quoted, what the runs were is, too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from zfnet_core.assets import ASSETS
from zfnet_core.files import replaced
from zfnet_core.paper.chance import critical

BUNDLED = ASSETS / "random_starts.json"


@dataclass(frozen=True)
class RandomStarts:
    """`measured` holds, for each network (“ZFNet”, “AlexNet”) and measure, one value of each start (shares, 0…1).

    All runs were `epochs` long, over `train_photos` photos of `classes` classes at `px` pixels, stage by stage.
    """

    measured: Mapping[str, Mapping[str, tuple[float, ...]]]
    epochs: int
    px: tuple[int, ...]
    train_photos: int
    classes: int

    def values(self, key: str) -> Mapping[str, tuple[float, ...]]:
        """A measure's values by network, of each start one; empty where it was not measured."""
        return {name: values[key] for name, values in self.measured.items() if key in values}

    def deviation(self, key: str) -> float | None:
        """The standard deviation between starts of one network, pooled over the networks.

        None if unknown, also where all starts gave the same: that a count has not moved is no proof that it cannot.
        """
        pooled = self._pooled(key)
        return math.sqrt(pooled[0] / pooled[1]) if pooled else None

    def least_difference(self, key: str) -> float:
        """What two single runs of networks that do not differ have between them in `CHANCE_PERCENT` of cases or fewer.

        Student's t times √2 deviations, which takes the scatter to be normal and alike in both networks; 0 if unknown.
        """
        pooled = self._pooled(key)
        return critical(pooled[1]) * math.sqrt(2 * pooled[0] / pooled[1]) if pooled else 0.0

    def _pooled(self, key: str) -> tuple[float, int] | None:
        """The sum of squares about each network's mean, and its degrees of freedom."""
        several = [np.array(values) for values in self.values(key).values() if len(values) > 1]
        squares = sum(float(np.square(values - values.mean()).sum()) for values in several)
        return (squares, sum(len(values) - 1 for values in several)) if squares > 0 else None


def save(starts: RandomStarts, path: Path) -> None:
    """Write the values for people to read, too."""
    with replaced(path) as place:
        place.write_text(json.dumps(asdict(starts), indent=1) + "\n")
    load.cache_clear()


@cache
def load(path: Path = BUNDLED) -> RandomStarts | None:
    """What `save` wrote; None while the file is missing."""
    if not path.exists():
        return None
    told = json.loads(path.read_text())
    measured = {name: {key: tuple(of) for key, of in found.items()} for name, found in told["measured"].items()}
    return RandomStarts(**{**told, "measured": measured, "px": tuple(told["px"])})

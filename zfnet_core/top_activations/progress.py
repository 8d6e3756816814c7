"""How far a search is, whoever carries it out."""

from __future__ import annotations

import time
from dataclasses import dataclass

from zfnet_core.top_activations.strongest import TopActivations


@dataclass(frozen=True)
class Progress:
    """How far a search is. `result` is there when it is complete.

    `photos_per_s` and `seconds_left` speak of this session, without what an earlier one had done; they are None before
    the first batch. `broken` counts photos that could not be decoded.
    """

    photos: int
    total: int
    broken: int = 0
    photos_per_s: float | None = None
    result: TopActivations | None = None

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the rate so far."""
        return (self.total - self.photos) / self.photos_per_s if self.photos_per_s else None


def complete(answer: TopActivations) -> Progress:
    """The last report of a search."""
    return Progress(answer.settings.photos, answer.settings.photos, len(answer.broken), result=answer)


class Clock:
    """Counts the photos of a search that goes on from `before`."""

    def __init__(self, before: TopActivations) -> None:
        self._before, self._total, self._broken = before.photos_done, before.settings.photos, len(before.broken)
        self._seen, self._start = 0, time.perf_counter()

    def after(self, photos: int, broken: int) -> Progress:
        """The report after so many more photos, of which so many were broken."""
        self._seen, self._broken = self._seen + photos, self._broken + broken
        rate = self._seen / max(1e-9, time.perf_counter() - self._start)
        return Progress(self._before + self._seen, self._total, self._broken, rate)

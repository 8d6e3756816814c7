"""What the start page is about: a photo in a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ui.shell.current import Current
from zfnet_core.exhibits.start import Settings, ThreePictures, of_trace
from zfnet_core.forward.trace import Trace
from zfnet_core.models.network import Network
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.images import Crop, shown
from zfnet_core.serving.cache_budget import Cache
from zfnet_core.serving.scheduler import Scheduler

_found: Cache[ThreePictures] = Cache()


@dataclass(frozen=True, eq=False)
class Question:
    """The photo as it went through the network."""

    current: Current
    trace: Trace
    settings: Settings

    @property
    def photo(self) -> np.ndarray:
        """What the network sees, uint8 [input_px, input_px, 3]."""
        return shown(self.current.photo, self.trace.network.preprocessing, self.current.crop)


def resolve(current: Current, trace_of: Callable[[Network, Photo, Crop], Trace]) -> Question:
    """The question of this run."""
    return Question(current, trace_of(current.network, current.photo, current.crop), Settings())


def found(question: Question, scheduler: Scheduler) -> ThreePictures:
    """The three pictures, made once for everybody who asks for the same."""
    key = (question.trace.network.uid, question.current.photo_key)
    return _found.get_or_make(key, lambda: scheduler.run(of_trace, question.trace, question.settings))

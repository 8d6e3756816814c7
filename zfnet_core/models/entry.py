"""What the zoo knows of a network before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from torch import nn

from zfnet_core.models import downloads
from zfnet_core.photos.preprocessing import Preprocessing

LayerSteps = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Entry:
    """One network of the zoo.

    `origin` tells where its weights come from: bundled with the project (“digits”: those that only know digits, which
    no experiment on photos is made with unasked), published by pytorchcv or torchvision under
    the name `published` and downloaded once, or none (random numbers, as a control). `family` is the architecture's
    name in the lessons. `build` takes `classes`, for towers also `units` and `batch_norm`; `classifier` is the name of
    the last layer's module.
    """

    name: str
    title: str
    family: str
    origin: Literal["bundled", "digits", "pytorchcv", "torchvision", "none"]
    build: Callable[..., nn.Module]
    layers: Callable[[nn.Module], LayerSteps]
    published: str = ""
    classifier: str = "fc8"
    preprocessing: Preprocessing = field(default_factory=Preprocessing)

    @property
    def source(self) -> downloads.Source | None:
        """Where its weights are downloaded from; None for weights that are bundled or random."""
        if self.origin == "pytorchcv":
            return downloads.pytorchcv_source(self.published)
        return downloads.torchvision_source(self.published) if self.origin == "torchvision" else None

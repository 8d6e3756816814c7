"""Everything that decides what a training run does: written into the run directory, read back to resume."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from torch import nn

from zfnet_core.errors import CheckpointError, UnknownName
from zfnet_core.language import phrase
from zfnet_core.models.alexnet import alexnet_convs
from zfnet_core.models.tower import ConvSpec, tower
from zfnet_core.models.zfnet import zfnet_convs
from zfnet_core.photos.preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing

CONVS: dict[str, Callable[[], tuple[ConvSpec, ...]]] = {"zfnet": zfnet_convs, "alexnet": alexnet_convs}
FAMILIES = {"zfnet": "ZFNet", "alexnet": "AlexNet"}


@dataclass(frozen=True)
class Recipe:
    """One training run. The defaults are our choices; the paper's own are given where it states them.

    `without` are the numbers of layers left out of `network`, `maps` the feature maps of its five convolutional layers
    if they are others than its own, `units` those of the fully connected layers that it keeps.
    `stages` are (epochs, side of the training pictures in pixels), one after the other. A learning-rate cycle is a
    linear warm-up to `peak_rate` over its first `warmup`, then half a cosine down to zero. `cycles` are (epochs, peak
    rate) of several cycles (Loshchilov & Hutter 2017); empty: one over the whole run. `crop_areas` are the random
    crops' shares of a photo's area, one pair per stage (the last one goes on): smaller crops at the end show objects
    about as large as they are at the size of use. `balance` b draws a photo of a class of n photos with weight n^−b.
    `pooled_head` is the weight of a second, purely linear classifier on the averaged layer-5 maps, which teaches the
    convolutions while the fully connected layers drop out; it is not exported. `first_layer_std` is the paper's 10⁻²,
    which it takes for all layers (`weight_std`; None: by the number of inputs, He et al. 2015); `first_layer_decay`
    is stronger than the rest so that nothing of the random start survives in layer 1. `rms_limit` clips the filters
    of the convolutions as in §3 of the paper (0.1 there, for inputs of ±128); None does not. What begins with
    `settle` belongs to the last step, in which batch statistics and the fully connected layers are settled at the
    size of use, the statistics on `statistics_photos`. `last_jitter` is the colour jitter of the last stage (None: as
    before). `begin_with` names a network of the zoo whose weights are gone on with, as far as the classes allow.

    `teacher` is the network whose probabilities are learnt instead of the folders' names: a name that `teachers` knows,
    or a file of them; "" learns the names. It looks once at `views` random crops of every photo, of `view_area`; every
    second one is a blend of two photos, of which the first has `blend_share`. `canvas_px` presses the training photos
    into squares of that side, so that whole batches are cut at once; 0 cuts each photo by itself, antialiased.
    `full_batch_norm` puts a batch norm after fc6 and fc7, too. `notes` say what happened to a run that no number here
    tells.
    """

    network: str = "zfnet"
    units: tuple[int, ...] = (256, 256)
    without: tuple[int, ...] = ()
    maps: tuple[int, ...] | None = None
    batch_norm: bool = True
    full_batch_norm: bool = False
    begin_with: str = ""
    teacher: str = ""
    views: int = 12
    view_area: tuple[float, float] = (0.15, 1.0)
    blend_share: tuple[float, float] = (0.4, 1.0)
    canvas_px: int = 0
    stages: tuple[tuple[int, int], ...] = ((6, 80), (4, 96), (2, 112))
    batch: int = 64
    peak_rate: float = 0.05
    cycles: tuple[tuple[int, float], ...] = ()
    warmup: float = 0.15
    momentum: float = 0.9
    weight_decay: float = 5e-4
    first_layer_decay: float = 5e-3
    first_layer_std: float = 0.01
    weight_std: float | None = None
    dropout: float = 0.2
    label_smoothing: float = 0.1
    pooled_head: float = 1.0
    balance: float = 0.2
    crop_areas: tuple[tuple[float, float], ...] = ((0.2, 1.0), (0.2, 1.0), (0.1, 0.7))
    crop_ratio: tuple[float, float] = (0.75, 1.3333)
    jitter: float = 0.3
    last_jitter: float | None = None
    rms_limit: float | None = None
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    settle_px: int = 224
    settle_crop_area: tuple[float, float] = (0.35, 1.0)
    statistics_photos: int = 768
    settle_views: int = 2
    settle_epochs: int = 30
    checked_photos: int = 1000
    seed: int = 0
    notes: str = ""
    snapshots: tuple[int, ...] = field(default=(0, 1, 2, 5, 10, 20, 30, 40, 64))

    @property
    def epochs(self) -> int:
        """Epochs of all stages together."""
        return sum(epochs for epochs, _ in self.stages)

    @property
    def preprocessing(self) -> Preprocessing:
        """How a photo is prepared for the finished network."""
        return Preprocessing.at(self.settle_px, self.mean, self.std)

    def px_of(self, epoch: int) -> int:
        """Side in pixels of the training pictures in `epoch` (counted from 1)."""
        return self.stages[self._stage_of(epoch)][1]

    def crop_area_of(self, epoch: int) -> tuple[float, float]:
        """Smallest and largest random crop in `epoch`, as shares of the photo's area."""
        return self.crop_areas[min(self._stage_of(epoch), len(self.crop_areas) - 1)]

    def jitter_of(self, epoch: int) -> float:
        """How much colours are changed in `epoch`."""
        last = self._stage_of(epoch) == len(self.stages) - 1
        return self.last_jitter if last and self.last_jitter is not None else self.jitter

    def _stage_of(self, epoch: int) -> int:
        for number, (epochs, _) in enumerate(self.stages):
            if epoch <= epochs:
                return number
            epoch -= epochs
        return len(self.stages) - 1

    def checked_px(self, epoch: int) -> int:
        """Size of the pictures on which `epoch` is judged: 4/3 of the training size, at most the size of use.

        Random crops enlarge objects, so a network likes whole pictures to be somewhat larger than its training crops.
        """
        return min(self.settle_px, round(self.px_of(epoch) / 12) * 16)

    def build(self, classes: int) -> nn.Sequential:
        """The untrained network for `classes` classes, dropout as in the recipe."""
        if self.network not in CONVS:
            raise UnknownName(
                phrase(
                    "There is no network {network} to train; choose one of {convs}.",
                    network=self.network,
                    convs=", ".join(CONVS),
                )
            )
        convs = CONVS[self.network]()
        if self.maps is not None:
            convs = tuple(replace(spec, maps=maps) for spec, maps in zip(convs, self.maps, strict=True))
        kept = [number for number in range(1, 6) if number not in self.without]
        full = [number for number in (6, 7) if number not in self.without]
        return tower(
            [convs[number - 1] for number in kept],
            self.units,
            classes,
            batch_norm=self.batch_norm,
            full_batch_norm=self.full_batch_norm,
            dropout=self.dropout,
            numbers=[*kept, *full],
        )

    def to_json(self) -> str:
        """As text; `from_json` gives the same recipe again."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read what `to_json` wrote. Raises CheckpointError for anything else."""
        try:
            given = json.loads(text)
            unknown = sorted(given.keys() - {one.name for one in fields(cls)})
        except (ValueError, AttributeError) as error:
            raise CheckpointError(
                phrase("The recipe is not a JSON object of a recipe's fields; write it again.")
            ) from error
        if unknown:
            raise CheckpointError(
                phrase(
                    "The recipe has the unknown field {unknown}; it may come from another version: take it out.",
                    unknown=", ".join(unknown),
                )
            )
        return cls(**{key: _frozen(value) for key, value in given.items()})

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """Read a recipe file. Raises CheckpointError if it is none."""
        try:
            return cls.from_json(path.read_text())
        except (OSError, UnicodeDecodeError) as error:
            raise CheckpointError(phrase("{path} cannot be read; write the recipe again.", path=path)) from error


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value

"""What the occlusion page is about: a photo in a network, the occluder, and which class and map are followed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from ui.occlusion import scale
from ui.occlusion.fields import USUAL, Fields
from ui.occlusion.guesses import NO_GUESS, Guess, Guesses
from ui.shell.current import Current
from zfnet_core.exhibits.occlusion import Occluder, OcclusionSettings, keeps_all_classes, totals_layer
from zfnet_core.forward.trace import Trace
from zfnet_core.language import t
from zfnet_core.models.network import Layer, Network
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.images import CENTRE, Crop

STRONGEST = -1
FIRST, SECOND = "occlusion:first", "occlusion:second"
TraceOf = Callable[[Network, Photo, Crop], Trace]


@dataclass(frozen=True, eq=False)
class Question:
    """One living picture, whole: everything that its numbers, words and files depend on.

    `slot` is its place on the page, `trace` that of the untouched photo; `occluder` is where the occluder lies now, of
    the size in `settings`. `map` is one of `layer`. The learner's `guess` is asked for first if `predict` is set.
    `notes` say in a sentence each what was asked for and could not be used.
    """

    slot: str
    photo_name: str
    photo: Photo
    crop: Crop
    trace: Trace
    settings: OcclusionSettings
    occluder: Occluder
    class_index: int
    map: int
    predict: bool = False
    guess: Guess = NO_GUESS
    notes: tuple[str, ...] = ()

    @property
    def network(self) -> Network:
        """The network that looks at the photo."""
        return self.trace.network

    @property
    def image(self) -> torch.Tensor:
        """The network's input [1, 3, photo_px, photo_px]."""
        return self.trace.images

    @property
    def photo_px(self) -> int:
        """The side of what the network sees."""
        return self.image.shape[-1]

    @property
    def layer(self) -> Layer:
        """The layer whose maps are totalled."""
        return totals_layer(self.network)

    @property
    def label(self) -> str:
        """The name of the class that is followed."""
        return self.network.names[self.class_index]

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Of the untouched photo [classes]."""
        return self.trace.probabilities[0].cpu().numpy()

    @cached_property
    def totals(self) -> np.ndarray:
        """Total activation of every map of `layer` in the untouched photo [maps]."""
        return totals_of(self.trace)

    @property
    def title(self) -> str:
        """What the photo is called."""
        return self.photo.title

    @property
    def hidden(self) -> bool:
        """Whether the maps wait for the learner's guess."""
        return self.predict and not self.guess.revealed

    @property
    def picture_key(self) -> Hashable:
        """Identifies network, photo and crop; it keeps none of them alive."""
        return self.network.uid, self.photo.sha, self.crop

    @property
    def sweep_key(self) -> Hashable:
        """Identifies the sweep, for all visitors."""
        return self.picture_key, self.settings, self.follow

    @property
    def follow(self) -> tuple[int, ...]:
        """The class to keep in any case; none where the sweep keeps all, so that whoever follows another shares it."""
        return () if keeps_all_classes(self.network, self.settings) else (self.class_index,)

    @property
    def guess_key(self) -> Hashable:
        """Identifies what is guessed."""
        return self.picture_key, self.settings, self.class_index


def resolve(
    fields: Fields, current: Current, photos: Mapping[str, Photo], trace_of: TraceOf, guesses: Guesses
) -> tuple[Question, ...]:
    """The question about the page's photo and, if one of `photos` is chosen to stand beside it, about that one."""
    shown = [(FIRST, current.photo_name, current.photo, current.crop)]
    notes = []
    if fields.beside in photos:
        shown.append((SECOND, fields.beside, photos[fields.beside], CENTRE))
    elif fields.beside:
        notes.append(t("The photo that was to stand beside this one is not here; add it again."))
    return tuple(
        _resolved(fields, slot, name, photo, crop, trace_of(current.network, photo, crop), guesses, notes)
        for slot, name, photo, crop in shown
    )


def _resolved(
    fields: Fields,
    slot: str,
    name: str,
    photo: Photo,
    crop: Crop,
    trace: Trace,
    guesses: Guesses,
    notes: list[str],
) -> Question:
    network, layer, notes, side = trace.network, totals_layer(trace.network), list(notes), trace.images.shape[-1]
    height, width = (_length(asked, side) for asked in (fields.height, fields.width))
    if (fields.height or height, fields.width or width) != (height, width):
        notes.append(
            t(
                "An occluder of {asked_height} × {asked_width} px does not fit the photo of {side} px; {height} × "
                "{width} px are used.",
                asked_height=fields.height or height,
                asked_width=fields.width or width,
                side=side,
                height=height,
                width=width,
            )
        )
    stride = fields.stride if scale.suits(fields.stride, side) else scale.usual_step(side)
    if fields.stride not in (USUAL, stride):
        notes.append(
            t(
                "A step of {asked} px does not suit a photo of {side} px; {step} px are used.",
                asked=fields.stride,
                side=side,
                step=stride,
            )
        )
    at = fields.at or ((side - height) // 2, (side - width) // 2)
    if not all(0 <= asked < side for asked in at):
        row, column = at
        notes.append(
            t(
                "Row {row}, column {column} is outside the photo; the occluder was moved inside.",
                row=row,
                column=column,
            )
        )
    top, left = (min(max(asked, 0), side - length) for asked, length in zip(at, (height, width), strict=True))
    class_index, map = fields.class_index, fields.map
    if class_index >= len(network.labels):
        notes.append(
            t(
                "{network} has no class {number}; the one that it answers is followed.",
                network=network.title,
                number=class_index,
            )
        )
    if map >= layer.maps:
        notes.append(t("{layer} has no map {map}; its strongest one is followed.", layer=layer.name, map=map))
    question = Question(
        slot=slot,
        photo_name=name,
        photo=photo,
        crop=crop,
        trace=trace,
        settings=OcclusionSettings(height, width, stride, fields.fill),
        occluder=Occluder(top, left, height, width),
        class_index=class_index if 0 <= class_index < len(network.labels) else int(trace.probabilities[0].argmax()),
        map=map if 0 <= map < layer.maps else int(totals_of(trace).argmax()),
        predict=fields.predict,
        notes=tuple(notes),
    )
    return replace(question, guess=guesses.of(question.guess_key))


def _length(asked: int, side: int) -> int:
    """A side of the occluder: as asked, at least the smallest there is; the usual one if the photo is smaller."""
    usual = asked == USUAL or asked > side
    return scale.usual_side(side) if usual else max(asked, scale.smallest_side(side))


def totals_of(trace: Trace) -> np.ndarray:
    """Total activation of every map of the last layer of maps [maps]."""
    return trace.activation(totals_layer(trace.network).name)[0].sum(dim=(1, 2)).cpu().numpy()

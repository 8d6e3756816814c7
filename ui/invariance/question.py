"""What the invariance page is about, resolved once per run; and the curves for it, kept for everybody or growing."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import get_args

import torch

from ui.invariance.fields import Fields
from ui.shell import current, photo_set, shared_task
from ui.shell.current import Current
from zfnet_core.exhibits.invariance.curves import (
    Definition,
    InvarianceCurves,
    InvarianceSettings,
    invariance_curves,
)
from zfnet_core.exhibits.invariance.view import View
from zfnet_core.language import t
from zfnet_core.models.network import Network
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.framed import FramedPhoto, inputs
from zfnet_core.photos.transforms import TRANSFORMATIONS, Kind, Transformation
from zfnet_core.serving.tasks import Look, Work

SLOT = "invariance:curves"


@dataclass(frozen=True, eq=False)
class Question:
    """Which photos (by their names in the link) are changed how, which two layers are looked at by which distance, and
    which class index is followed where it is not each photo's answer; `step` is the handle's place.

    `notes` are sentences on what was asked for and could not be had.
    """

    network: Network
    photos: Mapping[str, FramedPhoto]
    settings: InvarianceSettings
    low: str
    high: str
    distance: Definition
    step: int
    chosen_classes: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def transformation(self) -> Transformation:
        """The kind of change."""
        return TRANSFORMATIONS[self.settings.kind]

    @property
    def titles(self) -> list[str]:
        """What each photo is called on screen."""
        return [photo.title for photo in self.photos.values()]

    @property
    def key(self) -> Hashable:
        """What the curves depend on."""
        return self.network.uid, tuple(photo.key for photo in self.photos.values()), self.settings

    @cached_property
    def images(self) -> torch.Tensor:
        """The photos as the network's input, [P, 3, input_px, input_px]."""
        return inputs(list(self.photos.values()), self.network.preprocessing)

    def view(self, curves: InvarianceCurves, styles: Sequence[int]) -> View:
        """What is looked at in the curves; a class that is not chosen is the untouched photo's answer (−1: unknown)."""
        followed = (
            self.chosen_classes.get(name, int(own))
            for name, own in zip(self.photos, curves.reference_answers, strict=True)
        )
        names, classes = tuple(self.titles), tuple(followed)
        return View(names, classes, tuple(styles), self.low, self.high, self.distance, self.step)


def resolve(fields: Fields, now: Current, photos: Mapping[str, Photo]) -> Question:
    """What the link asks for, with the usual in place of what cannot be had; `photos` are those there are, by name.

    Where the network has not the chosen layers: its first, and the one before its last.
    """
    network, usual = now.network, Fields()
    kind: Kind = fields.kind  # type: ignore[assignment]  # the field accepts no other
    transformation = TRANSFORMATIONS[kind]
    amounts = transformation.on(network.preprocessing.input_px, fields.fine)
    names = [layer.name for layer in network.layers]
    low = fields.low if fields.low in names else names[0]
    high = fields.high if fields.high in names else names[-2]
    found = photo_set.chosen(fields.photos, usual.photos, now, photos)
    notes = list(photo_set.missing(fields.photos, photos))
    notes += [
        t(
            "{network} has no layer “{layer}”; {shown} is shown instead.",
            network=network.title,
            layer=asked,
            shown=shown,
        )
        for asked, shown, default in ((fields.low, low, usual.low), (fields.high, high, usual.high))
        if asked not in (shown, default)
    ]
    usual_step = min(len(amounts) - 1, len(amounts) * 5 // 8)
    if fields.at >= len(amounts):
        notes.append(t("There are only {n} steps, counted from 0; the handle stands at the usual one.", n=len(amounts)))
    return Question(
        network,
        found,
        InvarianceSettings(kind, amounts, fields.border),  # type: ignore[arg-type]
        low,
        high,
        next(name for name in get_args(Definition) if name == fields.distance),
        fields.at if 0 <= fields.at < len(amounts) else usual_step,
        _classes(fields, now, found),
        tuple(notes),
    )


def _classes(fields: Fields, now: Current, photos: Mapping[str, FramedPhoto]) -> dict[str, int]:
    """The classes chosen for the photos; those chosen for another network do not count."""
    named = chosen_classes(fields, now.network)
    return {name: named[key] for name in photos if (key := class_name(name, now)) in named}


def class_name(photo: str, now: Current) -> str:
    """The photo's name beside a chosen class: the class stays with the photo, not with being the chosen one."""
    return now.photo_name if photo == photo_set.THIS else photo


def chosen_classes(fields: Fields, network: Network) -> dict[str, int]:
    """The classes chosen in the link, by the photos' names there: first the network's name, then each photo's name, a
    dot and the class index."""
    owner, *pairs = fields.classes.split() or [""]
    found = {}
    for photo, _, number in (pair.rpartition(".") for pair in pairs if owner == network.name):
        if number.isdecimal() and len(number) < 7 and int(number) < len(network.labels):
            found[photo] = int(number)
    return found


def with_class(fields: Fields, network: Network, photo: str, number: int | None) -> str:
    """The field `classes` with another class index for a photo; None: the untouched photo's answer."""
    found: dict[str, int | None] = {**chosen_classes(fields, network), photo: number}
    pairs = [f"{name}.{chosen}" for name, chosen in found.items() if chosen is not None]
    return " ".join([network.name, *pairs] if pairs else [])


def curves_of(question: Question) -> Look[InvarianceCurves]:
    """The curves as far as they are known; computed once for everybody."""
    scheduler = current.scheduler()

    def make() -> Work[InvarianceCurves]:
        lanes = scheduler.workers, scheduler.free_workers
        return partial(invariance_curves, question.network, question.images, question.settings, *lanes)

    return shared_task.look(SLOT, question.key, make)

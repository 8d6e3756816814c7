"""What the correspondence page is about, resolved once per run; and its measurement, kept for everybody or growing."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch

from ui.correspondence.fields import CHOSEN, Fields
from ui.correspondence.markers import Points
from ui.shell import photo_set, shared_task
from ui.shell.current import Current
from zfnet_core.exhibits.correspondence.measure import (
    PARTS,
    POOLED,
    Correspondence,
    CorrespondenceSettings,
    correspondence,
    feature_choices,
)
from zfnet_core.language import t
from zfnet_core.models.network import Network
from zfnet_core.photos import marked_faces
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.framed import FramedPhoto, inputs
from zfnet_core.serving.tasks import Look, Work

SLOT = "correspondence:measure"
STARTING = ((0.35, 0.4), (0.65, 0.4), (0.5, 0.62))
"""Where the marks of a photo of one's own stand before they are placed, as fractions of its width and height."""


@dataclass(frozen=True, eq=False)
class Question:
    """The photos, where their parts are, and what is measured.

    `marked` names the bundled set that the photos are of, empty for photos that were chosen; `about` says what they are
    worth; `unplaced` is the number of photos whose marks still stand where they started. `part` is the one whose pairs
    are shown. `notes` are sentences on what was asked for and could not be had.
    """

    network: Network
    photos: tuple[FramedPhoto, ...]
    settings: CorrespondenceSettings
    low: str
    high: str
    part: str
    marked: str
    about: str
    unplaced: int
    notes: tuple[str, ...]

    @property
    def points(self) -> Points:
        """The marks (x, y) in input pixels: of each photo, right eye, left eye and nose."""
        return tuple(tuple((int(x), int(y)) for x, y in photo) for photo in self.settings.points)

    @property
    def ready(self) -> bool:
        """Whether there is something to measure: two photos or more, and every one has its marks placed."""
        return len(self.photos) > 1 and not self.unplaced

    @property
    def titles(self) -> list[str]:
        """What each photo is called on screen."""
        return [photo.title for photo in self.photos]

    @property
    def key(self) -> Hashable:
        """What the measurement depends on."""
        return self.network.uid, tuple(photo.key for photo in self.photos), self.settings

    @cached_property
    def images(self) -> torch.Tensor:
        """The photos as the network's input, [P, 3, input_px, input_px]."""
        return inputs(self.photos, self.network.preprocessing)


def resolve(fields: Fields, now: Current, available: Mapping[str, Photo]) -> Question:
    """What the link asks for, with the usual in place of what cannot be had; `available` are the photos there are.

    Where the network has not the chosen layers: its last pooled one, and the one before its last.
    """
    notes: list[str] = []
    network, usual = now.network, Fields()
    size, names = network.preprocessing.input_px, feature_choices(now.network)
    starting = tuple((round(x * size), round(y * size)) for x, y in STARTING)
    if fields.faces == CHOSEN:
        photos = tuple(photo_set.chosen(fields.photos, usual.photos, now, available).values())
        points: Points = (starting,) * len(photos)
        about, marked = t("Drag the squares to the same parts of every photo."), ""
        notes += photo_set.missing(fields.photos, available)
    else:
        chosen, marked = marked_faces.face_set(fields.faces), fields.faces
        faces = marked_faces.load(fields.faces)
        photos = tuple(FramedPhoto(one.photo) for one in faces)
        found = (marked_faces.input_points(one, network.preprocessing) for one in faces)
        points = tuple(tuple((round(x), round(y)) for x, y in one) for one in found)
        about = t("{note} Photos: {credit}.", note=t(chosen.note), credit=chosen.credit)
    asked = fields.points
    if len(asked) == 2 * len(PARTS) * len(photos) and all(0 <= value < size for value in asked):
        points = tuple(tuple(map(tuple, one)) for one in np.reshape(asked, (len(photos), len(PARTS), 2)).tolist())
    elif asked:
        notes.append(t("The marks in this link do not fit these photos; the usual ones are shown instead."))
    pooled = [name for name in names if name.endswith(POOLED)] or list(names)
    low = fields.low if fields.low in names else pooled[-1]
    high = fields.high if fields.high in names else names[-2]
    notes += [
        t(
            "{network} has no layer “{layer}”; {shown} is shown instead.",
            network=network.title,
            layer=layer,
            shown=shown,
        )
        for layer, shown, default in ((fields.low, low, usual.low), (fields.high, high, usual.high))
        if layer not in (shown, default)
    ]
    return Question(
        network,
        photos,
        CorrespondenceSettings(points, tuple(dict.fromkeys((low, high))), side_px=fields.side, repeats=fields.repeats),
        low,
        high,
        fields.part,
        marked,
        about,
        0 if marked else sum(one == starting for one in points),
        tuple(notes),
    )


def measurement_of(question: Question) -> Look[Correspondence]:
    """The measurement as far as it is known, measured once for everybody; nothing before the question is ready."""
    if not question.ready:
        return Look(None, complete=True)

    def make() -> Work[Correspondence]:
        return partial(correspondence, question.network, question.images, question.settings)

    return shared_task.look(SLOT, question.key, make)

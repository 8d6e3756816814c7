"""What the comparison page is about, resolved once per run; and the measures for it, kept for everybody or growing."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial

import torch

from ui.comparison.fields import Fields
from ui.comparison.opponent import opponents
from ui.shell import current, shared_task
from ui.shell.current import Current
from zfnet_core.exhibits.comparison.comparison import Comparison, compare
from zfnet_core.exhibits.comparison.layer_pictures import LayerPictures, strongest_pictures
from zfnet_core.language import t
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.framed import FramedPhoto, inputs
from zfnet_core.photos.images import prepare, shown
from zfnet_core.serving.cache_budget import Cache
from zfnet_core.serving.tasks import Look

SLOT = "comparison:measure"
SAMPLES = ("chelsea", "coffee", "motorcycle")
PICTURES = 12

_pictures: Cache[LayerPictures] = Cache()


@dataclass(frozen=True, eq=False)
class Question:
    """Two networks on a few photos, of which the first is projected; `patches`: what lies there is shown instead.

    `names` are the networks that the first can be compared with, its partner first; `notes` are sentences on what was
    asked for and could not be had.
    """

    networks: tuple[Network, Network]
    names: tuple[str, ...]
    photos: tuple[FramedPhoto, ...]
    patches: bool
    notes: tuple[str, ...]

    @property
    def pair(self) -> tuple[str, str]:
        """The networks' names."""
        return self.networks[0].name, self.networks[1].name

    @property
    def key(self) -> Hashable:
        """What the measures depend on."""
        return *(network.uid for network in self.networks), *(photo.key for photo in self.photos)

    @property
    def images(self) -> torch.Tensor:
        """The photos as the first network sees them, [P, 3, input_px, input_px]."""
        return inputs(self.photos, self.networks[0].preprocessing)


def resolve(fields: Fields, now: Current, load: Callable[[str], Network]) -> Question:
    """What the link asks for, with the usual in place of what cannot be had; `load` finds the other network."""
    names = opponents(now.network)
    chosen = fields.versus if fields.versus in names else names[0]
    notes = []
    if fields.versus and chosen != fields.versus:
        notes.append(
            t(
                "{network} cannot be compared with “{other}”; its usual partner is shown.",
                network=now.network.title,
                other=fields.versus,
            )
        )
    photo = FramedPhoto(now.photo, now.crop)
    others = [FramedPhoto(samples.load(name)) for name in SAMPLES]
    photos = (photo, *(one for one in others if one.photo.sha != photo.photo.sha))[: len(SAMPLES)]
    return Question((now.network, load(chosen)), tuple(names), photos, fields.patches, tuple(notes))


def comparison_of(question: Question) -> Look[Comparison]:
    """The comparison as far as it is known; measured once for everybody."""
    return shared_task.look(SLOT, question.key, lambda: partial(compare, *question.networks, question.images))


def second_layer(question: Question) -> list[LayerPictures]:
    """What the second layer of each network sees in the first photo."""
    one, scheduler = question.photos[0], current.scheduler()

    def make(network: Network) -> LayerPictures:
        trace = scheduler.trace(network, one.key, lambda: prepare(one.photo, network.preprocessing, one.crop))
        pixels = shown(one.photo, network.preprocessing, one.crop)
        return scheduler.run(strongest_pictures, trace, pixels, network.layers[1].name, PICTURES)

    pair = question.networks
    return [_pictures.get_or_make((network.uid, one.key), partial(make, network), of=network) for network in pair]

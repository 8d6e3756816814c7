"""What the page is about, resolved once per run."""

from __future__ import annotations

from dataclasses import dataclass

from zfnet_core.exhibits.dimming import Settings

from ui.dimming.fields import Fields
from ui.shell.current import Current
from zfnet_core.models.network import Network
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.images import Crop


@dataclass(frozen=True, eq=False)
class Question:
    """A photo with its crop, a network, and how many brightnesses."""

    network: Network
    photo: Photo
    crop: Crop
    settings: Settings

    @property
    def key(self) -> tuple[object, ...]:
        """Whatever the result depends on."""
        return self.network.uid, self.photo.sha, self.crop, self.settings


def resolve(fields: Fields, current: Current) -> Question:
    """The question that the address asks."""
    return Question(current.network, current.photo, current.crop, Settings(fields.steps))

"""What the page is about: a photo in a network, a layer whose maps are changed, and the class that is followed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from ui.shell.current import Current
from ui.shell.own_classes import OwnClasses
from ui.switched_off.fields import Fields
from zfnet_core.exhibits.switched_off import DOUBLE, OFF, Settings
from zfnet_core.forward.trace import Trace
from zfnet_core.language import t
from zfnet_core.models.network import Network
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.framed import FramedPhoto
from zfnet_core.photos.images import Crop

SLOT, CLASS_SLOT = "switched_off:ranking", "switched_off:class"
MOST_PHOTOS = 8  # of a class, over which its maps are averaged
TraceOf = Callable[[Network, Photo, Crop], Trace]


@dataclass(frozen=True, eq=False)
class Question:
    """`settings` name the layer and its changed maps; `notes` say what was asked for and is not there.

    `view` is "photo", or "class" for the page of one class; `own` is what this visit knows of the classes, where the
    network was made in it.
    """

    photo: FramedPhoto
    trace: Trace
    settings: Settings
    class_index: int
    notes: tuple[str, ...] = ()
    view: str = "photo"
    own: OwnClasses | None = None

    @property
    def network(self) -> Network:
        """The network that looks at the photo."""
        return self.trace.network

    @property
    def label(self) -> str:
        """The name of the class that is followed."""
        return self.network.names[self.class_index]

    @property
    def gallery_of(self) -> Network:
        """The network whose gallery shows the maps: one that was made of another shares all of its maps."""
        return self.own.base if self.own else self.network

    @property
    def class_photos(self) -> tuple[Photo, ...]:
        """The photos of the class that are at hand, the first few; none for a network that was not made here."""
        return self.own.photos_of(self.class_index)[:MOST_PHOTOS] if self.own else ()

    @property
    def class_key(self) -> Hashable:
        """Whatever the maps of the class depend on."""
        shas = tuple(photo.sha for photo in self.class_photos)
        return self.network.uid, self.settings.layer, self.class_index, shas or self.photo.key

    @property
    def picture_key(self) -> Hashable:
        """Identifies network, photo, crop and layer."""
        return self.network.uid, self.photo.key, self.settings.layer

    @property
    def ranking_key(self) -> Hashable:
        """Whatever the ranking depends on."""
        return self.picture_key, self.class_index

    @property
    def answer_key(self) -> Hashable:
        """Whatever the answer depends on."""
        return self.picture_key, tuple(sorted(self.settings.factors.items()))


def layers_of(network: Network) -> tuple[str, ...]:
    """The layers whose maps can be switched: all but the last, which is the answer."""
    return tuple(layer.name for layer in network.layers[:-1])


def usual_layer(network: Network) -> str:
    """The last layer of maps: conv5 of AlexNet and ZFNet."""
    return [layer.name for layer in network.layers[:-1] if layer.spatial][-1]


def resolve(fields: Fields, current: Current, trace_of: TraceOf, own: OwnClasses | None = None) -> Question:
    """The question that the address asks."""
    trace, notes = trace_of(current.network, current.photo, current.crop), []
    network, layer = trace.network, fields.layer
    if layer not in layers_of(network):
        if layer:
            notes.append(t("{network} has no layer “{layer}” to be changed.", network=network.title, layer=layer))
        layer = usual_layer(network)
    maps = network.layer(layer).maps
    factors = dict.fromkeys(fields.off, OFF) | dict.fromkeys(fields.doubled, DOUBLE)
    kept = {number: factor for number, factor in factors.items() if number < maps}
    if len(kept) < len(factors):
        notes.append(t("{layer} has {n} maps; changes of others were left out.", layer=layer, n=maps))
    index = fields.class_index
    if index >= len(network.labels):
        notes.append(t("{network} has no class {n}; its own answer is followed.", network=network.title, n=index))
    best = int(trace.probabilities[0].argmax())
    return Question(
        FramedPhoto(current.photo, current.crop),
        trace,
        Settings(layer, kept),
        index if 0 <= index < len(network.labels) else best,
        tuple(notes),
        fields.view,
        own,
    )

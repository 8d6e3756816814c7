"""What the page is about: the classes as they are now, and which features of which network they are told apart by."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from ui.shell.current import Current
from ui.transfer.album import Album
from ui.transfer.fields import Fields
from zfnet_core.exhibits.transfer import Collection, Training, feature_layers, last_layer
from zfnet_core.language import t
from zfnet_core.models.network import Network
from zfnet_core.photos.framed import FramedPhoto

SLOT, CURVE_SLOT, SCRATCH_SLOT, LAYERS_SLOT = (f"transfer:{place}" for place in ("photos", "few", "scratch", "layers"))
TABLE_7 = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc7")


@dataclass(frozen=True, eq=False)
class Question:
    """`network` is the one below, also where one that was made of it here is chosen; `photo` the new one to be named.

    `ready`: all photos are looked at, and there are two classes with photos.
    """

    album: Album
    collection: Collection
    network: Network
    layer: str
    training: Training
    photo: FramedPhoto
    view: str
    map: str
    ready: bool
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> Hashable:
        """Whatever a classifier depends on."""
        return self.album.number, self.collection.key, self.network.uid, self.layer, self.training

    @property
    def names(self) -> tuple[str, ...]:
        """Of the classes that have photos."""
        return tuple(one.name for one in self.collection.taught)

    @property
    def table_layers(self) -> tuple[str, ...]:
        """The layers of Table 7 where the network has them, else up to six spread over all of its own."""
        layers = feature_layers(self.network)
        if set(TABLE_7) <= set(layers):
            return TABLE_7
        step = max(1, -(-len(layers) // 6))
        return tuple(reversed(layers[::-1][::step]))


def resolve(fields: Fields, current: Current, album: Album) -> Question:
    """The question that the address asks about the classes of this visit."""
    network, notes = current.network, []
    if network.name in album.made:
        network = album.made[network.name][0]
    layer = fields.layer
    if layer not in feature_layers(network):
        if layer:
            notes.append(
                t("{network} has no layer “{layer}”; its last one is used.", network=network.title, layer=layer)
            )
        layer = last_layer(network)
    collection = album.collection
    if fields.own and not collection.classes:
        notes.append(
            t("This link was made with somebody’s own classes. Photos are never part of a link: put your own in below.")
        )
    ready = len(collection.taught) > 1 and not album.waiting and not album.missing(network, layer)
    return Question(
        album,
        collection,
        network,
        layer,
        Training("svm" if fields.classifier == "svm" else "softmax"),
        FramedPhoto(current.photo, current.crop),
        fields.view,
        fields.map,
        ready,
        tuple(notes),
    )

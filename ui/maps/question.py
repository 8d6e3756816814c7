"""What the page is about: a map of a network, and a word that is looked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ui.maps.fields import Fields
from ui.shell import unit_choice
from ui.shell.chosen import ChosenUnit
from ui.shell.current import Current
from zfnet_core.exhibits.maps import Name, Settings, name_of, search
from zfnet_core.forward.trace import Trace
from zfnet_core.language import t
from zfnet_core.models.network import Layer, Network
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.images import Crop
from zfnet_core.top_activations.gallery import Gallery

TraceOf = Callable[[Network, Photo, Crop], Trace]


@dataclass(frozen=True, eq=False)
class Question:
    """`gallery` is None for a network without one: its maps have no names. `hits` are what the word finds."""

    current: Current
    trace: Trace
    layer: Layer
    map: int
    word: str
    gallery: Gallery | None
    name: Name | None
    hits: tuple[Name, ...]
    notes: tuple[str, ...] = ()

    @property
    def network(self) -> Network:
        """The network that looks at the photo."""
        return self.trace.network

    @property
    def settings(self) -> Settings:
        """The map."""
        return Settings(self.layer.name, self.map)


def resolve(
    fields: Fields,
    asked: ChosenUnit,
    current: Current,
    trace_of: TraceOf,
    gallery_of: Callable[[Network], Gallery | None],
) -> Question:
    """The question: what the fields ask for, or map 0 where the layer has no such map."""
    trace = trace_of(current.network, current.photo, current.crop)
    place, gallery = unit_choice.place(asked, trace), gallery_of(current.network)
    layer, map, notes = place.layer, fields.map, place.notes
    if map >= layer.maps:
        notes = (*notes, t("{layer} has no map {map}; map 0 is shown.", layer=layer.name, map=map))
        map = 0
    has = gallery is not None and layer.name in gallery.found.layers
    name = name_of(gallery, layer.name, map) if gallery is not None and has else None
    hits = search(gallery, fields.word) if gallery is not None else ()
    return Question(current, trace, layer, map, fields.word, gallery, name, hits, notes)

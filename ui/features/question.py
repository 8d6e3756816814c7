"""What the page is about: which maps of which layer, from which photos, drawn how."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ui.features.fields import Fields
from ui.shell import address
from ui.shell.current import Current
from zfnet_core.deconvnet.scaling import Scaling
from zfnet_core.exhibits.features import Ordered, Settings, Source, ordered
from zfnet_core.language import t
from zfnet_core.models.network import Layer

MAPS_A_PAGE = 16


@dataclass(frozen=True, eq=False)
class Question:
    """Part `page` (from 1) of the wall of a layer in an order, and the `map` that is looked at closely.

    `notes` has a sentence for each value that was asked for and could not be used.
    """

    now: Current
    source: Source
    layer: Layer
    order: str
    ordered: Ordered
    page: int
    map: int
    scaling: Scaling
    notes: tuple[str, ...] = ()

    @property
    def pages(self) -> int:
        """Number of parts of the wall."""
        return _pages(self.ordered)

    @property
    def settings(self) -> Settings:
        """The maps of this part of the wall."""
        return Settings(self.layer.name, self.ordered.maps[self._here], self.scaling)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The number beside each map of this part."""
        return self.ordered.numbers[self._here]

    @property
    def number(self) -> str:
        """The number beside the chosen map."""
        return self.ordered.numbers[self.ordered.maps.index(self.map)]

    @property
    def alone(self) -> Settings:
        """The chosen map by itself."""
        return Settings(self.layer.name, (self.map,), self.scaling)

    @property
    def _here(self) -> slice:
        return slice((self.page - 1) * MAPS_A_PAGE, self.page * MAPS_A_PAGE)


def layer_of(fields: Fields, source: Source) -> str:
    """The layer that is shown: the one asked for, or the first that was searched."""
    return fields.layer if fields.layer in source.layers else source.layers[0]


def resolve(
    fields: Fields,
    now: Current,
    source: Source,
    scaling: Scaling,
    *,
    unlike: np.ndarray | None = None,
    maxima: np.ndarray | None = None,
) -> Question:
    """The question that `fields` ask of `source`; `unlike` and `maxima` [maps] are as in `ordered`."""
    name, notes = layer_of(fields, source), []
    if name != fields.layer and fields.layer != address.default(Fields, "layer"):
        notes.append(
            t(
                "{network} has no layer “{asked}” that was searched; this is {layer}.",
                network=source.network.title,
                asked=fields.layer[:40],
                layer=name,
            )
        )
    order = ordered(source, name, fields.order, unlike=unlike, maxima=maxima)
    pages = _pages(order)
    if fields.page > pages:
        notes.append(
            t(
                "The maps of {layer} have no part {asked}; this is the last one, {pages}.",
                layer=name,
                asked=fields.page,
                pages=pages,
            )
        )
    page = min(max(fields.page, 1), pages)
    if fields.map >= len(order.maps):
        last = len(order.maps) - 1
        notes.append(
            t("{layer} has no map {asked}; its maps are 0 to {last}.", layer=name, asked=fields.map, last=last)
        )
    map = fields.map if 0 <= fields.map < len(order.maps) else order.maps[(page - 1) * MAPS_A_PAGE]
    layer = source.network.layer(name)
    return Question(now, source, layer, fields.order, order, page, map, scaling, tuple(notes))


def _pages(order: Ordered) -> int:
    return -(-len(order.maps) // MAPS_A_PAGE)

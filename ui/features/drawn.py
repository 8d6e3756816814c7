"""The wall and the nine that a question asks for: drawn by the shared scheduler, and kept for everybody."""

from __future__ import annotations

from dataclasses import replace

from ui.features.kept import kept
from ui.features.question import Question
from ui.features.scene import Card, card, own_card
from ui.shell import current
from zfnet_core.exhibits import features
from zfnet_core.exhibits.features import MapNine, Settings, Wall
from zfnet_core.forward.trace import Trace
from zfnet_core.language import spoken
from zfnet_core.photos.images import shown


def wall_of(question: Question, settings: Settings | None = None) -> Wall:
    """The wall of the question, or of some of its layer's maps; maps whose photos are all there are drawn once."""
    source, asked = question.source, settings or question.settings
    key = ("wall", source.key, asked.layer, asked.scaling)
    drawn: dict[int, MapNine] = {map: one for map in asked.maps if (one := kept.get((*key, map))) is not None}
    if missing := tuple(map for map in asked.maps if map not in drawn):
        *_, made = features.compute(source, replace(asked, maps=missing), current.scheduler().run)
        for one in made.maps:
            drawn[one.map] = one
            if not one.gone:
                kept.put((*key, one.map), one)
    return Wall(asked, tuple(drawn[map] for map in asked.maps))


def cards_of(question: Question, traced: Trace) -> list[Card]:
    """The chosen map's nine, strongest first, then its strongest unit on the visitor's photo, which was `traced`."""
    source, layer, map, scaling = question.source, question.layer.name, question.map, question.scaling
    key = ("nine", source.key, layer, map, scaling, spoken())  # cards have captions
    nine: list[Card] | None = kept.get(key)
    if nine is None:
        close = features.closely(source, layer, map, scaling, current.scheduler().run_all)
        nine = [card(question, one, rank) for rank, one in enumerate(close)]
        if not any(one.gone for one in close):
            kept.put(key, nine)
    now = question.now
    photo = shown(now.photo, now.network.preprocessing, now.crop)
    run = current.scheduler().run
    own = features.own_unit(traced, photo, now.photo.title, layer, map, scaling, run)
    return [*nine, own_card(question, own)]

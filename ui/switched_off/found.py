"""What is computed for the page: the answer with the changed maps at once, the ranking in the background."""

from __future__ import annotations

from functools import cache, partial

import numpy as np

from ui.shell import current, shared_task
from ui.switched_off.question import CLASS_SLOT, SLOT, Question
from zfnet_core.evaluate.answers import answers_path, read_answers
from zfnet_core.exhibits.switched_off import (
    Answer,
    ClassMaps,
    Confused,
    Ranking,
    answer,
    class_maps,
    confused,
    ranking,
)
from zfnet_core.photos.framed import FramedPhoto
from zfnet_core.photos.images import prepare
from zfnet_core.serving.cache_budget import Cache
from zfnet_core.serving.tasks import Look, Work
from zfnet_core.top_activations.gallery import Gallery, bundled

_answers: Cache[Answer] = Cache()


def answered(question: Question) -> Answer:
    """The exact answer with the maps as they are switched now."""
    return _answers.get_or_make(
        question.answer_key,
        lambda: current.scheduler().run(answer, question.trace, question.settings),
        of=question.network,
    )


def ranked(question: Question) -> Look[Ranking]:
    """What each map is worth to the class, as far as it is known; shared with everybody who asks the same."""
    trace, layer, index = question.trace, question.settings.layer, question.class_index
    return shared_task.look(SLOT, question.ranking_key, lambda: partial(ranking, trace, layer, index))


def of_class(question: Question) -> Look[ClassMaps]:
    """The maps that speak most for the class: over its photos where they are at hand, else on the page's photo."""
    network, layer, index = question.network, question.settings.layer, question.class_index
    framed = [FramedPhoto(photo) for photo in question.class_photos] or [question.photo]

    def make() -> Work[ClassMaps]:
        images = [prepare(one.photo, network.preprocessing, one.crop) for one in framed]
        return partial(class_maps, network, images, layer, index)

    return shared_task.look(CLASS_SLOT, question.class_key, make)


def confusion(question: Question) -> Confused | None:
    """What the class is confused with; None where no photo of any class was asked."""
    if question.own:
        truth, answers = question.own.truth, question.own.answers
    elif (asked := _asked(question.network.name)) is not None:
        truth, answers = asked
    else:
        return None
    return confused(truth, answers, question.class_index) if (answers >= 0).any() else None


def gallery(question: Question) -> Gallery | None:
    """The strongest patches of every map, where they come with this network or with the one that it was made of."""
    return bundled(question.gallery_of)


def nine(question: Question, number: int) -> bytes | None:
    """The nine strongest patches of a map, where there is a gallery of this network."""
    shown, layer = gallery(question), question.settings.layer
    if shown is None or layer not in shown.found.layers:
        return None
    return shown.patches_sprite(layer, number) or shown.sprite(layer, number)


@cache
def _asked(name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """(truth, first answers) [photos] of all photos whose answers came with a network."""
    path = answers_path(name)
    if not path.exists():
        return None
    sets = read_answers(path).values()
    return np.concatenate([one.truth for one in sets]), np.concatenate([one.best[:, 0] for one in sets])

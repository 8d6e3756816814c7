"""What is computed for the page: the panel and the evidence as shared tasks, the switches' experiment at once."""

from __future__ import annotations

from functools import partial

from ui.shell import current, shared_task
from ui.trust.question import Question
from zfnet_core.exhibits.trust import Evidence, Projected, Trust, evidence, experiment, judged
from zfnet_core.photos import samples
from zfnet_core.photos.images import CENTRE
from zfnet_core.serving.cache_budget import Cache
from zfnet_core.serving.tasks import Look

PANEL, EVIDENCE = "trust:panel", "trust:evidence"
_experiments: Cache[tuple[Projected, ...]] = Cache()


def panel(question: Question) -> Look[Trust]:
    """The panel as far as it is known; shared with everybody who asks the same."""
    key = ("trust", question.picture_key, question.settings)
    return shared_task.look(PANEL, key, lambda: partial(judged, question.trace, question.settings))


def class_evidence(question: Question) -> Look[Evidence]:
    """The maps and curves for a class as far as they are known."""
    index = question.class_index
    assert index is not None, "nobody asked for it"
    key = ("evidence", question.picture_key, index)
    return shared_task.look(EVIDENCE, key, lambda: partial(evidence, question.trace, index))


def switched(question: Question) -> tuple[Projected, ...]:
    """The same activation with its own switches, with those of the middle, and with the other photo's."""
    network, place, rule = question.network, question.place, question.rule
    other = current.trace_of(network, samples.load(question.other), CENTRE)
    return _experiments.get_or_make(
        ("switches", question.picture_key, place.layer.name, place.unit, rule, question.other),
        lambda: current.scheduler().run(experiment, question.trace, place.layer.name, place.unit, rule, other),
        of=network,
    )

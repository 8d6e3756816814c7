"""What the first visitor of a server would wait for, done before anybody comes."""

from __future__ import annotations

import importlib
import pkgutil

import ui
from ui.look_inside.fields import Fields
from ui.look_inside.question import resolve
from ui.shell import current, photo_panel
from ui.shell.chosen import Chosen, ChosenUnit, Drawing
from ui.start import question as start
from zfnet_core.exhibits import occlusion
from zfnet_core.exhibits.look_inside import look_at
from zfnet_core.forward.trace import Trace
from zfnet_core.models import zoo
from zfnet_core.photos import samples
from zfnet_core.photos.images import Crop


def warm() -> None:
    """Import everything, load the default network, and make what its first page shows."""
    for module in pkgutil.walk_packages(ui.__path__, "ui."):
        importlib.import_module(module.name)
    photo_panel.sample_tiles()
    usual = Chosen()
    network = current.scheduler().network(zoo.DEFAULT)
    now = current.Current(network, usual.photo, samples.load(usual.photo), Crop(*usual.crop))
    question = resolve(Fields(), ChosenUnit(), Drawing(), now, current.trace_of)
    current.summary_of(question.trace, now.photo_key, question.layer.name)
    current.scheduler().run(look_at, question.trace, question.settings)
    start.found(start.resolve(now, current.trace_of), current.scheduler())
    current.scheduler().run(_first_map, question.trace)


def _first_map(seen: Trace) -> occlusion.Sweep:
    """The first coarse map of a sweep: the first one of a server takes twice as long as those after it."""
    return next(found for found in occlusion.compute(seen.network, seen.images) if found.done > 0)

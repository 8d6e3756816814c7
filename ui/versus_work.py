"""What the comparison page measures, and the results: kept for everybody, or growing in a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ui import engine, state
from ui.growing import growing
from ui.three_values import three_values
from zfnet_core import our_results, sample_photos
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.compute import MEGABYTE
from zfnet_core.experiments.comparison import MEASURES, Comparison, compare
from zfnet_core.experiments.layer_pictures import LayerPictures, strongest_pictures
from zfnet_core.images import CENTRE, Crop, Photo, prepare, shown
from zfnet_core.jobs import Job
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.shared_results import SharedResults

SLOT = "alexnet-vs-zfnet:measure"
SAMPLES = ("chelsea", "coffee", "motorcycle")
PICTURES = 12
NONE = "–"

_results: SharedResults[Comparison] = SharedResults(64 * MEGABYTE, lambda _: 2 * MEGABYTE)
_pictures: BoundedCache[LayerPictures] = BoundedCache(32 * MEGABYTE, lambda p: p.projections.nbytes + p.patches.nbytes)


def opponents(network: Network) -> list[str]:
    """The networks that `network` can be compared with: first the other one of its pair."""
    pairs = {"zfnet": "alexnet", "alexnet": "zfnet"}
    family, _, rest = network.name.partition("-")
    partner = "-".join(part for part in (pairs.get(family, "zfnet"), rest) if part)
    names = [name for name in zoo.names() if name != network.name]
    return sorted(names, key=lambda name: (name != partner, names.index(name)))


def opponent(network: Network) -> Network:
    """The network on the other side."""
    names = opponents(network)
    name = state.view().versus if state.view().versus in names else names[0]
    return engine.desk().network(name)


@dataclass(frozen=True, eq=False)
class MeasuredPhoto:
    """A photo with the crop that both networks see of it."""

    photo: Photo
    crop: Crop = CENTRE

    @property
    def name(self) -> str:
        """What it is called on the page."""
        return self.photo.name or "your photo"


def photos() -> list[MeasuredPhoto]:
    """The photos that are measured: the current one with its crop, and the centres of a few samples."""
    current = MeasuredPhoto(engine.photo(), engine.crop())
    samples = [MeasuredPhoto(sample_photos.load(name)) for name in SAMPLES]
    return [current, *(one for one in samples if one.photo.sha != current.photo.sha)][: len(SAMPLES)]


def inputs(network: Network, chosen: Sequence[MeasuredPhoto]) -> torch.Tensor:
    """The photos as `network` sees them: float32 [P, 3, input_px, input_px]."""
    return torch.cat([prepare(one.photo, network.preprocessing, one.crop) for one in chosen])


def current(first: Network, second: Network) -> tuple[Comparison | None, Job | None]:
    """The comparison as far as it is known, and the job that is still at it (None when it is complete)."""
    chosen = photos()
    networks = (first.name, id(first.module), second.name, id(second.module))
    key = (*networks, engine.photo_key(), tuple(one.photo.sha for one in chosen[1:]))
    return growing(_results, SLOT, key, lambda: compare(first, second, inputs(first, chosen)))


def second_layer(network: Network) -> LayerPictures:
    """What the network's second layer sees in the current photo."""
    key, photo, crop = (network.name, id(network.module), engine.photo_key()), engine.photo(), engine.crop()

    def make() -> LayerPictures:
        trace = engine.desk().trace(network, engine.photo_key(), lambda: prepare(photo, network.preprocessing, crop))
        pixels = shown(photo, network.preprocessing, crop)
        return engine.desk().run(strongest_pictures, trace, pixels, network.layers[1].name, PICTURES)

    return _pictures.get_or_make(key, make)


def table(networks: tuple[Network, Network], comparison: Comparison) -> None:
    """The claims as three values."""
    ours = [our_results.figure_6(network) for network in networks]

    def both(values: list[float | None]) -> str:
        known = [NONE if value is None else f"{value:.1%}" for value in values]
        return NONE if set(known) == {NONE} else " | ".join(known)

    rows = []
    for measure in MEASURES:
        own = [side.value(measure.key) for side in (comparison.first, comparison.second)]
        bundled = [found.get(measure.key) for found in ours]
        claim = measure.claim if comparison.of_the_papers_networks else NONE
        rows.append((measure.title, claim, both(bundled), both(own)))
    three_values(rows, table_note(networks, photos()))


def table_note(networks: Sequence[Network], chosen: Sequence[MeasuredPhoto]) -> str:
    """Which networks and which photos stand behind the table's numbers."""
    title = " | ".join(network.title for network in networks)
    names = ", ".join(one.name + ("" if one.crop == CENTRE else " (your crop)") for one in chosen)
    text = f"Values: {title}. Ours: {our_results.how(networks[0], 'figure-6')} Your run: on {names}."
    if any(our_results.figure_6(network) for network in networks):
        text += " The photos are not the same, so the two columns need not agree; the accuracies depend on neither."
    return text

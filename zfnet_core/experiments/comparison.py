"""Fig. 6 and §4.1 with numbers: what the paper claims of ZFNet against AlexNet, measured on any two networks.

The paper argues from pictures: fewer dead first-layer features, more mid frequencies, no aliasing, and a lower error.
Each claim gets a measure of its own (defined where it is computed) and a verdict computed from the two values, also
when it goes against the paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import torch

from zfnet_core import paper_values
from zfnet_core.errors import UnknownName
from zfnet_core.experiments import aliasing, filter_spectrum, projection_spectrum
from zfnet_core.experiments.aliasing import FoldedEnergy, ShiftResponse, folded_energy, shift_response
from zfnet_core.experiments.dead_filters import FAINT_BELOW, SILENT_BELOW, DeadFilters, dead_filters
from zfnet_core.experiments.filter_spectrum import FilterSpectrum
from zfnet_core.experiments.projection_spectrum import ProjectionSpectrum
from zfnet_core.models import zoo
from zfnet_core.models.network import Network

SAME_WITHIN = 0.03
Outcome = Literal["as the paper says", "against the paper", "no clear difference", "no claim", "not measured"]


@dataclass(frozen=True)
class Measure:
    """One number per network. `claim` is the paper's, of ZFNet against AlexNet; `claims_more` tells its direction.

    `why_not` says in one sentence why networks other than the paper's may show the opposite.
    """

    key: str
    title: str
    definition: str
    claim: str
    claims_more: bool
    why_not: str


MEASURES = (
    Measure(
        "dead",
        "Dead filters in layer 1",
        f"A filter is dead if the root mean square of its weights is below {FAINT_BELOW:.0%} of the layer's median, or "
        f"if it fires at fewer than {SILENT_BELOW:.1%} of the places of the photos.",
        "fewer “dead” features (Fig. 6 b, c)",
        False,
        "The paper's networks were trained without batch normalisation, on inputs of ±128; gentler recipes keep nearly "
        "every filter of both networks alive.",
    ),
    Measure(
        "mid",
        "Mid frequencies in the layer-1 filters",
        filter_spectrum.DEFINITION,
        "AlexNet has “little coverage of the mid frequencies” (§4.1)",
        True,
        "A filter of 11 pixels can be more selective than one of 7, which spreads over all bands whatever it learns; "
        "and with another recipe AlexNet's filters need not split into extremes.",
    ),
    Measure(
        "folded",
        "Layer-1 energy that the stride folds",
        aliasing.FOLDED_DEFINITION,
        "“aliasing artifacts” from the stride of 4 in layer 1 (§4.1)",
        False,
        "Where AlexNet's filters have learned to be smooth, little is left above even its stride's Nyquist frequency.",
    ),
    Measure(
        "shift",
        "Layer-2 change that moving the photo does not explain",
        aliasing.SHIFT_DEFINITION,
        "layer-2 features without aliasing (Fig. 6 d, e)",
        False,
        "ZFNet halves the stride of layer 1 but doubles that of layer 2: both networks have one layer-2 unit every 8 "
        "pixels, so that part of the aliasing moves up instead of going away.",
    ),
    Measure(
        "grid",
        "Power of layer-2 projections beyond the fold",
        projection_spectrum.DEFINITION,
        "“cleaner” layer-2 pictures without aliasing (Fig. 6 d, e)",
        False,
        "Sharp edges have power beyond the fold too; the measure cannot tell them from traces of the grid.",
    ),
    Measure(
        "accuracy",
        "Top-1 accuracy on validation photos",
        "The share of validation photos whose most probable class is right, one centre crop each, from the model card "
        "or from the publisher of the weights.",
        "61.6 % against 59.5 % (Table 2: errors of 38.4 % and 40.5 %)",
        True,
        "The recipe matters more than the difference in architecture: the public ImageNet weights were trained with "
        "another recipe than the paper's, and there AlexNet comes out ahead.",
    ),
)


@dataclass(frozen=True, eq=False)
class Portrait:
    """Everything measured on one network; None where it is not computed yet (or, for `top1`, not known)."""

    network: str
    title: str
    family: str
    trained: bool = True
    top1: float | None = None
    dead: DeadFilters | None = None
    spectrum: FilterSpectrum | None = None
    folded: FoldedEnergy | None = None
    shifts: ShiftResponse | None = None
    projections: ProjectionSpectrum | None = None

    def value(self, key: str) -> float | None:
        """The network's number for the measure of that key, as a share 0–1."""
        if key == "dead" and self.dead:
            return self.dead.share
        if key == "mid" and self.spectrum:
            return self.spectrum.mean_shares["mid"]
        if key == "folded" and self.folded:
            return float(self.folded.share.mean())
        if key == "shift" and self.shifts and self.shifts.done == 1:
            return self.shifts.aliased
        if key == "grid" and self.projections and len(self.projections.beyond_fold):
            return float(self.projections.beyond_fold.mean())
        return self.top1 if key == "accuracy" else None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two portraits side by side, complete to the share `done`."""

    first: Portrait
    second: Portrait
    done: float

    @property
    def of_the_papers_networks(self) -> bool:
        """Whether the paper's claims are about this pair: ZFNet against AlexNet, both trained."""
        trained = self.first.trained and self.second.trained
        return trained and {self.first.family, self.second.family} == {"ZFNet", "AlexNet"}

    def outcome(self, measure: Measure) -> Outcome:
        """What the two values say about the paper's claim, which is one of ZFNet against AlexNet only."""
        a, b = self.first.value(measure.key), self.second.value(measure.key)
        if a is None or b is None:
            return "not measured"
        if not self.of_the_papers_networks:
            return "no claim"
        zfnet, alexnet = (a, b) if self.first.family == "ZFNet" else (b, a)
        if abs(zfnet - alexnet) <= SAME_WITHIN * max(zfnet, alexnet):
            return "no clear difference"
        return "as the paper says" if (zfnet > alexnet) == measure.claims_more else "against the paper"

    def sentence(self, measure: Measure) -> str:
        """The two values and the verdict in words."""
        a, b = self.first.value(measure.key), self.second.value(measure.key)
        outcome = self.outcome(measure)
        if a is None or b is None:
            unknown = self.first.title if a is None else self.second.title
            return f"{measure.title}: not known for {unknown}."
        values = f"{measure.title}: {self.first.title} {a:.1%}, {self.second.title} {b:.1%}"
        if outcome == "no claim" and not (self.first.trained and self.second.trained):
            return f"{values}; random weights are a control, of which the paper claims nothing."
        if outcome == "no claim":
            return f"{values}; the paper claims nothing about this pair."
        if outcome == "against the paper":
            return f"{values}; this goes against the paper ({measure.claim}). {measure.why_not}"
        if outcome == "no clear difference":
            return f"{values}; no clear difference, where the paper claims {measure.claim}. {measure.why_not}"
        return f"{values}; as the paper says ({measure.claim})."


def compare(first: Network, second: Network, images: torch.Tensor) -> Iterator[Comparison]:
    """Measure two networks on the same photos, `images` [P, 3, input_px, input_px] prepared alike for both.

    Quick measures come first; each yielded comparison holds a little more, the last is complete. The photos are
    normalised as the first network expects them; where the second expects otherwise, they are converted.
    """
    pixels = first.preprocessing.denormalise(images)
    portraits = [portrait_of(network) for network in (first, second)]
    stages = list(zip(_measurements(first, pixels), _measurements(second, pixels), strict=True))
    for number, stage in enumerate(stages):
        for index, measurement in enumerate(stage):
            for found in measurement:
                portraits[index] = replace(portraits[index], **found)
                yield Comparison(*portraits, done=(number + index / 2) / len(stages))
    yield Comparison(*portraits, done=1.0)


def portrait_of(network: Network) -> Portrait:
    """What is known about a network before anything is measured."""
    return Portrait(network.name, network.title, family_of(network), network.trained, top1_of(network))


def _measurements(network: Network, pixels: torch.Tensor) -> list[Iterator[dict]]:
    """Generators of new fields of the portrait, quick ones first."""
    images = network.preprocessing.normalise(pixels)
    first = next(step for step in network.steps if step.kind == "conv")

    def filters() -> Iterator[dict]:
        yield {"dead": dead_filters(first.module, images), "spectrum": filter_spectrum.filter_spectrum(network)}

    def folded() -> Iterator[dict]:
        parts = []
        for image in images.split(1):
            parts.append(folded_energy(network, image))
            yield {"folded": aliasing.joined(parts)}

    def projections() -> Iterator[dict]:
        yield {"projections": projection_spectrum.projection_spectrum(network, images)}

    def shifts() -> Iterator[dict]:
        for response in shift_response(network, images):
            yield {"shifts": response}

    return [filters(), projections(), folded(), shifts()]


def family_of(network: Network) -> str:
    """“ZFNet”, “AlexNet” … from the zoo, or what the network's own card says; empty if nothing is known."""
    try:
        return zoo.entry(network.name).family
    except UnknownName:
        family = str(network.card.get("architecture", {}).get("family", ""))
        return {"zfnet": "ZFNet", "alexnet": "AlexNet"}.get(family, family)


def top1_of(network: Network) -> float | None:
    """Top-1 accuracy on validation photos, 0–1, from the model card or the publisher; None where nothing is known."""
    if not network.trained:
        return None
    value = network.card.get("accuracy", {}).get("val", {}).get("top1")
    if value is None:
        published = paper_values.public_weights().get(network.name)
        return 1 - published["top1_error"] / 100 if published else None
    return float(value)

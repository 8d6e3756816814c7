"""Fig. 6 and §4.1 with numbers: what the paper claims of ZFNet against AlexNet, measured on any two networks.

The paper argues from pictures: fewer dead first-layer features, more mid frequencies, no aliasing, and a lower error.
Each claim gets a measure of its own (defined where it is computed), a rule for what counts as a clear difference, and a
verdict computed from the two values, also when it goes against the paper.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch

from zfnet_core.exhibits.comparison import aliasing, dead_filters, filter_spectrum, flat_filters, projection_grid
from zfnet_core.exhibits.comparison.aliasing import folded_energy, shift_response
from zfnet_core.exhibits.comparison.measurements import CLASSROOM, Portrait, known, portrait_of
from zfnet_core.language import later, phrase, t
from zfnet_core.models.network import Network
from zfnet_core.paper import values as paper_values
from zfnet_core.paper.random_starts import RandomStarts, load

ZFNET, ALEXNET = paper_values.printed_as("zfnet"), paper_values.printed_as("alexnet")
ONLY_CHANCE = later("two runs of one network that differ in their random numbers alone may differ as much")
FINEST = 0.001  # smaller differences than this are not seen in the numbers as they are shown
Outcome = Literal[
    "as the paper says", "against the paper", "no clear difference", "no claim", "not comparable", "not measured"
]
Larger = Literal["first", "second", "neither"]
NUMBERS = {
    "faint": 100 * dead_filters.FAINT_BELOW,
    "silent": 100 * dead_filters.SILENT_BELOW,
    "flat": 100 * flat_filters.FLAT_FROM,
}
"""What the definitions below say in %."""
EVERY_PHOTO = later(
    "every photo by itself shows the difference, by a tenth of a point at least, and the mean difference is more than "
    "twice its standard error over the photos"
)


@dataclass(frozen=True)
class Measure:
    """One number per network. `claim` is the paper's, of ZFNet against AlexNet; `claims_more` tells its direction.

    `plain` is the title in words that need no explanation. `question` asks which of two has more of it. `clear_if` says
    when a difference counts. `why_not` says in one or two sentences why networks other than the paper's may show the
    opposite, `because` in a clause. `further` are (key, title) of numbers that belong to it without a claim.
    `defined` are the sentences of its definition, with `NUMBERS` in them. All but the claim are English, marked with
    `later`, and translated where they are shown.
    """

    key: str
    title: str
    plain: str
    question: str
    defined: tuple[str, ...]
    claim: str
    claims_more: bool
    clear_if: str
    why_not: str
    because: str
    further: tuple[tuple[str, str], ...] = ()

    @property
    def definition(self) -> str:
        """How it is measured, in English."""
        return " ".join(part.format(**NUMBERS) for part in self.defined)

    def explained(self) -> str:
        """How it is measured, in the language that is spoken."""
        return " ".join(t(part, **NUMBERS) for part in self.defined)


def _accuracy_claim() -> str:
    errors = [known(paper_values.exhibit("table-2").value(row, "val top-1")).value for row in (ZFNET, ALEXNET)]
    first, second = (f"{100 - error:.1f} %" for error in errors)
    claim = str(paper_values.claim("table-2", "accuracy"))
    return phrase("{first} against {second} right; {claim}", first=first, second=second, claim=claim)


MEASURES = (
    Measure(
        "dead",
        later("Dead filters in layer 1"),
        later("Filters that do nothing"),
        later("More dead filters in layer 1"),
        (
            later(
                "A filter is dead if the root mean square of its weights is below {faint:.0f} % of the layer's median, "
                "or if it fires at fewer than {silent:.1f} % of the places of the photos."
            ),
        ),
        str(paper_values.claim("figure-6", "dead filters")),
        False,
        later(
            "they differ by more than one filter and by more than two standard errors, which follow from the number of "
            "filters"
        ),
        later(
            "The paper's networks were trained without batch normalisation, on inputs of ±128; gentler recipes keep "
            "nearly every filter of both networks alive."
        ),
        later("gentle training keeps nearly every filter of both alive"),
    ),
    Measure(
        "mid",
        later("Mid frequencies in the layer-1 filters"),
        later("Filters for detail of middling size"),
        later("More mid frequencies in the filters"),
        (filter_spectrum.DEFINITION, flat_filters.DEFINITION),
        str(paper_values.claim("figure-6", "mid frequencies")),
        True,
        later("they differ by more than two standard errors over the filters"),
        later(
            "A filter of 11 pixels can be more selective than one of 7, which spreads over all bands whatever it "
            "learns; and with another recipe AlexNet's filters need not split into extremes."
        ),
        later("a small filter spreads over all sizes of detail, whatever it learns"),
        (
            ("low", later("Low frequencies in the layer-1 filters")),
            ("high", later("High frequencies in the layer-1 filters")),
            ("random mid", later("Mid frequencies in random filters of the same size")),
            ("flat", later("Nearly flat colour among the layer-1 filters")),
        ),
    ),
    Measure(
        "folded",
        later("Layer-1 energy that the stride folds"),
        later("Fine detail lost between the steps of layer 1"),
        later("More detail that layer 1's stride cannot keep"),
        (aliasing.FOLDED_DEFINITION,),
        str(paper_values.claim("figure-6", "folding")),
        False,
        EVERY_PHOTO,
        later(
            "Where AlexNet's filters have learned to be smooth, little is left above even its stride's Nyquist "
            "frequency."
        ),
        later("AlexNet’s filters have learned to be smooth"),
    ),
    Measure(
        "shift",
        later("Layer-2 change that moving the photo does not explain"),
        later("Layer 2 upset by a small move of the photo"),
        later("A layer 2 more upset by moving the photo"),
        (aliasing.SHIFT_DEFINITION,),
        str(paper_values.claim("figure-6", "shifts")),
        False,
        EVERY_PHOTO,
        later(
            "ZFNet halves the stride of layer 1 but doubles that of layer 2: both networks have one layer-2 unit every "
            "8 pixels, so that part of the aliasing moves up instead of going away."
        ),
        later("ZFNet’s second layer takes the larger steps instead"),
        (("one pixel", later("Layer-2 change when the photo moves by one pixel")),),
    ),
    Measure(
        "grid",
        later("Layer 1's grid in layer-2 projections"),
        later("Layer 1’s grid in the pictures of layer 2"),
        later("More of layer 1's grid in layer-2 projections"),
        (projection_grid.DEFINITION,),
        str(paper_values.claim("figure-6", "grid")),
        False,
        EVERY_PHOTO,
        later(
            "Smooth filters that overlap hide the grid, whatever the stride; compare with the random network to see "
            "how much there is to hide. The paper judged by eye, which sees a grid of 4 pixels more easily than one of "
            "2. And ZFNet's layer 2 has a stride of its own, which leaves a grid of 4 pixels in the plot that is not "
            "layer 1's."
        ),
        later("smooth filters that overlap hide the grid of either network"),
    ),
    Measure(
        "accuracy",
        later("Top-1 accuracy on validation photos"),
        later("Photos named right"),
        later("More validation photos right"),
        (
            later(
                "The share of validation photos whose most probable class is right, one centre crop each, from the "
                "model card or from the publisher of the weights."
            ),
        ),
        _accuracy_claim(),
        True,
        later("they differ by more than two standard errors, which follow from the number of validation photos"),
        later(
            "The recipe matters more than the difference in architecture: the public ImageNet weights were trained "
            "with another recipe than the paper's, and there AlexNet comes out ahead."
        ),
        later("the training matters more than the difference in architecture"),
    ),
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two portraits side by side, complete to the share `done`; `starts` say how much chance does, if it is known."""

    first: Portrait
    second: Portrait
    done: float
    starts: RandomStarts | None = None

    @property
    def of_the_papers_networks(self) -> bool:
        """Whether the paper's claims are about this pair: its ZFNet and its AlexNet, both trained."""
        trained = self.first.trained and self.second.trained
        return trained and {self.first.printed_as, self.second.printed_as} == {ZFNET, ALEXNET}

    def values(self, key: str) -> tuple[float | None, float | None]:
        """Both networks' numbers for the measure, or the further number, of that key."""
        return self.first.value(key), self.second.value(key)

    def comparable(self, measure: Measure) -> bool:
        """False for accuracies on different photos and classes."""
        return measure.key != "accuracy" or self.first.data == self.second.data != ""

    def values_by_start(self, measure: Measure) -> Mapping[str, tuple[float, ...]]:
        """What short runs of both networks gave from several random starts; empty where that is not known.

        They were taught on the photos of the bundled pair and say nothing of other pairs.
        """
        bundled = self.of_the_papers_networks and self.first.data == self.second.data == CLASSROOM
        return self.starts.values(measure.key) if self.starts and bundled else {}

    def chance(self, measure: Measure) -> float:
        """What the two networks have to differ by, so that it is not chance alone; 0 where that is not known."""
        return self.starts.least_difference(measure.key) if self.starts and self.values_by_start(measure) else 0.0

    def within_chance(self, measure: Measure) -> bool:
        """Whether two runs of one network may differ by as much as these two networks do."""
        a, b = self.values(measure.key)
        return a is not None and b is not None and abs(a - b) < self.chance(measure)

    def larger(self, measure: Measure) -> Larger | None:
        """Which network has clearly more; None where that is not known or makes no sense."""
        a, b = self.values(measure.key)
        if a is None or b is None or not self.comparable(measure):
            return None
        if self.within_chance(measure) or not self._clear(measure.key, a, b):
            return "neither"
        return "first" if a > b else "second"

    def outcome(self, measure: Measure) -> Outcome:
        """What the two values say about the paper's claim, which is one of ZFNet against AlexNet only."""
        if None in self.values(measure.key):
            return "not measured"
        if not self.comparable(measure):
            return "not comparable"
        if not self.of_the_papers_networks:
            return "no claim"
        larger = self.larger(measure)
        if larger == "neither":
            return "no clear difference"
        zfnet_has_more = (larger == "first") == (self.first.printed_as == ZFNET)
        return "as the paper says" if zfnet_has_more == measure.claims_more else "against the paper"

    def sentence(self, measure: Measure) -> str:
        """The two values and the verdict in words."""
        a, b = self.values(measure.key)
        outcome = self.outcome(measure)
        if a is None or b is None:
            unknown = self.first.title if a is None else self.second.title
            return f"{measure.title}: not known for {unknown}."
        values = f"{measure.title}: {self.first.title} {100 * a:.1f} %, {self.second.title} {100 * b:.1f} %"
        if outcome == "not comparable":
            return f"{values}; on different photos and classes, so that the two cannot be compared."
        if outcome == "no claim" and not (self.first.trained and self.second.trained):
            return f"{values}; random weights are a control, of which the paper claims nothing."
        if outcome == "no claim":
            return f"{values}; the paper claims nothing about this pair."
        if outcome == "against the paper":
            return f"{values}; this goes against the paper: {measure.claim}. {measure.why_not}"
        if outcome == "no clear difference" and self.within_chance(measure):
            least = f"{100 * self.chance(measure):.1f} points"
            return f"{values}; {ONLY_CHANCE}, up to {least}, where the paper claims: {measure.claim}."
        if outcome == "no clear difference":
            return f"{values}; no clear difference, where the paper claims: {measure.claim}. {measure.why_not}"
        return f"{values}; as the paper says: {measure.claim}."

    def _clear(self, key: str, a: float, b: float) -> bool:
        """Whether two numbers differ by more than photos or filters do, by the rule of the measure."""
        sides = (self.first, self.second)
        if key == "dead":
            filters = [len(known(side.dead).dead) for side in sides]
            variance = sum(p * (1 - p) / count for p, count in zip((a, b), filters, strict=True))
            return round(abs(a - b) * min(filters)) > 1 and abs(a - b) > 2 * math.sqrt(variance)
        if key == "mid":
            shares = [known(side.spectrum).shares[:, filter_spectrum.BANDS.index("mid")] for side in sides]
            return abs(a - b) > 2 * math.sqrt(sum(float(values.var()) / len(values) for values in shares))
        if key == "accuracy":
            variance = sum(p * (1 - p) / known(side.top1_photos) for p, side in zip((a, b), sides, strict=True))
            return abs(a - b) > 2 * math.sqrt(variance)
        differences = self.first.by_photo(key) - self.second.by_photo(key)
        return _every_photo_agrees(differences)


def _every_photo_agrees(differences: np.ndarray) -> bool:
    """Whether differences [P], one of each photo, say the same beyond their spread; one photo alone has none to go by.

    The standard error is that of the mean over photos, from the deviation with P − 1.
    """
    if len(differences) < 2 or not (np.all(differences > FINEST) or np.all(differences < -FINEST)):
        return False
    error = differences.std(ddof=1) / math.sqrt(len(differences))
    return bool(abs(differences.mean()) > 2 * error)


def compare(first: Network, second: Network, images: torch.Tensor) -> Iterator[Comparison]:
    """Measure two networks on the same photos, `images` [P, 3, input_px, input_px] prepared alike for both.

    Quick measures come first; each yielded comparison holds a little more, the last is complete. The photos are
    normalised as the first network expects them; where the second expects otherwise, they are converted.
    """
    pixels = first.preprocessing.denormalise(images)
    portraits, starts = [portrait_of(network) for network in (first, second)], load()
    stages = list(zip(_measurements(first, pixels), _measurements(second, pixels), strict=True))
    for number, stage in enumerate(stages):
        for index, measurement in enumerate(stage):
            for found in measurement:
                portraits[index] = replace(portraits[index], **found)
                yield Comparison(portraits[0], portraits[1], (number + index / 2) / len(stages), starts)
    yield Comparison(portraits[0], portraits[1], 1.0, starts)


def measured(network: Network, images: torch.Tensor) -> Portrait:
    """Everything measured on one network alone; `images` [P, 3, input_px, input_px] prepared for it."""
    portrait = portrait_of(network)
    for stage in _measurements(network, network.preprocessing.denormalise(images)):
        for found in stage:
            portrait = replace(portrait, **found)
    return portrait


def _measurements(network: Network, pixels: torch.Tensor) -> list[Iterator[dict]]:
    """Generators of new fields of the portrait, quick ones first."""
    images = network.preprocessing.normalise(pixels)

    def filters() -> Iterator[dict]:
        yield {
            "dead": dead_filters.first_layer(network, images),
            "spectrum": filter_spectrum.filter_spectrum(network),
            "flat": flat_filters.flat_share(flat_filters.first_layer_weights(network)),
        }

    def folded() -> Iterator[dict]:
        parts = []
        for image in images.split(1):
            parts.append(folded_energy(network, image))
            yield {"folded": aliasing.joined(parts) if len(parts) == len(images) else None}

    def grid() -> Iterator[dict]:
        yield {"grid": projection_grid.projection_grid(network, images)}

    def shifts() -> Iterator[dict]:
        for response in shift_response(network, images):
            yield {"shifts": response}

    return [filters(), grid(), folded(), shifts()]

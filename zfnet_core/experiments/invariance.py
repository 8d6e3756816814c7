"""Fig. 5: how far each layer's features and the answer move when a photo is shifted, enlarged or turned.

For every photo and amount one forward pass gives, at every layer, ‖f − f′‖ and ‖f′‖ (f: the feature vector of the
untouched photo, f′: of the changed one; after the ReLU, before any pool). All three definitions of distance follow from
these two lengths. The paper plots layers 1 and 7 and a “canonical distance” whose scaling it does not state.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import torch

from zfnet_core.activations import activations
from zfnet_core.experiments.pace import in_lanes, parts, photos_per_step
from zfnet_core.experiments.transforms import TRANSFORMATIONS, Border, Kind, transformed
from zfnet_core.models.network import Network

Definition = Literal["relative", "raw", "cosine"]

DEFINITIONS: dict[Definition, str] = {
    "relative": "‖f − f′‖ / ‖f‖: 0 for no change, about 1.4 for unrelated features of the same strength",
    "raw": "‖f − f′‖: the Euclidean distance as it is, in units of the layer's activations",
    "cosine": "1 − cos(f, f′): 0 for the same pattern of features, whatever its strength; 1 for nothing in common",
}


@dataclass(frozen=True)
class InvarianceSettings:
    """What was asked: one kind of transformation, its amounts, and what fills the border. Sampling is bilinear."""

    kind: Kind
    amounts: tuple[float, ...]
    border: Border = "mean colour"

    @classmethod
    def of_figure_5(cls, kind: Kind, border: Border = "mean colour") -> InvarianceSettings:
        """The paper's range for this kind of transformation, in our number of steps."""
        return cls(kind, TRANSFORMATIONS[kind].amounts, border)


@dataclass(frozen=True, eq=False)
class InvarianceCurves:
    """The curves of P photos over S amounts, for L layers and C classes; NaN where not computed yet. Read-only.

    `moved` [P, S, L] is ‖f − f′‖, `lengths` [P, S, L] is ‖f′‖, `reference_lengths` [P, L] is ‖f‖;
    `probabilities` [P, S, C] and `reference_probabilities` [P, C] are the answers. `seconds` is the time taken so far.
    """

    settings: InvarianceSettings
    network: str
    layers: tuple[str, ...]
    moved: np.ndarray
    lengths: np.ndarray
    reference_lengths: np.ndarray
    probabilities: np.ndarray
    reference_probabilities: np.ndarray
    seconds: float

    @property
    def done(self) -> float:
        """Share of the passes made, 0–1."""
        return float(np.mean(~np.isnan(self.moved[:, :, 0])))

    def distance(self, layer: str, definition: Definition = "relative") -> np.ndarray:
        """The distance of each photo's features from the untouched photo's, [P, S]; see `DEFINITIONS`.

        Where a feature vector is zero, the relative and the cosine distance are not defined: NaN.
        """
        index = self.layers.index(layer)
        moved, length, reference = (
            self.moved[:, :, index].astype(np.float64),
            self.lengths[:, :, index].astype(np.float64),
            self.reference_lengths[:, index, None].astype(np.float64),
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            if definition == "relative":
                return moved / reference
            if definition == "cosine":
                # 1 − f·f′/(‖f‖‖f′‖) without subtracting two nearly equal numbers
                return (moved**2 - (length - reference) ** 2) / (2 * length * reference)
        return moved

    def probability(self, classes: Sequence[int]) -> np.ndarray:
        """Probability of one chosen class per photo, [P, S]."""
        return self.probabilities[np.arange(len(classes)), :, list(classes)]

    @property
    def reference_answers(self) -> np.ndarray:
        """Most probable class of each untouched photo, int [P]; −1 where not computed yet."""
        known = ~np.isnan(self.reference_probabilities[:, 0])
        return np.where(known, np.nan_to_num(self.reference_probabilities).argmax(axis=1), -1)

    @property
    def answers(self) -> np.ndarray:
        """Most probable class at each amount, int [P, S]; −1 where not computed yet."""
        known = ~np.isnan(self.probabilities[:, :, 0])
        return np.where(known, np.nan_to_num(self.probabilities).argmax(axis=2), -1)

    @property
    def changed(self) -> np.ndarray:
        """Where the most probable class is not the untouched photo's, bool [P, S]."""
        return (self.answers >= 0) & (self.answers != self.reference_answers[:, None])

    @property
    def answer_changes(self) -> tuple[int, int]:
        """(how often, out of how many) two neighbouring amounts of one photo have different most probable classes."""
        answers = self.answers
        before, after = answers[:, :-1], answers[:, 1:]
        known = (before >= 0) & (after >= 0)
        return int(np.sum(known & (before != after))), int(np.sum(known))


def invariance_curves(
    network: Network, images: torch.Tensor, settings: InvarianceSettings, lanes: int = 1
) -> Iterator[InvarianceCurves]:
    """Curves of `images` [P, 3, input_px, input_px] (normalised), photo by photo, as partial results about every 0.2 s.

    The last result is complete. To stop early, ask for no more. `lanes` batches are computed side by side.
    """
    start = time.perf_counter()
    images = images.to(network.device)
    layers = tuple(layer.name for layer in network.layers)
    photos, steps, classes = len(images), len(settings.amounts), network.layers[-1].maps
    per_step = photos_per_step(network)
    moved = np.full((photos, steps, len(layers)), np.nan, np.float32)
    lengths = np.full_like(moved, np.nan)
    probabilities = np.full((photos, steps, classes), np.nan, np.float32)
    reference_lengths = np.full((photos, len(layers)), np.nan, np.float32)
    reference_probabilities = np.full((photos, classes), np.nan, np.float32)
    for photo in range(photos):
        image = images[photo : photo + 1]
        reference = [value[0].clone() for _, value in activations(network, image)]
        reference_lengths[photo] = [torch.linalg.vector_norm(value.float()).item() for value in reference]
        reference_probabilities[photo] = reference[-1].float().softmax(dim=0).cpu().numpy()
        measure = partial(_measured, network, image, reference, settings)
        for part, found in in_lanes(measure, parts(steps, per_step), lanes):
            moved[photo, part], lengths[photo, part], probabilities[photo, part] = found
            yield InvarianceCurves(
                settings,
                network.name,
                layers,
                *_read_only(moved, lengths, reference_lengths, probabilities, reference_probabilities),
                seconds=time.perf_counter() - start,
            )


def _measured(
    network: Network, image: torch.Tensor, reference: list[torch.Tensor], settings: InvarianceSettings, part: slice
) -> tuple[slice, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """‖f − f′‖ [B, L], ‖f′‖ [B, L] and the probabilities [B, C] of one photo at one part of the amounts."""
    amounts = settings.amounts[part]
    batch = transformed(image.expand(len(amounts), -1, -1, -1), settings.kind, amounts, settings.border)
    pairs = []
    for (_, value), still in zip(activations(network, batch), reference, strict=True):
        pairs.append(_lengths(value, still))
    moved, lengths = (np.stack(column, axis=1) for column in zip(*pairs, strict=True))
    return part, (moved, lengths, value.float().softmax(dim=1).cpu().numpy())


def _lengths(values: torch.Tensor, reference: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """‖f − f′‖ and ‖f′‖ of each of the B feature vectors; one at a time, so that a difference stays in the CPU's cache.

    Channels-last maps are compared as they lie in memory: the order of the numbers does not matter here.
    """
    difference = torch.stack([torch.dist(value.float(), reference.float()) for value in values])
    length = torch.stack([torch.linalg.vector_norm(value.float()) for value in values])
    return difference.cpu().numpy(), length.cpu().numpy()


def _read_only(*arrays: np.ndarray) -> list[np.ndarray]:
    copies = [array.copy() for array in arrays]
    for array in copies:
        array.flags.writeable = False
    return copies

"""Fig. 5: how far each layer's features and the answer move when a photo is shifted, enlarged or turned.

For every photo and amount one forward pass gives, at every layer, ‖f − f′‖ and ‖f′‖ (f: the feature vector of the
untouched photo, f′: of the changed one; after the ReLU where the layer has one, before any pool). All three definitions
of distance follow from these two lengths. The paper plots layers 1 and 7 and a “canonical distance” whose scaling it
does not state.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import torch

from zfnet_core.forward.activations import activations
from zfnet_core.forward.batching import in_lanes, parts, photos_per_step
from zfnet_core.language import later
from zfnet_core.models.network import Network
from zfnet_core.photos.transforms import TRANSFORMATIONS, Border, Kind, transformed

Batch = Sequence[tuple[int, int | None]]
"""Forward passes: each the number of a photo and of an amount, None for the untouched photo."""

Definition = Literal["relative", "raw", "cosine"]

DEFINITIONS: dict[Definition, str] = {
    "relative": later("‖f − f′‖ / ‖f‖: 0 for no change, √2 ≈ 1.4 for orthogonal features of the same length"),
    "raw": later("‖f − f′‖: the Euclidean distance as it is, in units of the layer's activations"),
    "cosine": later(
        "1 − cos(f, f′): 0 for the same pattern of features, whatever its strength; 1 for nothing in common"
    ),
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
    network: Network,
    images: torch.Tensor,
    settings: InvarianceSettings,
    lanes: int = 1,
    lanes_now: Callable[[], int] | None = None,
) -> Iterator[InvarianceCurves]:
    """Curves of `images` [P, 3, input_px, input_px] (normalised), as partial results about every 0.2 s.

    All passes stand in one row, photo by photo, and are cut into batches as large as the device takes: one on a GPU.
    A photo's first pass is the untouched one; it also serves the amount that changes nothing, whose distance is then
    exactly 0 on every device. Up to `lanes` batches are computed side by side, at most `lanes_now()` of them if given.
    The last result is complete. To stop early, ask for no more.
    """
    start = time.perf_counter()
    images = images.to(network.device)
    layers = tuple(layer.name for layer in network.layers)
    photos, steps, classes = len(images), len(settings.amounts), network.layers[-1].maps
    moved = np.full((photos, steps, len(layers)), np.nan, np.float32)
    lengths = np.full_like(moved, np.nan)
    probabilities = np.full((photos, steps, classes), np.nan, np.float32)
    reference_lengths = np.full((photos, len(layers)), np.nan, np.float32)
    reference_probabilities = np.full((photos, classes), np.nan, np.float32)
    identity = TRANSFORMATIONS[settings.kind].identity
    same = [step for step, amount in enumerate(settings.amounts) if amount == identity]
    passes = [(photo, step) for photo in range(photos) for step in (None, *range(steps)) if step not in same]
    batches = [passes[part] for part in parts(len(passes), photos_per_step(network))]
    measure = partial(_measured, network, images, settings, _Untouched(batches, len(layers)))
    for batch, found in in_lanes(measure, batches, lanes, lanes_now):
        for (photo, step), distance, length, answer in zip(batch, *found, strict=True):
            if step is None:
                reference_lengths[photo], reference_probabilities[photo] = length, answer
            at = same if step is None else step
            moved[photo, at], lengths[photo, at], probabilities[photo, at] = distance, length, answer
        yield InvarianceCurves(
            settings,
            network.name,
            layers,
            _read_only(moved),
            _read_only(lengths),
            _read_only(reference_lengths),
            _read_only(probabilities),
            _read_only(reference_probabilities),
            time.perf_counter() - start,
        )


def nothing_yet(network: Network, photos: int, settings: InvarianceSettings) -> InvarianceCurves:
    """The result of which no pass is made yet: for the axes, and for photos that can be moved already."""
    layers = tuple(layer.name for layer in network.layers)
    steps, classes = len(settings.amounts), network.layers[-1].maps

    def unknown(*shape: int) -> np.ndarray:
        return _read_only(np.full(shape, np.nan, np.float32))

    return InvarianceCurves(
        settings,
        network.name,
        layers,
        moved=unknown(photos, steps, len(layers)),
        lengths=unknown(photos, steps, len(layers)),
        reference_lengths=unknown(photos, len(layers)),
        probabilities=unknown(photos, steps, classes),
        reference_probabilities=unknown(photos, classes),
        seconds=0.0,
    )


class _Untouched:
    """The untouched photos' activations, handed from the batch that computes them to all that need them.

    A batch that runs beside it waits for them layer by layer; batches start in order, so that the wait ends. A photo's
    activations are dropped after its last batch.
    """

    def __init__(self, batches: Sequence[Batch], layers: int) -> None:
        self._layers, self._lock = layers, threading.Lock()
        self._batches_left = Counter(photo for batch in batches for photo in _photos(batch))
        self._values: dict[tuple[int, int], Future[torch.Tensor]] = {}

    @contextmanager
    def serving(self, batch: Batch) -> Iterator[None]:
        """While the batch runs: whoever waits for its untouched photos is told if it fails."""
        try:
            yield
        except BaseException as error:
            for photo in _untouched(batch):
                for layer in range(self._layers):
                    if not (value := self._value(photo, layer)).done():
                        value.set_exception(error)
            raise
        finally:
            with self._lock:
                for photo in _photos(batch):
                    self._batches_left[photo] -= 1
                    if not self._batches_left[photo]:
                        for layer in range(self._layers):
                            self._values.pop((photo, layer), None)

    def beside(self, batch: Batch, layer: int, values: torch.Tensor) -> list[torch.Tensor]:
        """For each of a layer's `values` [B, …] the same photo's untouched one; keeps those that are in this batch."""
        for row, (photo, step) in enumerate(batch):
            if step is None:
                self._value(photo, layer).set_result(values[row].clone())
        found = {photo: self._value(photo, layer).result() for photo in _photos(batch)}
        return [found[photo] for photo, _ in batch]

    def _value(self, photo: int, layer: int) -> Future[torch.Tensor]:
        with self._lock:
            return self._values.setdefault((photo, layer), Future())


def _photos(batch: Batch) -> set[int]:
    return {photo for photo, _ in batch}


def _untouched(batch: Batch) -> list[int]:
    return [photo for photo, step in batch if step is None]


def _measured(
    network: Network, images: torch.Tensor, settings: InvarianceSettings, untouched: _Untouched, batch: Batch
) -> tuple[Batch, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """‖f − f′‖ [B, L], ‖f′‖ [B, L] and the probabilities [B, C] of a batch of passes."""
    identity = TRANSFORMATIONS[settings.kind].identity
    amounts = [identity if step is None else settings.amounts[step] for _, step in batch]
    pairs = []
    with untouched.serving(batch):
        changed = transformed(images[[photo for photo, _ in batch]], settings.kind, amounts, settings.border)
        for layer, (_, values) in enumerate(activations(network, changed)):
            pairs.append(_lengths(values, untouched.beside(batch, layer, values)))
    moved, lengths = (np.stack(column, axis=1) for column in zip(*pairs, strict=True))
    return batch, (moved, lengths, values.float().softmax(dim=1).cpu().numpy())


def _lengths(values: torch.Tensor, references: Sequence[torch.Tensor]) -> tuple[np.ndarray, np.ndarray]:
    """‖f − f′‖ and ‖f′‖ of each of the B feature vectors.

    On a CPU one at a time, so that a difference stays in its cache. Channels-last maps are compared as they lie in
    memory: the order of the numbers does not matter here.
    """
    if values.device.type == "cpu":
        pairs = zip(values, references, strict=True)
        difference = torch.stack([torch.dist(value.float(), reference.float()) for value, reference in pairs])
        length = torch.stack([torch.linalg.vector_norm(value.float()) for value in values])
    else:
        axes = tuple(range(1, values.dim()))
        difference = torch.linalg.vector_norm(values.float() - torch.stack(list(references)).float(), dim=axes)
        length = torch.linalg.vector_norm(values.float(), dim=axes)
    return difference.cpu().numpy(), length.cpu().numpy()


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.flags.writeable = False
    return copy

"""Occlusion sensitivity (§4.2, Fig. 7): cover a part of the photo and see what the network makes of the rest.

    sweep = occlusion.sweep(network, image, OcclusionSettings.square(48, stride_px=8))
    sweep.probability_of(label_index)      # Fig. 7 (d), [rows, columns]
    sweep.total_of(sweep.strongest_map)    # Fig. 7 (b)
    sweep.labels                           # Fig. 7 (e)

Towers such as ZFNet, AlexNet and VGG recompute only what the square changes (`incremental_network.py`); networks that
branch run every covered photo in full. The numbers are the same to float32 rounding.
"""

from __future__ import annotations

import hashlib
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import Generator, Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import torch

from zfnet_core.device import keep_full_precision
from zfnet_core.errors import ExplorerError
from zfnet_core.experiments.covering import Box, OcclusionSettings, check_size, covered, fill_picture
from zfnet_core.experiments.full_passes import FullPasses
from zfnet_core.experiments.incremental_network import IncrementalNetwork, tower_of
from zfnet_core.experiments.occlusion_plan import coarse_to_fine, cut
from zfnet_core.models.network import Layer, Network
from zfnet_core.shared_results import SharedResults

_Result = TypeVar("_Result")

FIRST_MAP_POSITIONS = 16, 49
"""Fewest and most: a coarse map of 2 × 2 is none, one of more comes too late."""
LARGE_HEAD_NUMBERS = 8_000_000
ROWS_FOR_LARGE_HEAD = {"while watched": 128, "at once": 512}


@dataclass(frozen=True, eq=False)
class Sweep:
    """What the network says with the rectangle at each position of a grid of R × C; read-only.

    `tops_px` [R] and `lefts_px` [C] are the rectangle's edges. `probabilities` [R, C, classes] and `map_totals`
    [R, C, maps] (the sum over each map of `layer`) are float32; where `known` [R, C] is False they repeat the nearest
    known position above and to the left. `seconds` is the time spent so far. Until the untouched photo has been through
    the network, everything is 0.
    """

    settings: OcclusionSettings
    layer: str
    tops_px: np.ndarray
    lefts_px: np.ndarray
    probabilities: np.ndarray
    map_totals: np.ndarray
    clean_probabilities: np.ndarray
    clean_map_totals: np.ndarray
    known: np.ndarray
    seconds: float

    @cached_property
    def done(self) -> float:
        """Share of the positions that are known, 0 to 1."""
        return float(self.known.mean())

    @property
    def seconds_left(self) -> float:
        """Time that the rest should take; infinite before the first result."""
        return self.seconds * (1 - self.done) / self.done if self.done else float("inf")

    @property
    def strongest_map(self) -> int:
        """The map with the largest total in the clean photo: the one that Fig. 7 (b) and (c) follow."""
        return int(self.clean_map_totals.argmax())

    @property
    def labels(self) -> np.ndarray:
        """The most probable class at each position [R, C]."""
        return self.probabilities.argmax(axis=2)

    def probability_of(self, label: int) -> np.ndarray:
        """Probability of one class at each position [R, C]."""
        return self.probabilities[:, :, label]

    def total_of(self, number: int) -> np.ndarray:
        """Total activation of one map at each position [R, C]."""
        return self.map_totals[:, :, number]

    @property
    def nbytes(self) -> int:
        """Memory of the arrays."""
        return self.probabilities.nbytes + self.map_totals.nbytes + self.known.nbytes


@dataclass(frozen=True, eq=False)
class OnePosition:
    """What the network says with the rectangle at one place: `probabilities` [classes], `map_totals` [maps]."""

    box: Box
    fill: str
    probabilities: np.ndarray
    map_totals: np.ndarray


SWEEPS: SharedResults[Sweep] = SharedResults(256 * 2**20, lambda sweep: sweep.nbytes)
"""Finished sweeps, for whoever asks the same again, and those under way, for whoever asks the same meanwhile."""


def totals_layer(network: Network) -> Layer:
    """The layer whose maps are totalled: the last one with feature maps (layer 5 of ZFNet and AlexNet)."""
    return [layer for layer in network.layers if layer.spatial][-1]


def sweep(network: Network, image: torch.Tensor, settings: OcclusionSettings | None = None, fast: bool = True) -> Sweep:
    """All positions at once; see `sweep_progressively` for the arguments."""
    *_, last = _steps(network, image, settings or OcclusionSettings(), fast, coarse_first=False)
    return last


def sweep_progressively(
    network: Network,
    image: torch.Tensor,
    settings: OcclusionSettings | None = None,
    fast: bool = True,
    shared: SharedResults[Sweep] | None = SWEEPS,
) -> Iterator[Sweep]:
    """Yield growing results several times a second: a coarse grid over the whole photo first, then what lies between.

    `image` is the network's normalised input [1, 3, input_px, input_px]. The last result has `done` = 1. Whoever wants
    no more simply stops asking. Several who ask the same at the same time push one computation forward; it is dropped
    when the last of them goes. `fast` = False keeps to literal sums where the fast convolutions round a little more.
    Raises ExplorerError for a photo or settings that do not fit.
    """
    settings = settings or OcclusionSettings()
    make = lambda: _steps(network, image, settings, fast, coarse_first=True)  # noqa: E731
    if shared is None:
        yield from make()
        return
    key = _key(network, image, settings, fast)
    with _interest_lock:
        _interest[key] += 1
    latest = None
    try:
        for latest in shared.steps(key, make):
            yield latest
        if latest is not None and latest.done < 1 and (whole := shared.newest(key)) is not None:
            yield whole  # somebody else took the last step
    finally:
        with _interest_lock:
            _interest[key] -= 1
            if not _interest[key]:
                del _interest[key]
                shared.forget(key)  # with the clean pass's tables, which are large


_interest: Counter[Hashable] = Counter()
_interest_lock = threading.Lock()


def finished(network: Network, image: torch.Tensor, settings: OcclusionSettings, fast: bool = True) -> Sweep | None:
    """The sweep, if somebody has finished it before and it is still kept."""
    return SWEEPS.complete(_key(network, image, settings, fast))


@torch.inference_mode()
def occlude_once(network: Network, image: torch.Tensor, box: Box, fill: str = "mean") -> OnePosition:
    """Cover one place of `image` [1, 3, input_px, input_px] and run the network in full.

    Raises ExplorerError for a photo that does not fit and for a box that is not inside it.
    """
    _check_photo(network, image)
    photo_px = image.shape[-1]
    check_size(box.height_px, box.width_px, photo_px)
    if not (0 <= box.top_px <= photo_px - box.height_px and 0 <= box.left_px <= photo_px - box.width_px):
        raise ExplorerError(
            f"The rectangle at row {box.top_px}, column {box.left_px} leaves the photo of {photo_px} px; "
            "move it inside."
        )
    keep_full_precision(network.device)
    photo = covered(image, fill_picture(image, fill, network.preprocessing), box)
    one = FullPasses(network, photo, photo, totals_layer(network).step)
    for _ in one.prepare():
        pass
    probabilities = one.clean_logits[0].float().softmax(dim=0)
    return OnePosition(box, fill, probabilities.cpu().numpy(), one.clean_totals[0].cpu().numpy())


def _check_photo(network: Network, image: torch.Tensor) -> None:
    side = network.preprocessing.input_px
    if tuple(image.shape) != (1, 3, side, side):
        raise ExplorerError(
            f"{network.title} looks at one photo [1, 3, {side}, {side}], this is {list(image.shape)}; "
            "make it with images.prepare."
        )


@torch.inference_mode()
def _steps(
    network: Network, image: torch.Tensor, settings: OcclusionSettings, fast: bool, coarse_first: bool
) -> Generator[Sweep, None, None]:
    started = time.perf_counter()
    _check_photo(network, image)
    grid = _Grid(network, settings, *(np.array(axis) for axis in settings.starts(image.shape[-1])))
    engine = _engine(network, image, settings, fast)
    partial = grid.result(time.perf_counter() - started)
    yield from _meanwhile(engine.prepare(), partial)
    grid.keep_clean(engine)
    positions = engine.positions_in_a_block
    rows_for_head = _rows_for_head(network, coarse_first)
    fewest, most = FIRST_MAP_POSITIONS
    first_map = max(fewest, min(positions, most))
    for level in coarse_to_fine(*grid.shape, _coarsest(grid.shape, first_map) if coarse_first else 1):
        pieces = deque(piece for block in level for piece in cut(*block, positions))
        waiting: list[_Piece] = []
        while pieces:
            rows, columns = pieces.popleft()
            block = engine.block(grid.tops[rows], grid.lefts[columns], settings.height_px, settings.width_px)
            try:
                found = yield from _meanwhile(block, partial)
            except torch.OutOfMemoryError:
                positions = len(rows) * len(columns) // 2
                if not positions:
                    raise
                pieces.extendleft(cut(rows, columns, positions))
                torch.cuda.empty_cache()
                continue
            waiting.append(_Piece(rows, columns, *found))
            if not pieces or sum(len(piece.features) for piece in waiting) >= rows_for_head:
                head = engine.head(torch.cat([piece.features for piece in waiting]))
                grid.keep(waiting, (yield from _meanwhile(head, partial)))
                waiting = []
                partial = grid.result(time.perf_counter() - started)
                yield partial


@dataclass(frozen=True, eq=False)
class _Piece:
    """A block of positions on its way: `features` and `totals` have one row for each of rows × columns."""

    rows: np.ndarray
    columns: np.ndarray
    features: torch.Tensor
    totals: torch.Tensor


class _Grid:
    """The growing results of one sweep."""

    def __init__(self, network: Network, settings: OcclusionSettings, tops: np.ndarray, lefts: np.ndarray) -> None:
        self.tops, self.lefts, self.settings = tops, lefts, settings
        self.layer = totals_layer(network).name
        self.shape = (len(tops), len(lefts))
        self.clean_probabilities = np.zeros(len(network.labels), dtype=np.float32)
        self.clean_totals = np.zeros(totals_layer(network).maps, dtype=np.float32)
        self.probabilities = np.zeros((*self.shape, len(self.clean_probabilities)), dtype=np.float32)
        self.totals = np.zeros((*self.shape, len(self.clean_totals)), dtype=np.float32)
        self.known = np.zeros(self.shape, dtype=bool)

    def keep_clean(self, engine: IncrementalNetwork | FullPasses) -> None:
        """Write down what the untouched photo gives."""
        self.clean_probabilities = engine.clean_logits[0].float().softmax(dim=0).cpu().numpy()
        self.clean_totals = engine.clean_totals[0].float().cpu().numpy()

    def keep(self, pieces: list[_Piece], probabilities: torch.Tensor) -> None:
        """Write down finished pieces; `probabilities` [P, classes] runs through them in order."""
        rows = probabilities.cpu().numpy()
        for piece in pieces:
            place = np.ix_(piece.rows, piece.columns)
            count = len(piece.features)
            self.probabilities[place] = rows[:count].reshape(len(piece.rows), len(piece.columns), -1)
            self.totals[place] = piece.totals.cpu().numpy().reshape(len(piece.rows), len(piece.columns), -1)
            self.known[place] = True
            rows = rows[count:]

    def result(self, seconds: float) -> Sweep:
        """What is known now, as a frozen copy."""
        row, column = _nearest_known(self.known)
        arrays = {
            "tops_px": self.tops,
            "lefts_px": self.lefts,
            "probabilities": self.probabilities[row, column],
            "map_totals": self.totals[row, column],
            "clean_probabilities": self.clean_probabilities,
            "clean_map_totals": self.clean_totals,
            "known": self.known.copy(),
        }
        for array in arrays.values():
            array.setflags(write=False)
        return Sweep(settings=self.settings, layer=self.layer, seconds=seconds, **arrays)


def _nearest_known(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each place of a grid, row and column of itself if known, else of the nearest coarser grid point that is."""
    row, column = np.indices(known.shape)
    found = known.copy()
    step = 2
    while not found.all() and step < 2 * max(known.shape):
        coarse_row, coarse_column = row - row % step, column - column % step
        better = ~found & known[coarse_row, coarse_column]
        row, column = np.where(better, coarse_row, row), np.where(better, coarse_column, column)
        found |= better
        step *= 2
    return row, column


def _coarsest(shape: tuple[int, int], positions: int) -> int:
    """The smallest power of two such that every so-many-th position makes a grid of at most `positions`."""
    step = 1
    while -(-shape[0] // step) * -(-shape[1] // step) > positions:
        step *= 2
    return step


def _rows_for_head(network: Network, watched: bool) -> int:
    """How many positions to collect before the fully connected layers: large ones cost mostly for being read."""
    numbers = sum(step.module.weight.numel() for step in network.steps if step.kind == "linear")
    if numbers <= LARGE_HEAD_NUMBERS:
        return 1
    return ROWS_FOR_LARGE_HEAD["while watched" if watched else "at once"]


def _key(network: Network, image: torch.Tensor, settings: OcclusionSettings, fast: bool) -> Hashable:
    """Identifies a sweep. The network is held weakly: a result must not keep a network alive."""
    photo = hashlib.sha256(image.cpu().contiguous().numpy().tobytes()).hexdigest()
    return weakref.ref(network), photo, settings, fast


def _engine(
    network: Network, image: torch.Tensor, settings: OcclusionSettings, fast: bool
) -> IncrementalNetwork | FullPasses:
    keep_full_precision(network.device)
    fill = fill_picture(image, settings.fill, network.preprocessing)
    totals_of = totals_layer(network).step
    tower = tower_of(network)
    if tower and any(stage.last.name == totals_of for stage in tower.stages):
        return IncrementalNetwork(network, tower, image, fill, totals_of, fast)
    return FullPasses(network, image, fill, totals_of)


def _meanwhile(work: Generator[None, None, _Result], partial: Sweep) -> Generator[Sweep, None, _Result]:
    """Do `work`; at each of its pauses show what was known before."""
    while True:
        try:
            next(work)
        except StopIteration as finished:
            return finished.value
        yield partial

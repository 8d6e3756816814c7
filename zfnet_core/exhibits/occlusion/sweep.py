"""Occlusion sensitivity (§4.2, Fig. 7): cover a part of the photo and see what the network makes of the rest.

    sweep = occlusion.whole_sweep(network, image, OcclusionSettings.square(48, stride_px=8))
    sweep.probability_of(class_index)      # Fig. 7 (d), [rows, columns]
    sweep.total_of(sweep.strongest_map)    # Fig. 7 (b)
    sweep.class_indices                    # Fig. 7 (e)

Towers such as ZFNet, AlexNet and VGG recompute only what the occluder changes (`incremental_network.py`); networks that
branch run every covered photo in full. The numbers are the same to float32 rounding.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import torch

from zfnet_core.errors import ExplorerError
from zfnet_core.exhibits.occlusion.engine import engine_for
from zfnet_core.exhibits.occlusion.full_passes import FullPasses
from zfnet_core.exhibits.occlusion.occluder import Occluder, OcclusionSettings, check_size, covered, fill_picture
from zfnet_core.exhibits.occlusion.plan import coarse_to_fine, cut
from zfnet_core.language import phrase
from zfnet_core.models.network import Layer, Network
from zfnet_core.models.steps import Linear

_Result = TypeVar("_Result")

FIRST_MAP_POSITIONS = 16, 49
"""Fewest and most: a coarse map of 2 × 2 is none, one of more comes too late."""
LARGE_HEAD_NUMBERS = 8_000_000
LARGEST_GRID = 4_000_000
"""Probabilities that a sweep keeps, 16 MB: the thousand classes of ImageNet on the finest grid on offer, and more."""
ROWS_FOR_LARGE_HEAD = {"while watched": 128, "at once": 512}


@dataclass(frozen=True, eq=False)
class Sweep:
    """What the network says with the occluder at each position of a grid of R × C; read-only.

    `tops_px` [R] and `lefts_px` [C] are the occluder's edges; `layer` is the one whose maps are totalled. `classes` [K]
    are the indices, ascending, of the classes whose probabilities are kept: all of them where there is room
    (`LARGEST_GRID`), else those that were asked for and the most probable of the untouched photo. Where `known` [R, C]
    is False, values repeat the nearest known position above and to the left. `seconds` is the time spent so far. Until
    the untouched photo has been through the network, everything is 0.
    """

    settings: OcclusionSettings
    layer: str
    tops_px: np.ndarray
    lefts_px: np.ndarray
    classes: np.ndarray
    clean_probabilities: np.ndarray
    clean_map_totals: np.ndarray
    known: np.ndarray
    seconds: float
    grid: SharedGrid

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

    @cached_property
    def class_indices(self) -> np.ndarray:
        """The index of the most probable class of all at each position [R, C]."""
        return self._at(self.grid.winners)

    @cached_property
    def class_probabilities(self) -> np.ndarray:
        """The probability of that class [R, C]."""
        return self._at(self.grid.winning)

    @property
    def probabilities(self) -> np.ndarray:
        """Of all `classes` at each position [R, C, K], put together when asked for."""
        return self._at(self.grid.probabilities)

    @property
    def map_totals(self) -> np.ndarray:
        """The sum over each map of `layer` at each position [R, C, maps], put together when asked for."""
        return self._at(self.grid.totals)

    def probability_of(self, class_index: int) -> np.ndarray:
        """Probability of one of `classes` at each position [R, C]. Raises ExplorerError for another one."""
        place = int(np.searchsorted(self.classes, class_index))
        if place == len(self.classes) or self.classes[place] != class_index:
            raise ExplorerError(
                phrase("The sweep has not kept class {index}; ask for it before it begins.", index=class_index)
            )
        return self._at(self.grid.probabilities[:, :, place])

    def total_of(self, map: int) -> np.ndarray:
        """Total activation of one map at each position [R, C]."""
        return self._at(self.grid.totals[:, :, map])

    @property
    def nbytes(self) -> int:
        """Memory of the arrays, most of which all results of a sweep share."""
        return self.grid.nbytes + self.known.nbytes

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return _nearest_known(self.known)

    def _at(self, values: np.ndarray) -> np.ndarray:
        """`values` [R, C, …] of the grid, as they were when this result was made."""
        if not self.known.all():
            row, column, found = self._places
            values = np.where(found.reshape(*found.shape, *(1,) * (values.ndim - 2)), values[row, column], 0)
        else:
            values = values.view()
        values.setflags(write=False)
        return values


@dataclass(frozen=True, eq=False)
class SharedGrid:
    """The arrays that all results of one sweep share: what is known in them never changes, the rest is filled in.

    `probabilities` [R, C, K] and `totals` [R, C, maps] are float32; `winners` [R, C] are the most probable classes of
    all and `winning` [R, C] their probabilities.
    """

    probabilities: np.ndarray
    totals: np.ndarray
    winners: np.ndarray
    winning: np.ndarray

    @classmethod
    def empty(cls, shape: tuple[int, int], classes: int, maps: int) -> SharedGrid:
        """All zero."""
        return cls(
            np.zeros((*shape, classes), np.float32),
            np.zeros((*shape, maps), np.float32),
            np.zeros(shape, np.int64),
            np.zeros(shape, np.float32),
        )

    @property
    def nbytes(self) -> int:
        """Memory of the arrays."""
        return self.probabilities.nbytes + self.totals.nbytes + self.winners.nbytes + self.winning.nbytes


@dataclass(frozen=True, eq=False)
class OnePosition:
    """What the network says with the occluder at one place: `probabilities` [classes], `map_totals` [maps]."""

    occluder: Occluder
    fill: str
    probabilities: np.ndarray
    map_totals: np.ndarray


def totals_layer(network: Network) -> Layer:
    """The layer whose maps are totalled: the last one with feature maps (layer 5 of ZFNet and AlexNet)."""
    return [layer for layer in network.layers if layer.spatial][-1]


def keeps_all_classes(network: Network, settings: OcclusionSettings) -> bool:
    """Whether a sweep has room for the probabilities of all classes, so that any can be followed afterwards."""
    tops, lefts = settings.starts(network.preprocessing.input_px)
    return len(tops) * len(lefts) * len(network.labels) <= LARGEST_GRID


def whole_sweep(
    network: Network,
    image: torch.Tensor,
    settings: OcclusionSettings | None = None,
    fast: bool = True,
    follow: Sequence[int] = (),
) -> Sweep:
    """All positions at once, for whoever does not watch: a little quicker than `compute`, whose arguments it takes."""
    *_, last = _steps(network, image, settings or OcclusionSettings(), fast, follow, coarse_first=False)
    return last


def compute(
    network: Network,
    image: torch.Tensor,
    settings: OcclusionSettings | None = None,
    fast: bool = True,
    follow: Sequence[int] = (),
) -> Iterator[Sweep]:
    """Yield growing results several times a second: a coarse grid over the whole photo first, then what lies between.

    `image` is the network's normalised input [1, 3, input_px, input_px]. The last result has `done` = 1. Whoever wants
    no more simply stops asking. `fast` = False keeps to literal sums where the fast convolutions round a little more.
    `follow` are class indices to keep in any case, where there is not room for all (`keeps_all_classes`).
    Raises ExplorerError for a photo or settings that do not fit.
    """
    return _steps(network, image, settings or OcclusionSettings(), fast, follow, coarse_first=True)


@torch.inference_mode()
def occlude_once(network: Network, image: torch.Tensor, occluder: Occluder, fill: str = "mean") -> OnePosition:
    """Cover one place of `image` [1, 3, input_px, input_px] and run the network in full.

    Raises ExplorerError for a photo that does not fit and for an occluder that is not inside it.
    """
    _check_photo(network, image)
    photo_px = image.shape[-1]
    top, left, height, width = occluder.top_px, occluder.left_px, occluder.height_px, occluder.width_px
    check_size(height, width, photo_px)
    if not (0 <= top <= photo_px - height and 0 <= left <= photo_px - width):
        raise ExplorerError(
            phrase(
                "The occluder at row {row}, column {column} leaves the photo of {side} px; move it inside.",
                row=top,
                column=left,
                side=photo_px,
            )
        )
    photo = covered(image, fill_picture(image, fill, network.preprocessing), occluder)
    one = FullPasses(network, photo, photo, totals_layer(network).step)
    for _ in one.prepare():
        pass
    probabilities = one.clean_features[0].float().softmax(dim=0)
    return OnePosition(occluder, fill, probabilities.cpu().numpy(), one.clean_totals[0].cpu().numpy())


def _check_photo(network: Network, image: torch.Tensor) -> None:
    side = network.preprocessing.input_px
    if tuple(image.shape) != (1, 3, side, side):
        raise ExplorerError(
            phrase(
                "{network} looks at one photo [1, 3, {side}, {side}], this is {shape}; make it with images.prepare.",
                network=network.title,
                side=side,
                shape=list(image.shape),
            )
        )


@torch.inference_mode()
def _steps(
    network: Network,
    image: torch.Tensor,
    settings: OcclusionSettings,
    fast: bool,
    follow: Sequence[int],
    coarse_first: bool,
) -> Generator[Sweep, None, None]:
    started = time.perf_counter()
    _check_photo(network, image)
    grid = _Grid(network, settings, *(np.array(axis) for axis in settings.starts(image.shape[-1])))
    engine = engine_for(network, image, settings, totals_layer(network).step, fast)
    partial = grid.result(time.perf_counter() - started)
    yield from _meanwhile(engine.prepare(), partial)
    clean = engine.clean_features
    if coarse_first:
        grid.keep_clean((yield from _meanwhile(engine.head(clean), partial))[0], engine.clean_totals[0], follow)
        clean = clean[:0]
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
                head = engine.head(torch.cat([clean, *(piece.features for piece in waiting)]))
                found_rows = yield from _meanwhile(head, partial)
                if len(clean):  # large layers cost mostly for being read, so that one row more is nearly free
                    grid.keep_clean(found_rows[0], engine.clean_totals[0], follow)
                grid.keep(waiting, found_rows[len(clean) :])
                waiting, clean = [], clean[:0]
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
        self.layer, self.maps = totals_layer(network).name, totals_layer(network).maps
        self.shape = (len(tops), len(lefts))
        self.clean_probabilities = np.zeros(len(network.labels), dtype=np.float32)
        self.clean_totals = np.zeros(self.maps, dtype=np.float32)
        self.classes = self._kept(())
        self.shared = SharedGrid.empty(self.shape, len(self.classes), self.maps)
        self.known = np.zeros(self.shape, dtype=bool)

    def _kept(self, follow: Sequence[int]) -> np.ndarray:
        """The classes there is room for: those asked for, then the most probable ones of the untouched photo."""
        room = max(1, LARGEST_GRID // (self.shape[0] * self.shape[1]))
        order = [*dict.fromkeys([*follow, *np.argsort(-self.clean_probabilities, kind="stable").tolist()])]
        return np.sort(np.array(order[: max(room, len(follow))]))

    def keep_clean(self, probabilities: torch.Tensor, totals: torch.Tensor, follow: Sequence[int]) -> None:
        """Write down what the untouched photo gives, and settle which classes are kept."""
        self.clean_probabilities = probabilities.cpu().numpy().copy()  # not a view that keeps a whole batch
        self.clean_totals = totals.float().cpu().numpy()
        self.classes = self._kept(follow)

    def keep(self, pieces: list[_Piece], probabilities: torch.Tensor) -> None:
        """Write down finished pieces; `probabilities` [P, classes] runs through them in order."""
        rows = probabilities.cpu().numpy()
        for piece in pieces:
            place = np.ix_(piece.rows, piece.columns)
            count, here = len(piece.features), (len(piece.rows), len(piece.columns))
            self.shared.probabilities[place] = rows[:count, self.classes].reshape(*here, -1)
            self.shared.winners[place] = rows[:count].argmax(axis=1).reshape(here)
            self.shared.winning[place] = rows[:count].max(axis=1).reshape(here)
            self.shared.totals[place] = piece.totals.cpu().numpy().reshape(*here, -1)
            self.known[place] = True
            rows = rows[count:]

    def result(self, seconds: float) -> Sweep:
        """What is known now."""
        arrays = {
            "tops_px": self.tops,
            "lefts_px": self.lefts,
            "classes": self.classes,
            "clean_probabilities": self.clean_probabilities,
            "clean_map_totals": self.clean_totals,
            "known": self.known.copy(),
        }
        for array in arrays.values():
            array.setflags(write=False)
        return Sweep(settings=self.settings, layer=self.layer, seconds=seconds, grid=self.shared, **arrays)


def _nearest_known(known: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each place of a grid, row and column of itself if known, else of the nearest coarser grid point that is; and
    whether there is one."""
    places = np.indices(known.shape)
    row, column = places[0], places[1]
    found = known.copy()
    step = 2
    while not found.all() and step < 2 * max(known.shape):
        coarse_row, coarse_column = row - row % step, column - column % step
        better = ~found & known[coarse_row, coarse_column]
        row, column = np.where(better, coarse_row, row), np.where(better, coarse_column, column)
        found |= better
        step *= 2
    return row, column, found


def _coarsest(shape: tuple[int, int], positions: int) -> int:
    """The smallest power of two such that every so-many-th position makes a grid of at most `positions`."""
    step = 1
    while -(-shape[0] // step) * -(-shape[1] // step) > positions:
        step *= 2
    return step


def _rows_for_head(network: Network, watched: bool) -> int:
    """How many positions to collect before the fully connected layers: large ones cost mostly for being read."""
    numbers = sum(step.macs for step in network.steps if isinstance(step, Linear))
    if numbers <= LARGE_HEAD_NUMBERS:
        return 1
    return ROWS_FOR_LARGE_HEAD["while watched" if watched else "at once"]


def _meanwhile(work: Generator[None, None, _Result], partial: Sweep) -> Generator[Sweep, None, _Result]:
    """Do `work`; at each of its pauses show what was known before."""
    while True:
        try:
            next(work)
        except StopIteration as finished:
            return finished.value
        yield partial

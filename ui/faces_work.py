"""What the correspondence page asks for, and the measurement for it: kept for everybody, or growing in a job."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from ui import photo_set, state
from ui.components.markers import Points
from ui.growing import Growing, growing
from ui.three_values import three_values
from zfnet_core import marked_faces, our_results, paper_values
from zfnet_core.compute import MEGABYTE
from zfnet_core.experiments.correspondence import (
    PARTS,
    POOLED,
    RANDOM,
    Correspondence,
    CorrespondenceSettings,
    correspondence,
    feature_choices,
)
from zfnet_core.images import Photo, prepare
from zfnet_core.models.network import Network
from zfnet_core.shared_results import SharedResults

SLOT = "correspondence:measure"
CHOSEN = "chosen"
STARTING = ((0.35, 0.4), (0.65, 0.4), (0.5, 0.62))
SIDES = (16, 24, 32, 40, 48, 64, 80)
REPEATS = (5, 10, 20, 50)

PAPER_COLUMNS = {"conv5 pooled": "layer 5", "conv5": "layer 5", "fc7": "layer 7"}

_results: SharedResults[Correspondence] = SharedResults(32 * MEGABYTE, lambda _: MEGABYTE // 4)


@dataclass(frozen=True, eq=False)
class Faces:
    """The photos, where their parts are in input pixels, a note on what they are worth, and the name of the set."""

    photos: tuple[Photo, ...]
    points: Points
    note: str
    marked: str = ""


def sources() -> dict[str, str]:
    """The sets of faces to choose from, by name."""
    return {name: marked_faces.face_set(name).title for name in marked_faces.names()} | {CHOSEN: "Photos you choose"}


def faces(network: Network) -> Faces:
    """The chosen faces, with the marks from the link where they fit and the usual ones otherwise."""
    view, size = state.view(), network.preprocessing.input_px
    if view.faces in marked_faces.names():
        chosen = marked_faces.face_set(view.faces)
        marked = marked_faces.load(view.faces)
        photos = tuple(one.photo for one in marked)
        points = tuple(marked_faces.input_points(one, network.preprocessing) for one in marked)
        note = f"{chosen.note} Photos: {chosen.credit}."
    else:
        photos = tuple(photo_set.chosen("faces_photos").values())
        points = tuple(tuple((x * size, y * size) for x, y in STARTING) for _ in photos)
        note = "Drag the squares to the same parts of every photo."
    asked = view.faces_points
    if len(asked) == 2 * len(PARTS) * len(photos) and all(0 <= value < size for value in asked):
        points = tuple(map(tuple, np.reshape(asked, (len(photos), len(PARTS), 2)).tolist()))
    whole = tuple(tuple((round(x), round(y)) for x, y in photo) for photo in points)
    return Faces(photos, whole, note, view.faces if view.faces in marked_faces.names() else "")


def choose_points(points: Points) -> None:
    """Put the marks somewhere else."""
    state.change(faces_points=tuple(value for photo in points for point in photo for value in point))


def choose_faces() -> None:
    """Choose a set of faces, or photos of one's own; marks belong to photos, so that others get their usual marks."""
    key, titles = "faces-set", sources()
    chosen = state.view().faces if state.view().faces in titles else next(iter(titles))
    if st.session_state.get(key) != chosen:
        st.session_state[key] = chosen

    def commit() -> None:
        state.change(faces=st.session_state[key], faces_points=())

    st.selectbox("Faces", list(titles), format_func=titles.get, key=key, on_change=commit, width=240)


def layers(network: Network) -> tuple[str, str]:
    """The two feature vectors to be compared; the last pooled one and the one before the last by default."""
    names, view = feature_choices(network), state.view()
    pooled = [name for name in names if name.endswith(POOLED)] or list(names)
    low = view.faces_low if view.faces_low in names else pooled[-1]
    return low, view.faces_high if view.faces_high in names else names[-2]


def settings(network: Network, found: Faces) -> CorrespondenceSettings:
    """What is to be measured."""
    side, repeats = state.view().faces_side, state.view().faces_repeats
    return CorrespondenceSettings(
        points=found.points,
        layers=tuple(dict.fromkeys(layers(network))),
        side_px=side if side in SIDES else 48,
        repeats=repeats if repeats in REPEATS else 20,
    )


def current(network: Network, found: Faces, asked: CorrespondenceSettings) -> Growing[Correspondence]:
    """The measurement as far as it is known, and the job that is still at it (None when it is complete)."""
    key = (network.uid, tuple(photo.sha for photo in found.photos), asked)

    def make() -> Iterator[Correspondence]:
        return correspondence(network, inputs(network, found), asked)

    return growing(_results, SLOT, key, make)


def inputs(network: Network, found: Faces) -> torch.Tensor:
    """The middle of each photo as the network's input, [P, 3, input_px, input_px]."""
    return torch.cat([prepare(photo, network.preprocessing) for photo in found.photos])


def pictures(network: Network, found: Faces) -> list[tuple[str, str]]:
    """(title, data URL) of each photo as the network sees it."""
    return [(photo.name or "Your photo", photo_set.picture_url(photo, network.preprocessing)) for photo in found.photos]


def series(network: Network, layer: str, found: Correspondence) -> dict[str, dict[str, tuple[float, float | None]]]:
    """(mean, spread) of every part at a layer: the paper's, ours and the visitor's."""
    rows = (*PARTS, RANDOM)
    return {
        "Paper": _papers(layer),
        "Ours (bundled)": our_results.table_1(network).get(layer, {}),
        "Your run": {part: (found.mean(part, layer), found.spread(part, layer)) for part in rows},
    }


def table(network: Network, found: Correspondence) -> None:
    """The same as a table of three values."""
    rows = []
    for layer in found.settings.layers:
        values = series(network, layer, found)
        for part in (*PARTS, RANDOM):
            cells = [_text(values[name].get(part)) for name in ("Paper", "Ours (bundled)", "Your run")]
            rows.append((f"{layer}, {part}", *cells))
    three_values(rows, f"Paper: {paper_values.exhibit('table-1').note} Ours: {our_results.how(network, 'table-1')}")


def _papers(layer: str) -> dict[str, tuple[float, float | None]]:
    """The paper's column for a layer; empty where it has none."""
    column = PAPER_COLUMNS.get(layer)
    if column is None:
        return {}
    printed = paper_values.exhibit("table-1")
    cells = {row: printed.value(row, column) for row in printed.rows}
    return {row: (cell.value, cell.spread) for row, cell in cells.items()}


def _text(value: tuple[float, float | None] | None) -> str:
    if value is None or not np.isfinite(value[0]):
        return "–"
    mean, spread = value
    return f"{mean:.3f}" if spread is None or not np.isfinite(spread) else f"{mean:.3f} ± {spread:.3f}"

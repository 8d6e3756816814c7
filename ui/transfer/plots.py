"""The classifier's charts: what is taken for what, all photos as points, and Fig. 9; with their alt texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from zfnet_core.drawing.palette import AXIS, OKABE_ITO, QUIET, SERIES
from zfnet_core.exhibits.transfer import Curve, PhotoMap, Scratch
from zfnet_core.language import t

OURS = tuple(OKABE_ITO[name] for name in ("sky", "green", "purple"))
MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "star", "hexagon", "bowtie")


def confusion(table: np.ndarray, names: Sequence[str]) -> go.Figure:
    """How many photos of class [row] were taken for class [column]."""
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=list(range(len(names))),
            y=list(range(len(names))),
            text=table,
            texttemplate="%{text}",
            colorscale="Viridis",
            zmin=0,
            zmax=1,
            showscale=False,
            hovertemplate="%{text}<extra></extra>",
        )
    )
    ticks = {"tickvals": list(range(len(names))), "ticktext": [_plain(name) for name in names]}
    figure.update_layout(
        height=130 + 30 * len(names),
        margin=MARGIN,
        xaxis={**ticks, "title": {"text": t("taken for")}, "automargin": True},
        yaxis={**ticks, "title": {"text": t("is")}, "autorange": "reversed", "automargin": True},
    )
    return figure


def confusion_alt(table: np.ndarray, names: Sequence[str]) -> str:
    """The matrix in words: what is right, and every confusion."""
    wrong = [
        t("{n} of “{name}” taken for “{other}”", n=int(table[row, column]), name=names[row], other=names[column])
        for row in range(len(names))
        for column in range(len(names))
        if row != column and table[row, column]
    ]
    words = t("{right} of {n} photos right.", right=int(np.trace(table)), n=int(table.sum()))
    return f"{words} {'; '.join(wrong)}"


def photo_points(found: PhotoMap, labels: np.ndarray, names: Sequence[str], photos: Sequence[str]) -> go.Figure:
    """All photos as points, a colour and a symbol for each class."""
    figure = go.Figure()
    for number, name in enumerate(names):
        mine = labels == number
        figure.add_scatter(
            x=found.places[mine, 0],
            y=found.places[mine, 1],
            mode="markers",
            name=_plain(name),
            text=[_plain(photo) for photo, own in zip(photos, mine, strict=True) if own],
            hovertemplate="%{text}<extra>%{fullData.name}</extra>",
            marker={
                "color": SERIES[number % len(SERIES)],
                "symbol": SYMBOLS[number % len(SYMBOLS)],
                "size": 10,
                "line": {"width": 1, "color": "white"},
            },
        )
    hidden = {"showticklabels": False, "zeroline": False, "showgrid": False}
    figure.update_layout(
        height=380,
        margin=MARGIN,
        xaxis=hidden,
        yaxis=hidden,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    return figure


def few(
    curve: Curve,
    scratch: Scratch | None,
    paper: Sequence[tuple[int, float]],
    chance: float,
    ours: Mapping[str, Sequence[tuple[int, float]]] | None = None,
) -> go.Figure:
    """Fig. 9: share right against photos a class; `ours` are the bundled curves by title."""
    figure = go.Figure()
    known = np.isfinite(curve.means)
    figure.add_scatter(
        x=np.array(curve.counts)[known],
        y=curve.means[known],
        error_y={"type": "data", "array": np.nan_to_num(curve.spreads[known])},
        name=t("your classes"),
        mode="lines+markers",
        line={"color": OKABE_ITO["blue"]},
    )
    if scratch is not None and np.isfinite(scratch.accuracy).any():
        there = np.isfinite(scratch.accuracy)
        figure.add_scatter(
            x=np.array(scratch.counts)[there],
            y=scratch.accuracy[there],
            name=t("from random weights"),
            mode="lines+markers",
            line={"color": OKABE_ITO["vermilion"], "dash": "dot"},
            marker={"symbol": "x"},
        )
    figure.add_scatter(
        x=[count for count, _ in paper],
        y=[value for _, value in paper],
        name=t("the paper, Caltech-256"),
        mode="lines+markers",
        line={"color": QUIET, "dash": "dash"},
        marker={"symbol": "square"},
    )
    for number, (title, values) in enumerate((ours or {}).items()):
        figure.add_scatter(
            x=[count for count, _ in values],
            y=[value for _, value in values],
            name=title,
            mode="lines+markers",
            line={"color": OURS[number % len(OURS)], "width": 1.5},
            marker={"symbol": SYMBOLS[number + 2]},
        )
    figure.add_hline(y=chance, line={"color": AXIS, "dash": "dot"})
    figure.update_layout(
        height=380,
        margin=MARGIN,
        xaxis={"title": {"text": t("photos a class")}, "automargin": True},
        yaxis={"title": {"text": t("right, %")}, "range": [0, 102], "automargin": True},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    return figure


def _plain(name: str) -> str:
    """A name as plotly shall write it, which takes tags for markup."""
    return name.replace("&", "&amp;").replace("<", "&lt;")

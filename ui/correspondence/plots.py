"""Table 1 as bars and the agreement of pairs as a grid, with their alt texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from zfnet_core.drawing.palette import AXIS, OKABE_ITO, QUIET
from zfnet_core.exhibits.correspondence.measure import shown as shown_layer
from zfnet_core.language import later, t

HEIGHT_PX = 300
SERIES = {later("Paper"): QUIET, later("Ours (bundled)"): OKABE_ITO["sky"], later("Your run"): OKABE_ITO["green"]}
PART_COLOURS = tuple(OKABE_ITO[name] for name in ("orange", "blue", "purple"))
Values = Mapping[str, tuple[float, float | None]]


def bars(series: Mapping[str, Values], parts: Sequence[str]) -> go.Figure:
    """Δ of each part with its spread, as multiples of what random places give: `series[name][part]` is (mean, standard
    deviation or None)."""
    figure = go.Figure()
    for name, values in series.items():
        known = [part for part in parts if part in values and np.isfinite(values[part][0])]
        figure.add_bar(
            x=[t(part) for part in known],
            y=[values[part][0] for part in known],
            error_y={
                "type": "data",
                "array": [values[part][1] or 0 for part in known],
                "thickness": 1.5,
                "color": AXIS,
            },
            name=t(name),
            marker_color=SERIES[name],
            hovertemplate="%{y:.2f}",
        )
    figure.add_hline(y=1, line={"color": AXIS, "dash": "dot"})
    figure.update_layout(
        height=HEIGHT_PX,
        margin={"l": 50, "r": 8, "t": 8, "b": 30},
        barmode="group",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={"categoryorder": "array", "categoryarray": [t(part) for part in parts]},
        yaxis={"title": {"text": t("Δ, random places = 1")}, "rangemode": "tozero"},
    )
    return figure


def bars_alt(series: Mapping[str, Values], parts: Sequence[str], layer: str) -> str:
    """The bars in words."""
    words = []
    for name, values in series.items():
        found = [
            f"{t(part)} {values[part][0]:.2f}" for part in parts if part in values and np.isfinite(values[part][0])
        ]
        if found:
            words.append(t("{name}: {values}", name=t(name), values=t(", ").join(found)))
    return t(
        "Bar chart of the mean sign change Δ at {layer}, random places = 1. {series}.",
        layer=shown_layer(layer),
        series=t("; ").join(words),
    )


def pairs(matrix: np.ndarray, titles: Sequence[str]) -> go.Figure:
    """Δ of every pair [photos, photos]; the diagonal is left empty."""
    shown = np.where(np.eye(len(matrix), dtype=bool), np.nan, matrix)
    figure = go.Figure(
        go.Heatmap(
            z=shown,
            x=list(range(1, len(titles) + 1)),
            y=list(range(1, len(titles) + 1)),
            colorscale="Viridis",
            texttemplate="%{z:.3f}",
            hoverongaps=False,
            colorbar={"title": {"text": "Δ"}, "thickness": 12},
        )
    )
    figure.update_layout(
        height=HEIGHT_PX,
        margin={"l": 40, "r": 8, "t": 8, "b": 40},
        xaxis={"title": {"text": t("photo")}, "dtick": 1, "showgrid": False, "constrain": "domain"},
        yaxis={
            "title": {"text": t("photo")},
            "dtick": 1,
            "showgrid": False,
            "autorange": "reversed",
            "scaleanchor": "x",
            "constrain": "domain",
        },
    )
    return figure


def pairs_alt(matrix: np.ndarray, closest: tuple[int, int], part: str, layer: str) -> str:
    """The grid in words."""
    told = {"layer": shown_layer(layer), "part": t(part)}
    upper = matrix[np.triu_indices(len(matrix), 1)]
    if not np.isfinite(upper).all():
        return t("Agreement of pairs at {layer} when the {part} is hidden: not computed yet.", **told)
    i, j = closest
    return t(
        "Agreement of {pairs} pairs of photos at {layer} when the {part} is hidden: Δ from {least:.3f} (photos {first} "
        "and {second}) to {most:.3f}.",
        pairs=len(upper),
        least=upper.min(),
        first=i + 1,
        second=j + 1,
        most=upper.max(),
        **told,
    )

"""Table 1 as bars and the agreement of pairs as a grid, with their alt texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

HEIGHT_PX = 300
SERIES = {"Paper": "#8a8f98", "Ours (bundled)": "#56b4e9", "Your run": "#0f766e"}
PART_COLOURS = ("#e69f00", "#0072b2", "#cc79a7")
Values = Mapping[str, tuple[float, float | None]]


def bars(series: Mapping[str, Values], parts: Sequence[str]) -> go.Figure:
    """Δ of each part with its spread: `series[name][part]` is (mean, standard deviation or None)."""
    figure = go.Figure()
    for name, values in series.items():
        known = [part for part in parts if part in values and np.isfinite(values[part][0])]
        figure.add_bar(
            x=known,
            y=[values[part][0] for part in known],
            error_y={
                "type": "data",
                "array": [values[part][1] or 0 for part in known],
                "thickness": 1.5,
                "color": "gray",
            },
            name=name,
            marker_color=SERIES[name],
            hovertemplate="%{y:.3f}",
        )
    figure.update_layout(
        height=HEIGHT_PX,
        margin={"l": 50, "r": 8, "t": 8, "b": 30},
        barmode="group",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={"categoryorder": "array", "categoryarray": list(parts)},
        yaxis={"title": {"text": "Δ (share of signs that differ)"}, "rangemode": "tozero"},
    )
    return figure


def bars_alt(series: Mapping[str, Values], parts: Sequence[str], layer: str) -> str:
    """The bars in words."""
    words = []
    for name, values in series.items():
        found = [f"{part} {values[part][0]:.3f}" for part in parts if part in values and np.isfinite(values[part][0])]
        if found:
            words.append(f"{name}: {', '.join(found)}")
    return f"Bar chart of the mean sign change Δ at {layer}. {'; '.join(words)}."


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
        xaxis={"title": {"text": "photo"}, "dtick": 1, "showgrid": False, "constrain": "domain"},
        yaxis={
            "title": {"text": "photo"},
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
    upper = matrix[np.triu_indices(len(matrix), 1)]
    if not np.isfinite(upper).all():
        return f"Agreement of pairs at {layer} when the {part} is hidden: not computed yet."
    i, j = closest
    return (
        f"Agreement of {len(upper)} pairs of photos at {layer} when the {part} is hidden: Δ from {upper.min():.3f} "
        f"(photos {i + 1} and {j + 1}) to {upper.max():.3f}."
    )

"""The curves of Fig. 5 as charts, with their alt texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ui.photo_set import COLOURS
from zfnet_core.experiments.transforms import Transformation

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")
HEIGHT_PX = 300


def panel(
    transformation: Transformation,
    amounts: Sequence[float],
    values: np.ndarray,
    names: Sequence[str],
    title: str,
    at: float,
    *,
    share: bool = False,
    changed: np.ndarray | None = None,
) -> go.Figure:
    """One column of Fig. 5: `values` [photos, steps] over `amounts`, NaN where not known yet.

    `share`: probabilities, shown in per cent. `changed` marks steps whose most probable class differs from the
    untouched photo's by hollow points. `at` is the handle's amount.
    """
    figure = go.Figure()
    for index, name in enumerate(names):
        hollow = changed[index] if changed is not None else np.zeros(len(amounts), bool)
        marker = {
            "symbol": [SYMBOLS[index] + ("-open" if open_ else "") for open_ in hollow],
            "size": 6,
            "color": COLOURS[index],
        }
        figure.add_scatter(
            x=list(amounts),
            y=[None if np.isnan(value) else float(value) for value in values[index]],
            name=name,
            mode="lines+markers",
            line={"color": COLOURS[index], "width": 2},
            marker=marker,
            hovertemplate="%{y:.1%}" if share else "%{y:.3g}",
        )
    figure.add_vline(x=at, line={"color": "gray", "width": 1.5, "dash": "dash"})
    unit = "×" if transformation.kind == "scale" else transformation.unit
    figure.update_layout(
        title={"text": title, "font": {"size": 14}},
        height=HEIGHT_PX,
        margin={"l": 48, "r": 8, "t": 36, "b": 40},
        showlegend=False,
        hovermode="x unified",
        uirevision=title,
        xaxis={"title": {"text": f"{transformation.title.lower()} ({unit})"}},
        yaxis={"rangemode": "tozero", "tickformat": ".0%" if share else None},
    )
    if share and not np.isnan(values).all():
        figure.update_yaxes(range=[0, min(1.02, 1.15 * float(np.nanmax(values)))])
    return figure


def panel_alt(
    transformation: Transformation,
    amounts: Sequence[float],
    values: np.ndarray,
    names: Sequence[str],
    title: str,
    share: bool,
) -> str:
    """The panel in words, from its numbers: each photo's value at both ends and its extreme."""
    parts = []
    for name, row in zip(names, values, strict=True):
        known = np.flatnonzero(~np.isnan(row))
        if len(known) == 0:
            parts.append(f"{name} is not computed yet")
            continue
        extreme = known[row[known].argmin() if share else row[known].argmax()]
        number = (lambda value: f"{value:.0%}") if share else (lambda value: f"{value:.3g}")
        first, last = known[0], known[-1]
        parts.append(
            f"{name}: {number(row[first])} at {transformation.text(amounts[first])}, {number(row[last])} at "
            f"{transformation.text(amounts[last])}, {'lowest' if share else 'highest'} {number(row[extreme])} at "
            f"{transformation.text(amounts[extreme])}"
        )
    return f"Line chart, {title} over {transformation.title.lower()}. {'; '.join(parts)}."

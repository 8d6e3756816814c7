"""The deletion and insertion curves, with their words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ui.trust.words import METHODS
from zfnet_core.drawing.palette import QUIET, SERIES
from zfnet_core.exhibits.trust import Curves
from zfnet_core.language import t

DASHES = ("solid", "dash", "dashdot", "dot")


def curves(found: Mapping[str, Curves], which: str) -> go.Figure:
    """One curve for each method; `which` is "deletion" or "insertion"."""
    figure = go.Figure()
    for number, name in enumerate(METHODS):
        if name in found:
            values = getattr(found[name], which)
            figure.add_scatter(
                x=np.linspace(0, 100, len(values)),
                y=values,
                name=t(METHODS[name][0]),
                line={"color": QUIET if name == "random" else SERIES[number], "dash": DASHES[number]},
                hovertemplate="%{x:.0f} %: %{y:.3f}",
            )
    figure.update_layout(
        height=260,
        margin={"l": 50, "r": 8, "t": 8, "b": 40},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={"title": {"text": t("pixels, %")}},
        yaxis={"title": {"text": t("probability")}, "rangemode": "tozero"},
    )
    return figure


def areas(found: Mapping[str, Curves]) -> list[dict[str, object]]:
    """The areas as a table, the best insertion first."""
    rows = [
        {
            t("Method"): t(METHODS[name][0]),
            t("Deletion (less is better)"): round(one.deletion_area, 4),
            t("Insertion (more is better)"): round(one.insertion_area, 4),
            t("Source"): t(METHODS[name][1]),
        }
        for name, one in sorted(found.items(), key=lambda item: -item[1].insertion_area)
    ]
    return rows

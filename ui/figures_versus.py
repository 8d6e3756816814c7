"""The plots behind the comparison's numbers, each with its alt text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import plotly.graph_objects as go

from zfnet_core import paper_values
from zfnet_core.experiments.comparison import Comparison
from zfnet_core.experiments.dead_filters import FAINT_BELOW
from zfnet_core.experiments.filter_spectrum import BAND_EDGES, BANDS, control
from zfnet_core.experiments.portrait import Portrait
from zfnet_core.experiments.projection_grid import FREQUENCIES

COLOURS = ("#0072b2", "#d55e00")
DASHES = ("solid", "dash")
HEIGHT_PX = 260
LONGEST_NAME = 20
LOG_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


@dataclass(frozen=True, eq=False)
class Plot:
    """A chart and the same in words."""

    figure: go.Figure
    alt: str


def plot(key: str, comparison: Comparison, photos: Sequence[str]) -> Plot | None:
    """The plot behind the measure of that key; None until both networks are measured, or where there is none.

    `photos` are the names of the photos that were measured, in their order.
    """
    sides = (comparison.first, comparison.second)
    plots = {**PLOTS, "folded": partial(_folded, photos=photos)}
    if key not in plots or any(side.value(key) is None for side in sides):
        return None
    return plots[key](sides)


def _dead(sides: Sequence[Portrait]) -> Plot:
    figure, words = _figure("filters, strongest first", "RMS / median"), []
    for index, side in enumerate(sides):
        relative = np.sort((side.dead.rms / side.dead.rms.median()).cpu().numpy())[::-1]
        _line(figure, index, side.title, np.arange(1, len(relative) + 1), relative)
        words.append(f"{side.title}: from {relative[0]:.2g} to {relative[-1]:.2g} of the median")
    figure.add_hline(y=FAINT_BELOW, line={"color": "gray", "dash": "dot"})
    figure.add_annotation(
        x=0,
        xref="paper",
        xanchor="left",
        y=math.log10(FAINT_BELOW),
        yanchor="bottom",
        text="dead below",
        showarrow=False,
    )
    figure.update_yaxes(type="log", tickvals=LOG_TICKS)
    return Plot(figure, f"Strength of the first-layer filters, sorted. {'; '.join(words)}.")


def _mid(sides: Sequence[Portrait]) -> Plot:
    figure, words = _figure("cycles per pixel", "share of power"), []
    for index, side in enumerate(sides):
        found = side.spectrum
        _line(figure, index, side.title, found.frequencies, found.mean_power)
        chance = control(found.kernel_px)
        figure.add_scatter(
            x=chance.frequencies,
            y=chance.mean_power,
            name=f"random {found.kernel_px}×{found.kernel_px}",
            line={"color": COLOURS[index], "width": 1.5, "dash": "dot"},
            opacity=0.8,
        )
        shares = ", ".join(f"{band} {found.mean_shares[band]:.0%}" for band in BANDS)
        words.append(f"{side.title}: {shares}; at random {', '.join(f'{v:.0%}' for v in chance.mean_shares.values())}")
    for edge in BAND_EDGES:
        figure.add_vline(x=edge, line={"color": "gray", "dash": "dot"})
    return Plot(figure, f"Radial power of the first-layer filters. {'; '.join(words)}.")


def _folded(sides: Sequence[Portrait], photos: Sequence[str]) -> Plot:
    figure, words = _figure("", "share folded"), []
    for index, side in enumerate(sides):
        share = side.folded.share
        figure.add_bar(x=list(range(len(share))), y=share, name=side.title, marker_color=COLOURS[index])
        values = ", ".join(f"{photo} {value:.1%}" for photo, value in zip(photos, share, strict=False))
        words.append(f"{side.title} (stride {side.folded.stride_px}): {values}")
    short = [name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…" for name in photos]
    figure.update_xaxes(tickvals=list(range(len(photos))), ticktext=short)  # two photos may have the same name
    figure.update_yaxes(tickformat=".0%")
    return Plot(figure, f"Layer-1 energy above the stride’s Nyquist frequency, for each photo. {'; '.join(words)}.")


def _shift(sides: Sequence[Portrait]) -> Plot:
    figure, words = _figure("shift (px)", "‖difference‖ / ‖f‖"), []
    for index, side in enumerate(sides):
        found = side.shifts
        residual, change = found.residual.mean(axis=(0, 1)), found.change.mean(axis=(0, 1))
        _line(figure, index, f"{side.title}, moved along", found.shifts_px, residual, marks=True)
        _line(figure, index, f"{side.title}, as it is", found.shifts_px, change, dash="dot", width=1)
        words.append(
            f"{side.title}: one pixel changes {found.one_pixel_change:.0%}; after moving along the largest residual is "
            f"{residual.max():.0%} at {found.shifts_px[residual.argmax()]} px and {residual[-1]:.1%} at a whole unit"
        )
    return Plot(figure, f"Change of layer 2 when the photo moves. {'; '.join(words)}.")


def _grid(sides: Sequence[Portrait]) -> Plot:
    figure, words = _figure("cycles per pixel along x or y", "swing of the energy"), []
    for index, side in enumerate(sides):
        found = side.grid
        _line(figure, index, side.title, FREQUENCIES, found.spectrum)
        figure.add_vline(x=1 / found.stride_px, line={"color": COLOURS[index], "dash": "dot"})
        words.append(
            f"{side.title}: at its stride of {found.stride_px} px it swings by {found.visibility:.1%} more than with "
            "neighbouring periods"
        )
    figure.update_yaxes(type="log", tickvals=LOG_TICKS, tickformat=".0%")
    return Plot(figure, f"How far the energy of layer-2 projections swings; dotted: 1 / stride. {'; '.join(words)}.")


def _accuracy(sides: Sequence[Portrait]) -> Plot:
    figure, words = _figure("", "top-1 accuracy"), []
    printed = paper_values.exhibit("table-2")
    for index, side in enumerate(sides):
        paper = 1 - printed.value(side.printed_as, "val top-1").value / 100 if side.printed_as else None
        places, values = ["measured", "paper (ImageNet)"], [side.top1, paper]
        figure.add_bar(x=places, y=values, name=side.title, marker_color=COLOURS[index])
        words.append(f"{side.title}: {side.top1:.1%}" + (f", in the paper {paper:.1%}" if paper else ""))
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return Plot(figure, f"Top-1 accuracy on validation photos. {'; '.join(words)}.")


PLOTS: dict[str, Callable[[Sequence[Portrait]], Plot]] = {
    "dead": _dead,
    "mid": _mid,
    "shift": _shift,
    "grid": _grid,
    "accuracy": _accuracy,
}


def _figure(across: str, up: str) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        height=HEIGHT_PX,
        margin={"l": 50, "r": 8, "t": 8, "b": 40},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={"title": {"text": across}},
        yaxis={"title": {"text": up}},
    )
    return figure


def _line(
    figure: go.Figure,
    index: int,
    name: str,
    x: np.ndarray,
    y: np.ndarray,
    *,
    dash: str | None = None,
    width: float = 2,
    marks: bool = False,
) -> None:
    figure.add_scatter(
        x=x,
        y=y,
        name=name,
        mode="lines+markers" if marks else "lines",
        line={"color": COLOURS[index], "width": width, "dash": dash or DASHES[index]},
    )

"""The plots behind the comparison's numbers, each with its alt text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import plotly.graph_objects as go

from zfnet_core.drawing.palette import AXIS, PAIR
from zfnet_core.exhibits.comparison.comparison import Comparison
from zfnet_core.exhibits.comparison.filter_spectrum import BAND_EDGES, BANDS, control
from zfnet_core.exhibits.comparison.measurements import Portrait, known
from zfnet_core.language import t
from zfnet_core.paper import values as paper_values

DASHES = ("solid", "dash")
HEIGHT_PX = 260
LONGEST_NAME = 20


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
    plots: dict[str, Callable[[Sequence[Portrait]], Plot]] = {**PLOTS, "folded": partial(_folded, photos=photos)}
    if key not in plots or any(side.value(key) is None for side in sides):
        return None
    return plots[key](sides)


def _mid(sides: Sequence[Portrait]) -> Plot:
    figure, words = _figure(t("cycles per pixel"), t("share of power")), []
    for index, side in enumerate(sides):
        found = known(side.spectrum)
        _line(figure, index, side.title, found.frequencies, found.mean_power)
        chance = control(found.kernel_px)
        figure.add_scatter(
            x=chance.frequencies,
            y=chance.mean_power,
            name=t("random {size}×{size}", size=found.kernel_px),
            line={"color": PAIR[index], "width": 1.5, "dash": "dot"},
            opacity=0.8,
        )
        shares = t(", ").join(f"{t(band)} {100 * found.mean_shares[band]:.0f} %" for band in BANDS)
        random = t(", ").join(f"{100 * share:.0f} %" for share in chance.mean_shares.values())
        words.append(t("{network}: {shares}; at random {random}", network=side.title, shares=shares, random=random))
    for edge in BAND_EDGES:
        figure.add_vline(x=edge, line={"color": AXIS, "dash": "dot"})
    return Plot(figure, t("Radial power of the first-layer filters. {networks}.", networks=t("; ").join(words)))


def _folded(sides: Sequence[Portrait], photos: Sequence[str]) -> Plot:
    figure, words = _figure("", t("share folded")), []
    for index, side in enumerate(sides):
        folded = known(side.folded)
        share = folded.share
        figure.add_bar(x=list(range(len(share))), y=100 * share, name=side.title, marker_color=PAIR[index])
        values = t(", ").join(f"{photo} {100 * value:.1f} %" for photo, value in zip(photos, share, strict=False))
        words.append(
            t("{network} (stride {stride}): {values}", network=side.title, stride=folded.stride_px, values=values)
        )
    short = [name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…" for name in photos]
    figure.update_xaxes(tickvals=list(range(len(photos))), ticktext=short)  # two photos may have the same name
    figure.update_yaxes(ticksuffix=" %")
    return Plot(
        figure,
        t(
            "Layer-1 energy above the stride’s Nyquist frequency, for each photo. {networks}.",
            networks=t("; ").join(words),
        ),
    )


def _shift(sides: Sequence[Portrait]) -> Plot:
    figure, words = _figure(t("shift (px)"), t("‖difference‖ / ‖f‖")), []
    for index, side in enumerate(sides):
        found = known(side.shifts)
        residual, change = found.residual.mean(axis=(0, 1)), found.change.mean(axis=(0, 1))
        _line(figure, index, t("{network}, moved along", network=side.title), found.shifts_px, residual, marks=True)
        _line(figure, index, t("{network}, as it is", network=side.title), found.shifts_px, change, dash="dot", width=1)
        words.append(
            t(
                "{network}: one pixel changes {one:.0f} %; after moving along the largest residual is {largest:.0f} % "
                "at {px} px and {whole:.1f} % at a whole unit",
                network=side.title,
                one=100 * found.one_pixel_change,
                largest=100 * residual.max(),
                px=found.shifts_px[residual.argmax()],
                whole=100 * residual[-1],
            )
        )
    return Plot(figure, t("Change of layer 2 when the photo moves. {networks}.", networks=t("; ").join(words)))


def _accuracy(sides: Sequence[Portrait]) -> Plot:
    figure, words = _figure("", t("top-1 accuracy")), []
    printed = paper_values.exhibit("table-2")
    for index, side in enumerate(sides):
        paper = 1 - known(printed.value(side.printed_as, "val top-1")).value / 100 if side.printed_as else None
        places = [t("measured"), t("paper (ImageNet)")]
        values = [None if share is None else 100 * share for share in (known(side.top1), paper)]
        figure.add_bar(x=places, y=values, name=side.title, marker_color=PAIR[index])
        told = {"network": side.title, "share": 100 * known(side.top1)}
        if paper:
            words.append(t("{network}: {share:.1f} %, in the paper {paper:.1f} %", paper=100 * paper, **told))
        else:
            words.append(t("{network}: {share:.1f} %", **told))
    figure.update_yaxes(ticksuffix=" %", rangemode="tozero")
    return Plot(figure, t("Top-1 accuracy on validation photos. {networks}.", networks=t("; ").join(words)))


PLOTS: dict[str, Callable[[Sequence[Portrait]], Plot]] = {
    "mid": _mid,
    "shift": _shift,
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
        line={"color": PAIR[index], "width": width, "dash": dash or DASHES[index]},
    )

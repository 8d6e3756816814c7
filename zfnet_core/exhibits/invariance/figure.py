"""Fig. 5 as panels: values, axes, words, colours and symbols, for whoever draws them; and one drawing for saving."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from zfnet_core.drawing.page import LINE_PX, WhitePage
from zfnet_core.drawing.palette import AXIS, GRID, OKABE_ITO
from zfnet_core.exhibits.invariance.curves import DEFINITIONS, Definition, InvarianceCurves
from zfnet_core.exhibits.invariance.view import View
from zfnet_core.language import later, t
from zfnet_core.models.network import Network
from zfnet_core.photos.transforms import TRANSFORMATIONS, Transformation, transformed

# Told apart by colour-blind eyes as well (Okabe & Ito), on light and on dark ground; the shapes tell them apart too.
COLOURS = tuple(OKABE_ITO[name] for name in ("blue", "orange", "green", "purple", "vermilion"))
SYMBOLS = (
    tuple(
        (round(math.cos(corner * math.tau / 20), 3), round(math.sin(corner * math.tau / 20), 3)) for corner in range(20)
    ),
    ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    ((0.0, -1.4), (1.4, 0.0), (0.0, 1.4), (-1.4, 0.0)),
    ((0.0, -1.4), (1.25, 0.9), (-1.25, 0.9)),
    (
        (-0.5, -1.3),
        (0.5, -1.3),
        (0.5, -0.5),
        (1.3, -0.5),
        (1.3, 0.5),
        (0.5, 0.5),
        (0.5, 1.3),
        (-0.5, 1.3),
        (-0.5, 0.5),
        (-1.3, 0.5),
        (-1.3, -0.5),
        (-0.5, -0.5),
    ),
)
"""Disc, square, diamond, triangle, cross: corners (x, y), y downwards, of about radius 1."""

TITLES: dict[Definition, str] = {
    "relative": later("{layer}, relative distance"),
    "raw": later("{layer}, raw distance"),
    "cosine": later("{layer}, cosine distance"),
}
WIDE_PX, GAP_PX = 1320, 20
PANEL_PX, LEFT_PX, SYMBOL_PX = 250, 46, 4.5


@dataclass(frozen=True, eq=False)
class Panel:
    """One column of Fig. 5: `values` [photos, steps] over the amounts, NaN where not known; `share`: probabilities."""

    name: str
    title: str
    values: np.ndarray
    share: bool = False

    @property
    def top(self) -> float:
        """Where the axis ends; it begins at 0."""
        known = self.values[np.isfinite(self.values)]
        largest = float(known.max()) if known.size else 0.0
        return min(1.02, 1.15 * largest) if self.share and largest else 1.08 * largest or 1.0

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """(value, its text) along the axis."""
        step = _step(self.top, 6)
        values = [step * number for number in range(int(self.top / step + 1e-9) + 1)]
        digits = 0 if step >= 0.01 else 1
        return tuple((value, f"{100 * value:.{digits}f} %" if self.share else f"{value:.6g}") for value in values)


def panels(curves: InvarianceCurves, view: View) -> tuple[Panel, Panel, Panel]:
    """The three columns of the figure: two layers' distances, and the probability of each photo's class."""
    low, high = (
        Panel(layer, t(TITLES[view.definition], layer=layer), curves.distance(layer, view.definition))
        for layer in (view.low, view.high)
    )
    return (
        low,
        high,
        Panel(t("probability"), t("probability of the class"), curves.probability(view.classes), share=True),
    )


def axis_title(transformation: Transformation) -> str:
    """What is along the horizontal axis."""
    return f"{t(transformation.title).lower()} ({transformation.unit})"


def amount_ticks(transformation: Transformation, amounts: Sequence[float]) -> tuple[tuple[float, str], ...]:
    """(amount, its text) along the horizontal axis; quarter-turns where there is room."""
    first, last = min(amounts), max(amounts)
    quarters = transformation.kind == "rotation" and last - first > 180
    step = 90.0 if quarters else _step(last - first, 6)
    numbers = range(math.ceil(first / step - 1e-9), math.floor(last / step + 1e-9) + 1)
    return tuple((step * number, f"{step * number:.6g}".replace("-", "−")) for number in numbers)


def words(panel: Panel, curves: InvarianceCurves, names: Sequence[str]) -> str:
    """A panel in words, from its numbers: each photo's value at both ends and its extreme."""
    transformation, amounts = TRANSFORMATIONS[curves.settings.kind], curves.settings.amounts
    parts = []
    for name, row in zip(names, panel.values, strict=True):
        known = np.flatnonzero(~np.isnan(row))
        if len(known) == 0:
            parts.append(t("{photo} is not computed yet", photo=name))
            continue
        extreme = known[row[known].argmin() if panel.share else row[known].argmax()]
        first, last, most = (
            t(
                "{value} at {amount}",
                value=f"{100 * row[step]:.0f} %" if panel.share else f"{row[step]:.3g}",
                amount=transformation.text(amounts[step]),
            )
            for step in (known[0], known[-1], extreme)
        )
        parts.append(
            t(
                "{photo}: {first}, {last}, lowest {most}"
                if panel.share
                else "{photo}: {first}, {last}, highest {most}",
                photo=name,
                first=first,
                last=last,
                most=most,
            )
        )
    return t(
        "Line chart, {title} over {change}. {photos}.",
        title=panel.title,
        change=t(transformation.title).lower(),
        photos=t("; ").join(parts),
    )


def figure(network: Network, images: torch.Tensor, curves: InvarianceCurves, view: View) -> WhitePage:
    """The whole figure: the photos as the view moves them above the three `panels`.

    `images` [P, 3, input_px, input_px] are the untouched photos.
    """
    settings, transformation = curves.settings, TRANSFORMATIONS[curves.settings.kind]
    step = view.step
    moved = transformed(images, settings.kind, [settings.amounts[step]] * len(images), settings.border)
    pixels = network.preprocessing.denormalise(moved.cpu()).clamp(0, 1).permute(0, 2, 3, 1).numpy()
    wide, photo_px = WIDE_PX, (WIDE_PX - 6 * GAP_PX) // 5
    top_of_panels = 2 * LINE_PX + GAP_PX + photo_px + 3 * LINE_PX + GAP_PX
    tall = top_of_panels + PANEL_PX + 6 * LINE_PX + GAP_PX
    page = WhitePage(wide, tall)
    page.text(GAP_PX, GAP_PX, f"{t(transformation.title)}: {transformation.text(settings.amounts[step])}", large=True)
    for place, (name, picture, label, answer, style) in enumerate(
        zip(view.names, pixels, view.classes, curves.answers[:, step], view.styles, strict=True)
    ):
        left, top = GAP_PX + place * (photo_px + GAP_PX), 2 * LINE_PX + GAP_PX
        page.picture(left, top, photo_px, (255 * picture).round().astype(np.uint8))
        page.box(left, top - 6, left + photo_px, top - 1, COLOURS[style])
        lines = top + photo_px + 6
        _symbol(page, left + 6, lines + LINE_PX / 2 - 2, style)
        page.text(left + 18, lines, name, within=photo_px - 18)
        page.text(left, lines + LINE_PX, t("class: {label}", label=network.names[label]), within=photo_px)
        if answer >= 0:
            page.text(left, lines + 2 * LINE_PX, t("now: {label}", label=network.names[answer]), within=photo_px)
    each = (wide - GAP_PX) // 3
    for place, panel in enumerate(panels(curves, view)):
        _panel(page, panel, curves, view, GAP_PX + place * each + LEFT_PX, top_of_panels, each)
    foot = tall - 2 * LINE_PX
    formula = DEFINITIONS[view.definition].split(":")[0]
    page.text(GAP_PX, foot - LINE_PX, t("{network}. Distance: {formula}.", network=network.title, formula=formula))
    words = t("Border: {border}. Hollow points: another class than the untouched photo's.", border=t(settings.border))
    page.text(GAP_PX, foot, words)
    return page


def _panel(
    page: WhitePage,
    panel: Panel,
    curves: InvarianceCurves,
    view: View,
    left: float,
    top: float,
    each: float,
) -> None:
    transformation, amounts = TRANSFORMATIONS[curves.settings.kind], curves.settings.amounts
    right, bottom = left + each - LEFT_PX - GAP_PX, top + LINE_PX + PANEL_PX
    first, span = min(amounts), max(amounts) - min(amounts) or 1.0

    def x(amount: float) -> float:
        return left + 8 + (amount - first) / span * (right - left - 16)

    def y(value: float) -> float:
        return bottom - max(0.0, value) / panel.top * (bottom - top - LINE_PX)

    page.text(left, top - 4, panel.title)
    for value, text in panel.ticks:
        page.line([(left, y(value)), (right, y(value))], GRID, 1)
        page.text(left - 6, y(value), text, anchor="rm")
    for amount, text in amount_ticks(transformation, amounts):
        page.line([(x(amount), bottom), (x(amount), bottom + 4)], AXIS, 1)
        page.text(x(amount), bottom + 8, text, anchor="ma")
    page.text((left + right) / 2, bottom + LINE_PX + 8, axis_title(transformation), anchor="ma")
    page.line([(x(amounts[view.step]), top + LINE_PX), (x(amounts[view.step]), bottom)], AXIS, 1.5)
    for row, hollow, style in zip(panel.values, curves.changed, view.styles, strict=True):
        known = [
            (x(amount), y(value), open_)
            for amount, value, open_ in zip(amounts, row, hollow, strict=True)
            if np.isfinite(value)
        ]
        if len(known) > 1:
            page.line([place[:2] for place in known], COLOURS[style], 2)
        for across, down, open_ in known:
            _symbol(page, across, down, style, hollow=bool(open_))


def _symbol(page: WhitePage, x: float, y: float, style: int, *, hollow: bool = False) -> None:
    corners = [(x + SYMBOL_PX * a, y + SYMBOL_PX * b) for a, b in SYMBOLS[style]]
    page.polygon(corners, "white" if hollow else COLOURS[style], COLOURS[style])


def _step(span: float, about: int) -> float:
    """A round distance between ticks: 1, 2 or 5 times a power of ten, for at most about `about` of them."""
    rough = span / about
    power = 10 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))

"""Fig. 7 to save: the photo with the occluder, and panels (b) to (e)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from zfnet_core.deconvnet.projection import project, strongest_unit
from zfnet_core.deconvnet.scaling import as_picture
from zfnet_core.drawing.page import LINE_PX, WhitePage
from zfnet_core.drawing.palette import rgb, viridis
from zfnet_core.exhibits.occlusion.colours import OTHERS, PALETTE, Swatch, colour_places, legend
from zfnet_core.exhibits.occlusion.occluder import Occluder, covered, fill_picture
from zfnet_core.exhibits.occlusion.sweep import Sweep
from zfnet_core.forward.trace import Trace

PANEL_PX, GAP_PX = 336, 24
OVER_PHOTO = 0.7
Panel = tuple[str, np.ndarray, Sequence[str | Swatch]]


def figure(
    trace: Trace,
    sweep: Sweep,
    occluder: Occluder,
    class_index: int,
    map: int,
    *,
    photo_name: str = "",
    elsewhere: np.ndarray | None = None,
) -> WhitePage:
    """The panels in a row with titles and legends.

    `trace` is that of the untouched photo, `occluder` where it is drawn in (a), `class_index` the class of (d) and
    `map` the map of (b) and (c); `elsewhere` [h, w, 3] are that map's projections on other photos, if there are some.
    """
    network, settings = trace.network, sweep.settings
    photo = _pixels(trace, trace.images)
    totals, shares = sweep.total_of(map), sweep.probability_of(class_index)
    total_range = value_range(totals, float(sweep.clean_map_totals[map]))
    share_range = value_range(shares, float(sweep.clean_probabilities[class_index]))
    blank = np.full_like(photo, 235)
    unit = strongest_unit(trace, sweep.layer, map)
    projection = as_picture(project(trace, sweep.layer, [unit], "deconvnet").pixels[0])
    size = f"{settings.height_px} by {settings.width_px} px, step {settings.stride_px}, {settings.fill}"
    fill = fill_picture(trace.images, settings.fill, network.preprocessing)
    panels: list[Panel] = [
        (f"(a) {photo_name}", _pixels(trace, covered(trace.images, fill, occluder)), [size, network.title]),
        (
            f"(b) {sweep.layer} map {map}, total",
            _on(blank, _heat(totals, total_range), sweep, 1),
            ["{:.1f} to {:.1f}".format(*total_range)],
        ),
        (f"(c) map {map} projected down", projection, [f"strongest unit: row {unit.row}, column {unit.column}"]),
        *([] if elsewhere is None else [(f"(c) map {map} elsewhere", elsewhere, ["its nine strongest projections"])]),
        (
            f"(d) probability of {network.names[class_index]}",
            _on(photo, _heat(shares, share_range), sweep, OVER_PHOTO),
            ["{:.1f} to {:.1f} %".format(*(100 * share for share in share_range))],
        ),
        ("(e) most probable label", _on(blank, _label_colours(sweep), sweep, 1), legend(sweep, network.names)),
    ]
    return _page(panels)


def value_range(values: np.ndarray, clean: float) -> tuple[float, float]:
    """What a map's colours run from and to: its own least and largest value and the untouched photo's.

    Never less than a tenth of the largest, so that tiny differences do not look like large ones.
    """
    low, high = float(min(values.min(initial=clean), clean)), float(max(values.max(initial=clean), clean))
    return max(0.0, min(low, 0.9 * high)), high or 1.0


def _page(panels: Sequence[Panel]) -> WhitePage:
    """The panels (title, picture, lines below) side by side."""
    top = GAP_PX + LINE_PX
    lines = max(len(lines) for _, _, lines in panels)
    page = WhitePage(len(panels) * (PANEL_PX + GAP_PX) + GAP_PX, top + PANEL_PX + lines * LINE_PX + GAP_PX)
    for place, (title, pixels, below) in enumerate(panels):
        left = GAP_PX + place * (PANEL_PX + GAP_PX)
        page.text(left, GAP_PX - 4, title, within=PANEL_PX)
        page.picture(left, top, PANEL_PX, pixels, smooth=False)
        for line, words in enumerate(below):
            y = top + PANEL_PX + 6 + line * LINE_PX
            if isinstance(words, Swatch):
                page.box(left, y + 2, left + 12, y + 14, words.colour)
                page.text(left + 20, y, f"{words.label} {words.percent}", within=PANEL_PX - 20)
            else:
                page.text(left, y, words, within=PANEL_PX)
    return page


def _pixels(trace: Trace, image: torch.Tensor) -> np.ndarray:
    """A normalised input [1, 3, H, W] as uint8 [H, W, 3]."""
    pixels = trace.network.preprocessing.denormalise(image[0].cpu()).clamp(0, 1).permute(1, 2, 0)
    return (pixels.numpy() * 255).round().astype(np.uint8)


def _heat(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    low, high = limits
    return viridis()[((values - low) * (255 / (high - low))).round().clip(0, 255).astype(np.uint8)]


def _label_colours(sweep: Sweep) -> np.ndarray:
    return np.array([rgb(colour) for colour in (*PALETTE, OTHERS)], np.uint8)[colour_places(sweep)]


def _on(ground: np.ndarray, colours: np.ndarray, sweep: Sweep, opacity: float) -> np.ndarray:
    """Draw a grid's colours [rows, columns, 3] on `ground`, each around the centre of its occluder."""
    picture, settings = ground.copy(), sweep.settings
    rows = nearest_positions(sweep.tops_px, settings.height_px, settings.stride_px, len(ground))
    columns = nearest_positions(sweep.lefts_px, settings.width_px, settings.stride_px, len(ground))
    inside = np.ix_(rows >= 0, columns >= 0)
    part = colours[np.ix_(rows[rows >= 0], columns[columns >= 0])]
    picture[inside] = (opacity * part + (1 - opacity) * picture[inside]).round().astype(np.uint8)
    return picture


def nearest_positions(starts: np.ndarray, side: int, stride: int, size: int) -> np.ndarray:
    """For each pixel along an axis the position whose centre is nearest, −1 beyond half a step from the outermost."""
    centres = starts + side / 2
    edges = np.concatenate([[centres[0] - stride / 2], (centres[1:] + centres[:-1]) / 2, [centres[-1] + stride / 2]])
    place = np.searchsorted(edges, np.arange(size) + 0.5) - 1
    return np.where(place < len(starts), place, -1)

"""The pictures of Fig. 6 to be saved: filters and projections as sheets at true relative size, and all as one page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from textwrap import wrap

import numpy as np

from zfnet_core.drawing.page import LINE_PX, WhitePage
from zfnet_core.drawing.tiles import tiled
from zfnet_core.exhibits.comparison.comparison import MEASURES, Comparison, Outcome
from zfnet_core.exhibits.comparison.findings import verdict
from zfnet_core.exhibits.comparison.layer_pictures import LayerPictures, filter_pictures
from zfnet_core.language import later, t
from zfnet_core.models.network import Network
from zfnet_core.top_activations.gallery import bundled

FILTER_COLUMNS, PROJECTION_COLUMNS, GALLERY_COLUMNS = 12, 4, 6
FILTER_TIMES, PROJECTION_TIMES, GALLERY_TIMES = 4, 3, 2
GALLERY_MAPS = 24
GAP_PX, LETTERS_PER_PX = 24, 1 / 8
OUTCOMES: dict[Outcome, str] = {
    "as the paper says": later("as the paper says"),
    "against the paper": later("against the paper"),
    "no clear difference": later("no clear difference"),
    "no claim": later("no claim"),
    "not comparable": later("not comparable"),
    "not measured": later("not measured"),
}


def filter_sheet(network: Network, dead: Collection[int] = (), times: int = FILTER_TIMES) -> np.ndarray:
    """Layer 1's filters, uint8 RGBA [h, w, 4]; every pixel of a filter is `times` wide, dead ones have a frame."""
    return tiled(filter_pictures(network), FILTER_COLUMNS, times, dead)


def projection_sheet(pictures: LayerPictures, patches: bool = False, times: int = PROJECTION_TIMES) -> np.ndarray:
    """What layer 2 sees in one photo as projections, or as the patches of the photo, uint8 RGBA [h, w, 4]."""
    return tiled(pictures.patches if patches else pictures.projections, PROJECTION_COLUMNS, times)


def gallery_sheet(network: Network) -> np.ndarray | None:
    """The strongest projection over all photos of `GALLERY_MAPS` maps of layer 2, uint8 RGBA [h, w, 4]; None where no
    gallery of these weights is bundled."""
    found, layer = bundled(network), network.layers[1]
    if found is None:
        return None
    maps = np.linspace(0, layer.maps - 1, GALLERY_MAPS).round().astype(int)
    return tiled(np.stack([found.tiles(layer.name, int(map))[0] for map in maps]), GALLERY_COLUMNS, GALLERY_TIMES)


def side_by_side(sheets: Sequence[np.ndarray]) -> np.ndarray:
    """Sheets (uint8 RGBA) beside each other on one transparent ground, so that they keep their relative sizes."""
    high, wide = max(sheet.shape[0] for sheet in sheets), sum(sheet.shape[1] + GAP_PX for sheet in sheets) - GAP_PX
    ground, left = np.zeros((high, wide, 4), np.uint8), 0
    for sheet in sheets:
        ground[: sheet.shape[0], left : left + sheet.shape[1]] = sheet
        left += sheet.shape[1] + GAP_PX
    return ground


def dead_filters_of(comparison: Comparison, side: int) -> list[int] | None:
    """The numbers of the dead filters of the first (0) or second (1) network; None until they are known."""
    found = (comparison.first, comparison.second)[side].dead
    return None if found is None else [int(number) for number in found.dead.nonzero().flatten()]


def figure(networks: Sequence[Network], comparison: Comparison, second: Sequence[LayerPictures]) -> WhitePage:
    """For both networks the filters of layer 1 above projections of layer 2 (`second`), then the verdict and a line for
    each measure."""
    titles = [network.title for network in networks]
    rows = [
        [filter_sheet(network, dead_filters_of(comparison, side) or ()) for side, network in enumerate(networks)],
        [projection_sheet(pictures) for pictures in second],
    ]
    column = max(sheet.shape[1] for row in rows for sheet in row)
    wide = 2 * column + 3 * GAP_PX
    said = [line for text in _words(comparison) for line in wrap(text, int(wide * LETTERS_PER_PX))]
    heights = [max(sheet.shape[0] for sheet in row) for row in rows]
    page = WhitePage(wide, 2 * GAP_PX + sum(heights) + 2 * (LINE_PX + GAP_PX) + len(said) * LINE_PX)
    top = GAP_PX
    for words, row, height in zip((t("layer 1, filters"), t("layer 2, projections")), rows, heights, strict=True):
        for side, sheet in enumerate(row):
            left = GAP_PX + side * (column + GAP_PX)
            page.text(left, top, f"{titles[side]}: {words}")
            page.picture(left, top + LINE_PX, sheet.shape[1], sheet, high=sheet.shape[0], smooth=False)
        top += LINE_PX + height + GAP_PX
    for number, line in enumerate(said):
        page.text(GAP_PX, top + number * LINE_PX, line)
    return page


def _words(comparison: Comparison) -> list[str]:
    """The verdict, and each measure's numbers."""
    lines = [verdict(comparison)]
    for measure in MEASURES:
        found = comparison.values(measure.key)
        first, second = (t("not known") if value is None else f"{100 * value:.1f} %" for value in found)
        lines.append(
            t(
                "{measure}: {first} against {second}; {outcome}.",
                measure=t(measure.plain),
                first=first,
                second=second,
                outcome=t(OUTCOMES[comparison.outcome(measure)]),
            )
        )
    return lines

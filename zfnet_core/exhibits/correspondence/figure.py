"""Fig. 8 as one picture: each photo, the photo with each part hidden, and with a random place hidden."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from zfnet_core.drawing.page import LINE_PX, WhitePage
from zfnet_core.exhibits.correspondence.measure import RANDOM, Correspondence, with_hidden
from zfnet_core.models.network import Network

SIDE_PX, GAP_PX = 180, 12


def figure(network: Network, images: torch.Tensor, found: Correspondence, names: Sequence[str]) -> WhitePage:
    """A page: a row for each of `images` [P, 3, input_px, input_px], a column for each hidden part.

    As in the paper: the untouched photo first, then the marked parts, then random places (the first two of them). Below
    each column stands Δ, the mean over pairs ± its standard deviation; random: over all repeats.
    """
    columns = [("untouched", images)]
    for part, where in found.boxes.items():
        for squares in where[: 2 if part == RANDOM else 1]:
            columns.append((part, with_hidden(images.cpu(), squares, found.settings.fill)))
    layers, each = found.settings.layers, SIDE_PX + GAP_PX
    wide = GAP_PX + len(columns) * each
    feet = LINE_PX * (len(layers) + 3)
    page = WhitePage(wide, GAP_PX + LINE_PX + len(images) * each + feet)
    for column, (title, pictures) in enumerate(columns):
        left = GAP_PX + column * each
        page.text(left, GAP_PX - 2, title)
        pixels = network.preprocessing.denormalise(pictures.cpu()).clamp(0, 1).permute(0, 2, 3, 1).numpy()
        for row, picture in enumerate(pixels):
            page.picture(left, GAP_PX + LINE_PX + row * each, SIDE_PX, (255 * picture).round().astype(np.uint8))
        if title in found.boxes and title != columns[column - 1][0]:
            for line, layer in enumerate(layers):
                mean, spread = found.mean(title, layer), found.spread(title, layer)
                words = f"{mean:.3f}" if np.isnan(spread) else f"{mean:.3f} ± {spread:.3f}"
                page.text(left, GAP_PX + LINE_PX + len(images) * each + line * LINE_PX, words)
        elif not column:
            for line, layer in enumerate(layers):
                page.text(left, GAP_PX + LINE_PX + len(images) * each + line * LINE_PX, f"{layer[:14]}: sign change")
    top = GAP_PX + LINE_PX + len(images) * each + len(layers) * LINE_PX + 8
    page.text(GAP_PX, top, f"{network.title}; squares of {found.settings.side_px} px; {', '.join(names)}")
    return page

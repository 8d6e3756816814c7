"""What can be saved from the wall of features: the wall, the chosen map's nine, and the list behind them."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from ui.feature_source import Source
from ui.feature_wall import MapPictures, map_pictures
from ui.saving import png_file
from ui.sheets import titled_blocks
from ui.strongest_files import strongest_csv
from zfnet_core.experiments.gallery import GRID
from zfnet_core.models.network import Layer
from zfnet_core.projection_scaling import Scaling

WALL_PX, NINE_PX, WALL_COLUMNS = 72, 192, 4


def feature_files(
    source: Source, layer: Layer, shown: Sequence[MapPictures], map: int, note: str, scaling: Scaling
) -> list[tuple[str, str, Callable[[], bytes]]]:
    """(label, file name, function that makes it) of the `shown` maps, of one `map` with its `note`, and of the CSV."""
    name, here = f"{source.network.name}-{layer.name}", f"maps-{shown[0].map}-to-{shown[-1].map}"

    def one(part: str) -> Callable[[], np.ndarray]:
        return lambda: sheet(map_pictures(source, layer, [map], [note], scaling), NINE_PX, [part])

    files = [
        ("This wall (PNG)", f"{name}-{here}.png", png_file(lambda: sheet(shown, WALL_PX))),
        (f"Map {map}: nine projections (PNG)", f"{name}-map-{map}-projections.png", png_file(one("projections"))),
    ]
    if any(pictures.patches for pictures in shown):
        files.append((f"Map {map}: nine patches (PNG)", f"{name}-map-{map}-patches.png", png_file(one("patches"))))
    return [*files, ("Units, values and photos (CSV)", f"{name}-strongest.csv", strongest_csv(source, layer))]


def sheet(maps: Sequence[MapPictures], side: int, parts: Sequence[str] = ("projections", "patches")) -> np.ndarray:
    """Maps as on the wall, with their names: uint8 [H, W, 3], `side` px for each of the nine."""
    blocks = []
    for one in maps:
        urls = [url for part in parts if (url := getattr(one, part))]
        blocks.append((f"Map {one.map} · {one.note}", [_nine(url, one) for url in urls]))
    return titled_blocks(blocks, WALL_COLUMNS, side)


def _nine(url: str, one: MapPictures) -> np.ndarray:
    """The cells of a sprite, uint8 [9, tile_px, tile_px, 3]."""
    file = io.BytesIO(base64.b64decode(url.split(",", 1)[1]))
    picture, margin = np.asarray(Image.open(file).convert("RGB")), (one.cell_px - one.tile_px) // 2
    corners = [
        (row * one.cell_px + margin, column * one.cell_px + margin) for row in range(GRID) for column in range(GRID)
    ]
    return np.stack([picture[top : top + one.tile_px, left : left + one.tile_px] for top, left in corners])

"""The bundled gallery: nine projections of every feature map, made once, looked at offline.

    python -m zfnet_core.experiments.gallery --network zfnet-classroom --corpus PHOTOS.zip … --under train

One zip file per network in `assets/gallery`: `index.npz` (values, positions and photo ids; see `strongest`),
`about.json`, and for every map one small picture `conv5/017.webp` of 3 × 3 projections in reading order. The photos
themselves are not in it.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from PIL import Image

from zfnet_core.corpus import Corpus, open_corpus
from zfnet_core.deconvnet import Unit
from zfnet_core.errors import ExplorerError
from zfnet_core.experiments.feature_order import comparable, unlikeness
from zfnet_core.experiments.mining import weights_digest
from zfnet_core.experiments.strongest import TopActivations
from zfnet_core.experiments.strongest_pictures import places, projections, window
from zfnet_core.experiments.top_activations import at_least_1, cache_folder, one_line, search
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.projection_scaling import DESCRIPTIONS, MID_GREY, Scaling, as_picture

FOLDER = Path(__file__).parents[2] / "assets" / "gallery"
GRID = 3
SCALING: Scaling = "sigmoid"
LARGEST_TILE_PX = 48
LOSSLESS_PX = 16
BLOCK_PX = 16


@dataclass(frozen=True, eq=False)
class Gallery:
    """A gallery file, read piece by piece. `about` says what it was made from and how."""

    path: Path
    about: Mapping[str, Any]
    found: TopActivations

    @classmethod
    def open(cls, path: Path) -> Gallery:
        """Read a gallery's index."""
        with zipfile.ZipFile(path) as file:
            about = json.loads(file.read("about.json"))
            return cls(path, about, TopActivations.from_bytes(file.read("index.npz")))

    @cached_property
    def _file(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.path)

    def fits(self, network: Network) -> bool:
        """Whether it was made with these very weights."""
        settings = self.found.settings
        return settings.weights == weights_digest(network, list(settings.layers))

    def find(self, corpus: Corpus, photo: int) -> int | None:
        """The index in `corpus` of photo number `photo` of the search; None if it is not there or not certain."""
        return corpus.find(self.found.ids[photo], by_name=photo not in self._same_names)

    @cached_property
    def _same_names(self) -> frozenset[int]:
        """Photos that share their file name with others; in a gallery that does not say so, with others it mentions."""
        if "same_names" in self.about:
            return frozenset(self.about["same_names"])
        count = Counter(PurePosixPath(id).stem for id in self.found.ids.values())
        return frozenset(photo for photo, id in self.found.ids.items() if count[PurePosixPath(id).stem] > 1)

    def sprite(self, layer: str, map: int) -> bytes:
        """A map's nine projections as one WebP picture of 3 × 3 cells of `cell_px`."""
        return self._file.read(_member(layer, map))

    def cell_px(self, layer: str) -> int:
        """Side of one cell of a sprite; the projection lies in its middle and takes `tile_px` of it."""
        return cell_px(self.tile_px(layer))

    def tile_px(self, layer: str) -> int:
        """Side of one projection in a sprite."""
        return self.about["tile_px"][layer]

    def unlike(self, layer: str) -> np.ndarray:
        """How unlike the nine projections of each map are: the mean of 1 − cosine over all pairs, float32 [maps]."""
        return np.array(self.about["unlike"][layer], np.float32)

    def projections(self, layer: str, map: int) -> torch.Tensor:
        """The projections as signed values [9, 3, tile_px, tile_px], in units of the scale each was drawn with.

        Drawing is undone, so very large values are only as good as the last grey levels allow.
        """
        tiles = torch.from_numpy(self.tiles(layer, map)).permute(0, 3, 1, 2).float()
        brightness = (tiles - MID_GREY) / torch.where(tiles < MID_GREY, MID_GREY, 255 - MID_GREY)
        return brightness.clamp(-0.999, 0.999).atanh()

    def tiles(self, layer: str, map: int) -> np.ndarray:
        """The same projections as uint8 [9, tile_px, tile_px, 3]."""
        sprite = np.asarray(Image.open(io.BytesIO(self.sprite(layer, map))).convert("RGB"))
        cell, tile = self.cell_px(layer), self.tile_px(layer)
        margin = (cell - tile) // 2
        corners = [(row * cell + margin, column * cell + margin) for row in range(GRID) for column in range(GRID)]
        return np.stack([sprite[top : top + tile, left : left + tile] for top, left in corners])


def bundled(network: Network) -> Gallery | None:
    """The gallery that comes with a network, or None if there is none or its weights were other ones."""
    path = FOLDER / f"{network.name}.zip"
    if not path.exists():
        return None
    gallery = Gallery.open(path)
    return gallery if gallery.fits(network) else None


def build(
    network: Network, corpus: Corpus, found: TopActivations, path: Path, quality: int, source: str
) -> Iterator[tuple[int, int]]:
    """Project all strongest units and write the gallery; yields (projections done, projections in all)."""
    wanted = [place for layer, maps in found.settings.layers.items() for place in places(found, layer, range(maps))]
    sides = {name: tile_px(network, name) for name in found.layers}
    tiles: dict[tuple[str, int], dict[int, np.ndarray]] = defaultdict(dict)
    small: dict[tuple[str, int], dict[int, torch.Tensor]] = defaultdict(dict)
    for done, (index, pixels) in enumerate(projections(network, corpus, wanted), start=1):
        place = wanted[index]
        key = place.layer, place.unit.map
        tiles[key][place.rank] = tile(pixels, sides[place.layer])
        small[key][place.rank] = comparable(pixels)
        yield done, len(wanted)
    about = {
        "network": network.name,
        "weights": found.settings.weights,
        "source": source,
        "photos": found.settings.photos,
        "scaling": SCALING,
        "scaling_description": DESCRIPTIONS[SCALING],
        "tile_px": sides,
        "unlike": {
            layer: [round(unlikeness(list(small[layer, map].values())), 4) for map in range(maps)]
            for layer, maps in found.settings.layers.items()
        },
        "webp_quality": quality,
        "same_names": [photo for photo in found.ids if not corpus.has_own_name(photo)],
    }
    being_written = path.with_suffix(".writing")
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(being_written, "w") as file:
        _write(file, "about.json", json.dumps(about, indent=1).encode())
        _write(file, "index.npz", found.to_bytes())
        for layer, maps in found.settings.layers.items():
            for map in range(maps):
                _write(file, _member(layer, map), sprite(tiles[layer, map], sides[layer], quality))
    being_written.replace(path)


def _write(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    """A member without the time of day, so that the same pictures give the same file; WebP and npz are compressed."""
    kind = zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
    file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, kind)


def _member(layer: str, map: int) -> str:
    return f"{layer}/{map:03d}.webp"


def tile_px(network: Network, layer: str) -> int:
    """Side of one small picture of a layer: that of its units' window where this is small."""
    return min(LARGEST_TILE_PX, window(network, layer, Unit(0))[2])


def cell_px(tile_px: int) -> int:
    """Lossy WebP shares colours within blocks of 16 px: cells that fill whole blocks do not bleed into each other."""
    return tile_px if tile_px <= LOSSLESS_PX else -(-tile_px // BLOCK_PX) * BLOCK_PX


def tile(pixels: torch.Tensor | np.ndarray, tile_px: int, scaling: Scaling = SCALING) -> np.ndarray:
    """A small picture, uint8 [tile_px, tile_px, 3], of a projection [3, H, W] or a picture uint8 [H, W, 3].

    Projections are drawn, zero being mid-grey, before they are made smaller.
    """
    drawn = pixels if isinstance(pixels, np.ndarray) else as_picture(pixels, scaling)
    return np.asarray(Image.fromarray(drawn).resize((tile_px, tile_px), Image.Resampling.LANCZOS))


def sprite(tiles: Mapping[int, np.ndarray], tile_px: int, quality: int, effort: int = 6) -> bytes:
    """Up to nine tiles by rank as one WebP picture of 3 × 3 cells; empty places are grey.

    Very small tiles are kept exactly. `effort` is 0 (fast) to 6 (small).
    """
    cell, lossless = cell_px(tile_px), tile_px <= LOSSLESS_PX
    margin = (cell - tile_px) // 2
    picture = np.full((GRID * cell, GRID * cell, 3), MID_GREY, np.uint8)
    for rank, pixels in tiles.items():
        top, left = (rank // GRID) * cell + margin, (rank % GRID) * cell + margin
        picture[top : top + tile_px, left : left + tile_px] = pixels
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "WEBP", lossless=lossless, quality=100 if lossless else quality, method=effort)
    return file.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m zfnet_core.experiments.gallery", description="Make the bundled gallery of one network."
    )
    parser.add_argument("--network", default=zoo.DEFAULT, choices=zoo.names())
    parser.add_argument("--corpus", nargs="+", required=True, help="a folder, zip files or a torchvision data set")
    parser.add_argument("--under", default="", help="use only photos below this folder of the corpus, such as train")
    parser.add_argument("--photos", type=at_least_1, help="use a random sample of so many photos (the same every time)")
    parser.add_argument("--source", default="", help="what the photos are, for captions: classroom training photos")
    parser.add_argument("--quality", type=int, default=25, help="of the WebP pictures, 0–100")
    parser.add_argument("--workers", type=at_least_1, default=1)
    parser.add_argument("--cache", type=Path, default=cache_folder(), help="where the search is kept")
    parser.add_argument("--out", type=Path, default=FOLDER)
    given = parser.parse_args(arguments)
    try:
        network = zoo.load(given.network)
        corpus = open_corpus(given.corpus, under=given.under)
        whole, what = len(corpus), given.source or f"photos of {corpus.title}"
        source = f"all {whole:,} {what}"
        if given.photos and given.photos < whole:
            source = f"{given.photos:,} of the {whole:,} {what}, drawn at random"
            corpus = corpus.sample(given.photos)
        layers = [layer.name for layer in network.layers if layer.spatial]
        with one_line() as show:
            searching = search(network, corpus, layers=layers, k=GRID**2, workers=given.workers, folder=given.cache)
            with closing(searching):
                for step in searching:
                    show(f"searched {step.photos:,} of {step.total:,} photos")
            path = given.out / f"{network.name}.zip"
            for done, total in build(network, corpus, step.result, path, given.quality, source):
                if done % 100 == 0 or done == total:
                    show(f"projected {done:,} of {total:,} units")
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the same command goes on from here.", file=sys.stderr)
        return 130
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB from {source}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

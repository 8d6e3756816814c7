"""The bundled gallery: the nine projections and the nine patches of every feature map, made once, looked at offline.

    python -m zfnet_core.top_activations.gallery --network zfnet-classroom --corpus classroom-*.zip --named image_ \\
        --without brain … --photographs --patches --source "…" --credit "…"

One zip file per network in `assets/gallery`: `index.npz` (values, positions and photo ids; see `strongest`),
`about.json`, and for every map two small pictures of 3 × 3 cells in reading order: `conv5/017.webp`, the projections,
and, where the photos may be shown, `conv5/017-patches.webp`. The photos themselves are not in it.
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

from zfnet_core.assets import ASSETS
from zfnet_core.deconvnet.projection import Unit
from zfnet_core.deconvnet.scaling import DESCRIPTIONS, MID_GREY, Scaling, as_picture
from zfnet_core.errors import CorpusError, ExplorerError
from zfnet_core.files import replaced
from zfnet_core.language import phrase
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import Corpus, open_corpus
from zfnet_core.photos.folder_names import folder_in_words
from zfnet_core.photos.graphics import is_graphic
from zfnet_core.photos.preprocessing import Preprocessing
from zfnet_core.serving.cache_budget import Cache
from zfnet_core.top_activations.order import comparable, unlikeness
from zfnet_core.top_activations.patches import Place, patch, places, projections, window
from zfnet_core.top_activations.search import search
from zfnet_core.top_activations.search_folder import cache_folder
from zfnet_core.top_activations.strongest import TopActivations
from zfnet_core.top_activations.terminal import at_least_1, one_line

FOLDER = ASSETS / "gallery"
GRID = 3
SCALING: Scaling = "sigmoid"
LARGEST_TILE_PX = 64
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
        return self.found.settings.fingerprint == network.fingerprint

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

    @property
    def credit(self) -> str:
        """Whose photos the patches are and under which licence; empty where there are no patches."""
        return self.about.get("credit", "")

    @property
    def has_patches(self) -> bool:
        """Whether it holds the patches, too."""
        return bool(self.about.get("patches"))

    def patches_sprite(self, layer: str, map: int) -> bytes | None:
        """A map's nine patches like `sprite`; None in a gallery without patches."""
        return self._file.read(_member(layer, map, "-patches")) if self.has_patches else None

    def patches(self, layer: str, map: int) -> np.ndarray | None:
        """A map's nine patches as uint8 [9, tile_px, tile_px, 3]; None in a gallery without patches."""
        sprite = self.patches_sprite(layer, map)
        return None if sprite is None else tiles_of(sprite, self.tile_px(layer))

    def shows(self, layer: str, map: int) -> list[tuple[str, int]]:
        """What the photos of a map's nine show, as far as their folders say, and how many of them; most frequent first.

        Only photos that excite the map at all count.
        """
        kept = self.found.layers[layer]
        excited = zip(kept.values[map].tolist(), kept.photos[map].tolist(), strict=True)
        ids = [self.found.ids[photo] for value, photo in excited if value > 0]
        return Counter(folder_in_words(PurePosixPath(id).parent.name) for id in ids).most_common()

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
        return tiles_of(self.sprite(layer, map), self.tile_px(layer))


_bundled: Cache[Gallery | None] = Cache()


def bundled(network: Network) -> Gallery | None:
    """The gallery that comes with a network, or None if there is none or its weights were other ones; opened once."""
    path = FOLDER / f"{network.name}.zip"

    def fitting() -> Gallery | None:
        gallery = Gallery.open(path) if path.exists() else None
        return gallery if gallery is not None and gallery.fits(network) else None

    return _bundled.get_or_make((network.uid, path), fitting, of=network)


def build(
    network: Network,
    corpus: Corpus,
    found: TopActivations,
    path: Path,
    quality: int,
    source: str,
    credit: str = "",
    patch_quality: int | None = None,
) -> Iterator[tuple[int, int]]:
    """Project all strongest units and write the gallery; yields (projections done, projections in all).

    With a `patch_quality` the patches are kept as well, which only photos that may be shown allow; `credit` names them.
    """
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
        "fingerprint": found.settings.fingerprint,
        "source": source,
        "credit": credit,
        "photos": found.settings.photos,
        "patches": patch_quality is not None,
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
    with replaced(path) as being_written, zipfile.ZipFile(being_written, "w") as file:
        _write(file, "about.json", json.dumps(about, indent=1).encode())
        _write(file, "index.npz", found.to_bytes())
        for layer, maps in found.settings.layers.items():
            for map in range(maps):
                _write(file, _member(layer, map), sprite(tiles[layer, map], sides[layer], quality))
        if patch_quality is not None:
            for (layer, map), cut in _cut_patches(network, corpus, wanted, sides):
                _write(file, _member(layer, map, "-patches"), sprite(cut, sides[layer], patch_quality))


def _cut_patches(
    network: Network, corpus: Corpus, wanted: Sequence[Place], sides: Mapping[str, int]
) -> Iterator[tuple[tuple[str, int], dict[int, np.ndarray]]]:
    """The nine patches of every map, small, in the order of `wanted`; every photo is decoded once."""
    cut: dict[tuple[str, int], dict[int, np.ndarray]] = {(place.layer, place.unit.map): {} for place in wanted}
    of_photo: dict[int, list[Place]] = defaultdict(list)
    for place in wanted:
        of_photo[place.photo].append(place)
    for photo, places_there in of_photo.items():
        seen = corpus.shown(photo, network.preprocessing)
        for place in places_there:
            pixels = patch(seen, window(network, place.layer, place.unit))
            cut[place.layer, place.unit.map][place.rank] = tile(pixels, sides[place.layer])
    yield from cut.items()


def _write(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    """A member without the time of day, so that the same pictures give the same file; WebP and npz are compressed."""
    kind = zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
    file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, kind)


def _member(layer: str, map: int, kind: str = "") -> str:
    return f"{layer}/{map:03d}{kind}.webp"


def tile_px(network: Network, layer: str) -> int:
    """Side of one small picture of a layer: that of its units' window where this is small."""
    return min(LARGEST_TILE_PX, window(network, layer, Unit(0))[2])


def cell_px(tile_px: int) -> int:
    """Lossy WebP shares colours within blocks of 16 px: cells that fill whole blocks do not bleed into each other."""
    return tile_px if tile_px <= LOSSLESS_PX else -(-tile_px // BLOCK_PX) * BLOCK_PX


def tile(pixels: torch.Tensor | np.ndarray, tile_px: int, scaling: Scaling = SCALING) -> np.ndarray:
    """A small picture, uint8 [tile_px, tile_px, 3], of a projection [3, H, W] or a picture uint8 [H, W, 3].

    A projection is made smaller before it is drawn: drawn first, its fine lines of opposite signs
    would average to grey.
    """
    if isinstance(pixels, np.ndarray):
        return np.asarray(Image.fromarray(pixels).resize((tile_px, tile_px), Image.Resampling.LANCZOS))
    small = pixels.detach().cpu().float()
    if small.shape[1:] != (tile_px, tile_px):
        small = torch.nn.functional.interpolate(
            small[None], (tile_px, tile_px), mode="bilinear", antialias=True, align_corners=False
        )[0]
    return as_picture(small, scaling)


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


def tiles_of(picture: bytes, tile_px: int) -> np.ndarray:
    """The nine tiles of what `sprite` made, uint8 [9, tile_px, tile_px, 3]."""
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
    cell = cell_px(tile_px)
    margin = (cell - tile_px) // 2
    corners = [(row * cell + margin, column * cell + margin) for row in range(GRID) for column in range(GRID)]
    return np.stack([pixels[top : top + tile_px, left : left + tile_px] for top, left in corners])


def _chosen(corpus: Corpus, given: argparse.Namespace) -> Corpus:
    """The photos that the command line names. Raises CorpusError if there are none."""
    kept = [
        index
        for index, id in enumerate(corpus.ids)
        if PurePosixPath(id).name.startswith(given.named) and corpus.labels[index] not in given.without
    ]
    if not kept:
        raise CorpusError(
            phrase("No photo of {title} is left; name other files or leave fewer folders out.", title=corpus.title)
        )
    return corpus.subset(kept)


def photographs(corpus: Corpus) -> Corpus:
    """Only what is a photograph by `is_graphic`, judged by what a network of the pair sees."""
    seen = Preprocessing()
    return corpus.subset([index for index in range(len(corpus)) if not is_graphic(corpus.shown(index, seen))])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m zfnet_core.top_activations.gallery", description="Make the bundled gallery of one network."
    )
    parser.add_argument("--network", default=zoo.DEFAULT, choices=zoo.names())
    parser.add_argument("--corpus", nargs="+", required=True, help="a folder, zip files or a torchvision data set")
    parser.add_argument("--under", default="", help="use only photos below this folder of the corpus, such as train")
    parser.add_argument("--named", default="", help="use only photos whose file name begins so, such as image_")
    parser.add_argument("--without", nargs="*", default=[], help="folders to leave out, such as brain")
    parser.add_argument("--photographs", action="store_true", help="leave drawings and things on white or black out")
    parser.add_argument("--patches", action="store_true", help="keep the patches, too: of photos that may be shown")
    parser.add_argument("--credit", default="", help="whose photos they are, and their licence")
    parser.add_argument("--patch-quality", type=int, default=45, help="of the patches, 0–100")
    parser.add_argument("--photos", type=at_least_1, help="use a random sample of so many photos (the same every time)")
    parser.add_argument("--source", default="", help="what the photos are, for captions: classroom training photos")
    parser.add_argument("--quality", type=int, default=25, help="of the WebP pictures, 0–100")
    parser.add_argument("--workers", type=at_least_1, default=1)
    parser.add_argument("--cache", type=Path, default=cache_folder(), help="where the search is kept")
    parser.add_argument("--out", type=Path, default=FOLDER)
    given = parser.parse_args(arguments)
    try:
        network = zoo.load(given.network)
        corpus = _chosen(open_corpus(given.corpus, under=given.under), given)
        if given.photographs:
            corpus = photographs(corpus)
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
            assert step.result is not None, "the last step of a search has its result"
            path = given.out / f"{network.name}.zip"
            patch_quality = given.patch_quality if given.patches else None
            for done, total in build(
                network, corpus, step.result, path, given.quality, source, given.credit, patch_quality
            ):
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

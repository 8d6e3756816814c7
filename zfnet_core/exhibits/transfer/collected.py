"""Features of a whole collection, computed once and kept in files: a run that was interrupted goes on where it was.

They are kept as float16, which takes half the room and changes each number by less than a thousandth of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from zfnet_core.errors import ImageError
from zfnet_core.exhibits.transfer.features import features_of
from zfnet_core.files import cache_folder, replaced
from zfnet_core.forward.batching import photos_per_step
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import Corpus

A_FILE = 256  # photos


def collected(
    network: Network,
    corpus: Corpus,
    photos: Sequence[int],
    layers: Sequence[str],
    folder: Path | None = None,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> dict[str, np.ndarray]:
    """Features of the photos with these indices at each of `layers`: float16 [photos, numbers].

    A photo that cannot be decoded has a row of zeros, so that everybody's random choices stay the same. `tell` is
    called with how many are there of how many.
    """
    place = (folder or cache_folder() / "transfer") / f"{corpus.key}-{network.fingerprint}"
    rows: dict[str, list[np.ndarray]] = {layer: [] for layer in layers}
    for start in range(0, len(photos), A_FILE):
        some = list(photos[start : start + A_FILE])
        name = f"{some[0]}-{some[-1]}-{len(some)}-{'-'.join(layers)}.npz"
        if not (place / name).is_file():
            found = _computed(network, corpus, some, layers)
            with replaced(place / name) as path, path.open("wb") as file:
                np.savez(file, **found)  # type: ignore[arg-type]
        with np.load(place / name) as kept:
            for layer in layers:
                rows[layer].append(kept[layer])
        tell(start + len(some), len(photos))
    return {layer: np.concatenate(parts) for layer, parts in rows.items()}


def _computed(network: Network, corpus: Corpus, photos: Sequence[int], layers: Sequence[str]) -> dict[str, np.ndarray]:
    size, rows = photos_per_step(network), []
    for start in range(0, len(photos), size):
        images = torch.stack([_prepared(corpus, index, network) for index in photos[start : start + size]])
        rows.append(features_of(network, images, layers))
    return {layer: np.concatenate([row[layer] for row in rows]).astype(np.float16) for layer in layers}


def _prepared(corpus: Corpus, index: int, network: Network) -> torch.Tensor:
    try:
        return corpus.prepare(index, network.preprocessing)
    except ImageError:
        side = network.preprocessing.input_px
        return torch.zeros(3, side, side)

"""A network and photos so small that whole searches can be compared to the last byte."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from zfnet_core.models import zoo
from zfnet_core.models.network import Network, present
from zfnet_core.models.tower import tower
from zfnet_core.models.zfnet import zfnet_convs
from zfnet_core.photos.corpus import Corpus
from zfnet_core.photos.preprocessing import Preprocessing
from zfnet_core.top_activations.search import search
from zfnet_core.top_activations.strongest import TopActivations

BATCH, K = 8, 5


def tiny_zfnet() -> Network:
    """ZFNet's layers with few maps and a small input; one map of conv2 never fires."""
    torch.manual_seed(0)
    module = tower(zfnet_convs((6, 8, 10, 10, 8)), (12,), 3, input_px=64)
    module.conv2.bias.data[3] = -1e6
    return present(
        "tiny",
        "Tiny ZFNet",
        module,
        zoo.tower_layers(module),
        ["a", "b", "c"],
        preprocessing=Preprocessing(resize_px=72, input_px=64),
        source="Random numbers.",
        trained=False,
    )


def write_photos(path: Path, count: int) -> Path:
    """A zip file of photos among which many are the same, some are one flat colour and some are broken."""
    generator = np.random.default_rng(1)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(count):
            if number % 11 == 5:
                data = b"broken"
            else:
                seed = number % 40
                flat = np.full((80, 90, 3), 3 * seed, np.uint8)
                pixels = flat if seed % 8 == 0 else np.random.default_rng(seed).integers(0, 256, (20, 22, 3), np.uint8)
                file = io.BytesIO()
                Image.fromarray(pixels).resize((90, 80), Image.Resampling.BICUBIC).save(file, "PNG")
                data = file.getvalue()
            archive.writestr(f"{generator.integers(10**9):09d}.png", data)
    return path


def run(network: Network, corpus: Corpus, folder: Path, **options) -> TopActivations:
    *_, last = search(network, corpus, k=K, batch_size=BATCH, folder=folder, **options)
    return last.result


def assert_same(one: TopActivations, other: TopActivations) -> None:
    assert one.settings == other.settings
    assert dict(one.broken) == dict(other.broken)
    assert dict(one.ids) == dict(other.ids)
    np.testing.assert_array_equal(one.done, other.done)
    for name, layer in one.layers.items():
        for part, array in vars(layer).items():
            np.testing.assert_array_equal(array, getattr(other.layers[name], part), err_msg=f"{name} {part}")

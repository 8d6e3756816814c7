"""A few coloured pictures in the folder form that training reads: three classes that a network can tell apart."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_tiny_photos(root: Path, train: int = 12, val: int = 4, classes: int = 3) -> Path:
    """`root/train|val/class_N/M.png`, of different shapes; class N is brighter in colour N."""
    rng = np.random.default_rng(0)
    for split, count in (("train", train), ("val", val)):
        for label in range(classes):
            folder = root / split / f"class_{label}"
            folder.mkdir(parents=True)
            for number in range(count):
                pixels = rng.integers(0, 80, (40 + 4 * number, 60, 3), dtype=np.uint8)
                pixels[..., label] += 120
                Image.fromarray(pixels).save(folder / f"{number}.png")
    return root

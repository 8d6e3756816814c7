"""LeNet-5 learns to read digits: `python -m zfnet_core.training.digits` makes `assets/weights/lenet5-digits.*` anew.

Without the internet it learns from scikit-learn's digits; `--mnist FOLDER` takes MNIST through torchvision, which
downloads it there. What is held out is only looked at once, at the end.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from zfnet_core.errors import ExplorerError
from zfnet_core.language import phrase
from zfnet_core.models import zoo
from zfnet_core.models.card import write_card
from zfnet_core.models.lenet import lenet5
from zfnet_core.models.summaries import FOR_DIGITS, summary_parts
from zfnet_core.photos import digits

EPOCHS, BATCH, RATE, DECAY = 120, 64, 3e-3, 1e-4
TURN, SHEAR, SCALE, SHIFT_PX = 0.2, 0.2, 0.15, 2.0
"""How far a digit is turned (radians), sheared, scaled and shifted before each look at it, at random."""
Set = tuple[torch.Tensor, torch.Tensor]
Say = Callable[[str], None]


def shipped_sets() -> tuple[Set, Set]:
    """scikit-learn's digits to train with and those held out: (ink [N, 1, 32, 32] from 0 to 1, truth [N]) each."""
    cells, truth = digits.digits()
    ink = torch.from_numpy(np.stack([digits.in_its_field(one) for one in cells]))[:, None]
    answers, cut = torch.from_numpy(truth.copy()), len(cells) - digits.HELD_OUT
    return (ink[:cut], answers[:cut]), (ink[cut:], answers[cut:])


def mnist_sets(folder: Path) -> tuple[Set, Set]:
    """MNIST's 60,000 and 10,000 digits, two empty rows and columns around each. Raises ExplorerError without them."""
    found = []
    for train in (True, False):
        try:
            part = torchvision.datasets.MNIST(str(folder), train=train, download=True)
        except (OSError, RuntimeError) as error:
            raise ExplorerError(
                phrase(
                    "MNIST is not in {folder} and could not be downloaded ({error}); connect to the internet, or "
                    "leave --mnist out to train with scikit-learn's digits.",
                    folder=folder,
                    error=str(error),
                )
            ) from error
        found.append((F.pad(part.data[:, None].float() / 255, (2, 2, 2, 2)), part.targets))
    return found[0], found[1]


def varied(ink: torch.Tensor, dice: torch.Generator) -> torch.Tensor:
    """Each digit as somebody else might have written it: turned, sheared, scaled, shifted, with another pen."""
    count = len(ink)

    def spread(most: float, *shape: int) -> torch.Tensor:
        return (2 * torch.rand(count, *shape, generator=dice) - 1) * most

    turn, shear, sizes = spread(TURN), spread(SHEAR), 1 + spread(SCALE, 2)
    move = torch.zeros(count, 2, 3)
    move[:, 0, 0], move[:, 0, 1] = turn.cos() * sizes[:, 0], shear - turn.sin()
    move[:, 1, 0], move[:, 1, 1] = turn.sin(), turn.cos() * sizes[:, 1]
    move[:, :, 2] = spread(2 * SHIFT_PX / digits.FIELD_PX, 2)
    moved = F.grid_sample(ink, F.affine_grid(move, list(ink.shape), align_corners=False), align_corners=False)
    # Cells of ink are soft, a pen on a screen is sharp: a steeper and shifted edge makes lines sharper, thin or bold.
    steep, edge = 4 + 3 * spread(1.0, 1, 1, 1), 0.45 + spread(0.15, 1, 1, 1)
    sharp = torch.sigmoid(4 * steep * (moved - edge))
    soft = torch.rand(count, 1, 1, 1, generator=dice) < 0.4
    return torch.where(soft, moved, sharp)


def as_input(ink: torch.Tensor, inverted: torch.Tensor | None = None) -> torch.Tensor:
    """Ink [N, 1, 32, 32] as the network's input [N, 3, 32, 32]: dark on white, light on black where `inverted` [N]."""
    pixels = 1 - ink if inverted is None else torch.where(inverted[:, None, None, None], ink, 1 - ink)
    return zoo.entry(zoo.DIGITS).preprocessing.normalise(pixels.expand(-1, 3, -1, -1))


def trained(train: Set, epochs: int = EPOCHS, seed: int = 0, say: Say = lambda line: None) -> nn.Sequential:
    """LeNet-5 after `epochs` over `train`; the same for the same seed on the same machine."""
    dice = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = lenet5()
    ink, truth = train
    steps = epochs * -(-len(ink) // BATCH)
    walker = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(walker, RATE, total_steps=steps)
    for epoch in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(ink), generator=dice).split(BATCH):
            inverted = torch.rand(len(rows), generator=dice) < 0.25
            loss = F.cross_entropy(network(as_input(varied(ink[rows], dice), inverted)), truth[rows])
            walker.zero_grad()
            loss.backward()
            walker.step()
            schedule.step()
            total += float(loss.detach()) * len(rows)
        if (epoch + 1) % 10 == 0:
            say(f"epoch {epoch + 1} of {epochs}: loss {total / len(ink):.3f}")
    return network.eval().requires_grad_(False)


def accuracy(network: nn.Module, tested: Set) -> dict[str, Any]:
    """Shares of right answers on digits in dark ink: top-1, top-5, and of each digit."""
    ink, truth = tested
    with torch.inference_mode():
        best = network(as_input(ink)).topk(5, dim=1).indices
    right = best[:, 0] == truth
    each = {
        str(digit): {
            "top1": round(float(right[truth == digit].float().mean()), 4),
            "photos": int((truth == digit).sum()),
        }
        for digit in range(10)
    }
    among_five = (best == truth[:, None]).any(dim=1)
    return {
        "top1": round(float(right.float().mean()), 4),
        "top5": round(float(among_five.float().mean()), 4),
        "photos": len(truth),
        "each": each,
    }


def ship(network: nn.Module, tested: Set, about: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Write weights (float32) and card; returns the card."""
    measured = accuracy(network, tested)
    each = measured.pop("each")
    settings = zoo.entry(zoo.DIGITS).preprocessing
    card = {
        "name": zoo.DIGITS,
        "architecture": {"family": "lenet5", "classes": 10},
        "labels": [str(digit) for digit in range(10)],
        "preprocessing": {
            "resize_px": settings.resize_px,
            "input_px": settings.input_px,
            "mean": list(settings.mean),
            "std": list(settings.std),
        },
        "accuracy": {"val": measured, "per_class": each},
        "parameters": {"total": sum(value.numel() for value in network.parameters())},
        **about,
    }
    save_file(
        {key: value.contiguous() for key, value in network.state_dict().items()}, folder / f"{zoo.DIGITS}.safetensors"
    )
    write_card(folder / f"{zoo.DIGITS}.json", card)
    return card


def main() -> None:
    """Train, measure and write."""
    parser = argparse.ArgumentParser(prog="python -m zfnet_core.training.digits", description=__doc__)
    parser.add_argument(
        "--mnist", type=Path, metavar="FOLDER", help="learn MNIST instead, kept in or downloaded to FOLDER"
    )
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"{EPOCHS} unless told")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--to", type=Path, default=zoo.WEIGHTS, metavar="FOLDER", help="where weights and card are written"
    )
    asked = parser.parse_args()
    try:
        train, tested = mnist_sets(asked.mnist) if asked.mnist else shipped_sets()
    except ExplorerError as error:
        sys.exit(str(error))
    torch.set_num_threads(1)
    begun = time.monotonic()
    network = trained(train, asked.epochs, asked.seed, lambda line: print(line, file=sys.stderr))
    publisher = "MNIST" if asked.mnist else "scikit-learn"
    name = "MNIST" if asked.mnist else "scikit-learn’s digits"
    about = {
        **summary_parts(FOR_DIGITS, photos=len(train[0]), name=publisher),
        "data": {
            "train_photos": len(train[0]),
            "held_out": "MNIST's own test part" if asked.mnist else f"the last {digits.HELD_OUT}, in the set's order",
            "sources": [{"name": name, "terms": "see its publisher" if asked.mnist else digits.CREDIT}],
        },
        "recipe": {
            "optimiser": "AdamW, one-cycle",
            "rate": RATE,
            "weight_decay": DECAY,
            "batch": BATCH,
            "seed": asked.seed,
            "loss": "cross-entropy",
            "variation": f"turned ±{TURN} rad, sheared ±{SHEAR}, scaled ±{SCALE}, shifted ±{SHIFT_PX} px, other pens, "
            "a quarter inverted",
        },
        "epochs": asked.epochs,
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "device": "one core of a CPU",
        "command": "python -m zfnet_core.training.digits" + (" --mnist FOLDER" if asked.mnist else ""),
    }
    card = ship(network, tested, about, asked.to)
    measured = card["accuracy"]["val"]
    print(f"{100 * measured['top1']:.2f} % of {measured['photos']:,} held-out digits are read right.")


if __name__ == "__main__":
    main()

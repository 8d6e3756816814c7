"""Does the server's memory stay flat? Five visitors click at random: `python -m benchmarks.soak --minutes 10`."""

from __future__ import annotations

import argparse
import asyncio
import random

from benchmarks.classroom import start
from benchmarks.visitors import Action, choose_unit, move_crop, resident_megabytes, visit

LAYERS = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
PHOTOS = ("chelsea", "astronaut", "coffee", "motorcycle", "rocket", "china", "flower")


def anything(dice: random.Random, number: int) -> Action:
    """A layer, a map, a photo or a crop."""
    kind = dice.randrange(4)
    if kind == 0:
        return "layers", {"picked": {"layer": dice.choice(LAYERS), "at": number}}
    if kind == 1:
        return "samples", {"picked": {"name": dice.choice(PHOTOS), "at": number}}
    return move_crop(dice, number) if kind == 2 else choose_unit(dice, number)


def main() -> None:
    """Print the resident memory after each minute."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--visitors", type=int, default=5)
    options = parser.parse_args()
    server, port = start()
    try:
        actions, errors = 0, []
        print(f"before the first visitor: {resident_megabytes(server.pid)} MB")
        for minute in range(1, options.minutes + 1):
            report = asyncio.run(visit(port, options.visitors, 60, 0.5, anything))
            actions, errors = actions + len(report.actions), errors + report.errors
            print(f"minute {minute:2d}: {resident_megabytes(server.pid)} MB, {actions} actions, {len(errors)} errors")
        for error in errors[:3]:
            print("  ", error)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()

"""Does the server's memory stay flat? Five visitors do anything at random: `python -m benchmarks.soak --minutes 10`

They change layers, maps, units, photos, crops, networks and pages, and upload photos that nobody has seen. The slope of
the resident memory after the warm-up is a straight line through what was measured every ten seconds. Ends with an error
if it rises faster than allowed, or if something failed.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import statistics
import sys
import time

from PIL import Image

from benchmarks.classroom import serving
from benchmarks.visitors import Action, Visitor, choose_map, move_crop, resident_megabytes, telling, visit

LAYERS = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
PHOTOS = ("chelsea", "astronaut", "coffee", "motorcycle", "rocket", "china", "flower")
NETWORKS = ("alexnet-classroom", "zfnet-random", "resnet18", "googlenet")
PAGES = ("occlusion", "invariance", "features", "evolution", "comparison", "correspondence")
EVERY_S = 10
NOBODYS_PHOTO = random.Random()


def anything(dice: random.Random, number: int) -> Action:
    """One of the things that a visitor can do; from another page, after coming back to the first one."""
    layer = dice.choice(LAYERS)
    unit = {"layer": "conv3", "map": dice.randrange(384), "row": dice.randrange(13), "column": dice.randrange(13)}
    action = dice.choice(
        (
            telling("layers", {"picked": {"layer": layer, "at": number}}),
            telling("samples", {"picked": {"name": dice.choice(PHOTOS), "at": number}}),
            telling("unit", {"chosen": unit | {"at": number}}),
            move_crop(dice, number),
            choose_map(dice, number),
            lambda visitor: visitor.upload("upload", f"photo-{number}.jpg", new_photo()),
            lambda visitor: visitor.go("look-inside", f"network={dice.choice(NETWORKS)}"),
            lambda visitor: visitor.go(dice.choice(PAGES)),
        )
    )

    async def act(visitor: Visitor) -> float:
        if visitor.page != "look-inside" or "layers" not in visitor.elements:
            await visitor.go("look-inside", "layer=conv3")
        if "unit" not in visitor.elements:  # at a fully connected layer, which an address that was had before keeps
            await visitor.tell("layers", {"picked": {"layer": "conv3", "at": -number}})
        return await action(visitor)

    return act


def new_photo() -> bytes:
    """A JPEG of 800 × 600 px, different each time."""
    coarse = Image.frombytes("RGB", (20, 15), NOBODYS_PHOTO.randbytes(900))
    file = io.BytesIO()
    coarse.resize((800, 600), Image.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


async def soak(port: int, pid: int, visitors: int, minutes: float) -> tuple[list[tuple[float, int]], int, list[str]]:
    """(seconds, resident MB) every ten seconds, the number of actions, and what went wrong."""
    began, measured = time.monotonic(), []
    running = asyncio.create_task(visit(port, visitors, 60 * minutes, 0.5, anything))
    while not running.done():
        await asyncio.wait([running], timeout=EVERY_S)
        measured.append((time.monotonic() - began, resident_megabytes(pid)))
        print(f"{measured[-1][0]:5.0f} s: {measured[-1][1]} MB", flush=True)
    report = running.result()
    return measured, len(report.actions), report.errors


def main() -> None:
    """Print the resident memory, its slope, and end with 1 where it grows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--visitors", type=int, default=5)
    parser.add_argument("--warm-up", type=float, default=4, help="minutes until the caches are full")
    parser.add_argument("--allowed", type=float, default=10, help="MB per minute after the warm-up")
    options = parser.parse_args()
    with serving() as (pid, port):
        print(f"before the first visitor: {resident_megabytes(pid)} MB")
        measured, actions, errors = asyncio.run(soak(port, pid, options.visitors, options.minutes))
    for error in errors[:3]:
        print("  ", error)
    after = [(seconds, megabytes) for seconds, megabytes in measured if seconds >= 60 * options.warm_up]
    if len(after) < 6:
        sys.exit("Too short to tell a slope; give more --minutes than --warm-up.")
    slope = 60 * statistics.linear_regression(*zip(*after, strict=True)).slope
    print(f"{actions} actions, {len(errors)} errors, {slope:+.1f} MB per minute after {options.warm_up:g} minutes")
    sys.exit(slope > options.allowed or bool(errors) or not actions)


if __name__ == "__main__":
    main()

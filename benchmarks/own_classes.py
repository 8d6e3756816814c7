"""Thirty visitors who teach their own classes at once, and click meanwhile: `python -m benchmarks.own_classes`

Each hands over twenty photos of their own in two classes, waits until they are told apart, and then chooses photos and
layers, every two seconds. Ends with an error where a click's p95 is above one second, or something failed. First the
memory that 200 photos of eight classes take is measured; 300 MB are allowed. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import random
import sys
import time
import zipfile

import numpy as np
from PIL import Image

from benchmarks.classroom import load_options, serving, under_load
from benchmarks.visitors import Report, Visitor, coming, resident_megabytes

P95_MS, MOST_MEGABYTES = 1000, 300
LAYERS = ("conv3", "conv4", "conv5", "fc6", "fc7")
DONE = "photos right"
LOOK_AGAIN_S, PATIENCE_S = 0.4, 240
ZIP_UPLOADER = "0"  # its key is upload--1-0, of which the load client knows the last part


def photo(seed: int, size: tuple[int, int] = (640, 480)) -> bytes:
    """A JPEG of its own: soft coloured noise, about as large in bytes as a photo of that size."""
    dice = np.random.default_rng(seed)
    coarse = Image.fromarray(dice.integers(0, 256, (24, 32, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    pixels = np.asarray(coarse, np.int16) + dice.integers(-12, 13, (size[1], size[0], 3), dtype=np.int16)
    stream = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(stream, "JPEG", quality=88)
    return stream.getvalue()


def classes(seed: int, count: int = 2, each: int = 10) -> tuple[bytes, list[str]]:
    """A zip file with a folder for each class, and the ids that the board knows its photos by."""
    stream, ids = io.BytesIO(), []
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(count * each):
            data = photo(1000 * seed + number)
            ids.append(hashlib.sha256(data).hexdigest()[:16])
            archive.writestr(f"class {number // each}/{number}.jpg", data)
    return stream.getvalue(), ids


async def teach(visitor: Visitor, name: str, data: bytes, report: Report) -> float:
    """Hand photos over, and look at the page as a browser does until they are told apart; the seconds that took."""
    begun = time.monotonic()
    report.actions.append(await visitor.upload(ZIP_UPLOADER, name, data))
    while not any(DONE in text for text in visitor.texts):
        if time.monotonic() - begun > PATIENCE_S:
            raise RuntimeError("The photos were never told apart.")
        await asyncio.sleep(LOOK_AGAIN_S)
        await visitor.look_again()
    return time.monotonic() - begun


async def lesson(port: int, visitors: int, seconds: float, think_s: float) -> tuple[Report, list[float]]:
    """Let visitors come, teach and click; their clicks, and how long it took until their photos were told apart."""
    report, taught = Report(), []
    handed = [classes(number) for number in range(visitors)]
    end = time.monotonic() + seconds

    async def one(number: int) -> None:
        dice, visitor = random.Random(number), Visitor(port, "transfer")
        data, ids = handed[number]
        async with coming(visitor, report):
            await asyncio.sleep(dice.random() * 2)
            taught.append(await teach(visitor, f"mine {number}.zip", data, report))
            acted = 0
            while not acted or time.monotonic() < end:
                await asyncio.sleep(dice.expovariate(1 / think_s))
                acted += 1
                if dice.random() < 0.5:
                    act = {"act": {"do": "pick", "photo": dice.choice(ids), "to": -1, "at": acted}}
                    report.actions.append(await visitor.tell("board", act))
                else:
                    report.actions.append(await visitor.ask(f"transfer_own=1&transfer_layer={dice.choice(LAYERS)}"))

    await asyncio.gather(*(one(number) for number in range(visitors)))
    return report, taught


def album_megabytes(photos: int = 200, count: int = 8) -> int:
    """By how much this process grows while so many photos are opened and looked at, features of all layers kept."""
    from ui.transfer.album import Album
    from zfnet_core.exhibits import transfer
    from zfnet_core.models import zoo

    network, album = zoo.load("zfnet-classroom"), Album()
    layers = transfer.at_once(network, "fc7")
    album.hand_over(album.class_called("before"), [("first.jpg", photo(1, (1600, 1200)))])
    for _ in album.work(network, "fc7", layers):
        pass
    before = resident_megabytes(os.getpid())
    numbers = [album.class_called(f"class {number}") for number in range(count)]
    for one in range(photos):
        album.hand_over(numbers[one % count], [(f"{one}.jpg", photo(10 + one, (1600, 1200)))])
        for _ in album.work(network, "fc7", layers):
            pass
    transfer.validate(album.features(network, "conv3"), album.collection.labels, transfer.Training())
    return resident_megabytes(os.getpid()) - before


def main() -> None:
    """Measure, print, and end with 1 above the limits."""
    parser = load_options(__doc__, 60)
    parser.add_argument("--memory-only", action="store_true")
    options = parser.parse_args()
    grown = album_megabytes()
    print(f"200 photos of 8 classes, features of seven layers: {grown} MB", flush=True)
    if options.memory_only:
        sys.exit(grown > MOST_MEGABYTES)
    with serving("--workers", str(options.workers)) as (pid, port):
        visits = lesson(port, options.visitors, options.seconds, options.think)
        (report, taught), _, used = under_load(pid, visits)
        print(
            f"{options.visitors} visitors, {options.workers} processes: first page p95 "
            f"{report.quantile(report.first, 0.95):.0f} ms; 20 photos told apart after p50 "
            f"{report.quantile(taught, 0.5) / 1e3:.1f} s, p95 {report.quantile(taught, 0.95) / 1e3:.1f} s; "
            f"{len(report.actions)} clicks p50 {report.quantile(report.actions, 0.5):.0f} "
            f"p95 {report.quantile(report.actions, 0.95):.0f} max {report.quantile(report.actions, 1):.0f} ms; "
            f"errors {len(report.errors)}; {used}"
        )
        for error in report.errors[:3]:
            print("  ", error)
    slow = report.quantile(report.actions, 0.95) > P95_MS
    sys.exit(slow or grown > MOST_MEGABYTES or bool(report.errors) or len(taught) < options.visitors)


if __name__ == "__main__":
    main()

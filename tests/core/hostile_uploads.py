"""Files that an app which takes uploads will meet sooner or later: odd pictures, broken pictures, and attacks.

Every function yields (name, bytes). Nothing is stored; all of it is made here with Pillow, struct and zlib.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF", "bmp": "BMP", "tif": "TIFF"}


def scene(width: int = 96, height: int = 64) -> Image.Image:
    """A small picture with edges, colour and noise."""
    rng = np.random.default_rng(7)
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([columns * 255 / width, rows * 255 / height, (columns // 8 + rows // 8) % 2 * 200.0], axis=-1)
    return Image.fromarray((pixels + rng.integers(0, 40, pixels.shape)).clip(0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, FORMATS.get(kind, kind), **options)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, idat: bytes, depth: int = 8, colour: int = 0, extra: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", idat) + chunk(b"IEND", b"")


def black_rows(width: int, height: int, depth: int) -> bytes:
    packer = zlib.compressobj(1)
    row = bytes(1 + (width * depth + 7) // 8)
    return b"".join(packer.compress(row) for _ in range(height)) + packer.flush()


def tiled_tiff(side: int, tile: int, bits: tuple[int, ...] = (8,)) -> bytes:
    """A TIFF of side × side pixels stored as one deflated tile of `tile` × `tile`, all zero."""
    packer = zlib.compressobj(9)
    row = bytes(tile * sum(bits) // 8)
    body = b"".join(packer.compress(row) for _ in range(tile)) + packer.flush()
    depths = struct.pack(f"<{len(bits)}H", *bits)
    entries = [
        (256, 4, side),
        (257, 4, side),
        (258, 3, bits[0] if len(bits) == 1 else 8 + len(body)),
        (259, 3, 8),
        (262, 3, 1 if len(bits) == 1 else 2),
        (277, 3, len(bits)),
        (322, 4, tile),
        (323, 4, tile),
        (324, 4, 8),
        (325, 4, len(body)),
    ]
    packed = b"".join(
        struct.pack("<HHII", tag, kind, len(bits) if tag == 258 else 1, value) for tag, kind, value in entries
    )
    start = b"II*\0" + struct.pack("<I", 8 + len(body) + len(depths))
    return start + body + depths + struct.pack("<H", len(entries)) + packed + bytes(4)


def odd_pictures() -> Iterator[tuple[str, bytes]]:
    """Valid pictures of unusual kinds: each must open."""
    picture = scene()
    clear = picture.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(picture.size))
    for kind in FORMATS:
        yield f"plain.{kind}", encoded(picture, kind)
        yield f"grey.{kind}", encoded(picture.convert("L"), kind)
        yield f"one-pixel.{kind}", encoded(picture.resize((1, 1)), kind)
        yield f"one-column.{kind}", encoded(picture.resize((1, 300)), kind)
        yield f"twenty-to-one.{kind}", encoded(picture.resize((1000, 50)), kind)
    for kind in ("png", "gif", "tif", "bmp"):
        yield f"palette.{kind}", encoded(picture.convert("P"), kind)
        yield f"two-colours.{kind}", encoded(picture.convert("1"), kind)
    for kind in ("png", "webp", "tif"):
        yield f"alpha.{kind}", encoded(clear, kind)
    yield "grey-alpha.png", encoded(clear.convert("LA"), "png")
    palette = picture.convert("P")
    frequent = int(np.bincount(np.asarray(palette).ravel()).argmax())
    yield "palette-transparent.png", encoded(palette, "png", transparency=frequent)
    yield "palette-transparent.gif", encoded(palette, "gif", transparency=frequent)
    yield "colour-key.png", encoded(picture, "png", transparency=(0, 0, 0))
    deep = np.linspace(0, 65535, 64 * 96).reshape(64, 96)
    yield "grey16.png", encoded(Image.fromarray(deep.astype(np.uint16)), "png")
    yield "grey16.tif", encoded(Image.fromarray(deep.astype(np.uint16)), "tif")
    yield "grey32.tif", encoded(Image.fromarray((deep * 1000).astype(np.int32)), "tif")
    yield "decimals.tif", encoded(Image.fromarray((deep / 7 - 900).astype(np.float32)), "tif")
    not_numbers = np.where(deep > 60000, np.nan, deep).astype(np.float32)
    not_numbers[0, :3] = np.inf, -np.inf, 3e38
    yield "not-numbers.tif", encoded(Image.fromarray(not_numbers), "tif")
    rows = np.zeros((64, 1 + 96 * 6), np.uint8)
    yield "rgb16.png", png(96, 64, zlib.compress(rows.tobytes()), depth=16, colour=2)
    for kind in ("jpg", "tif"):
        yield f"cmyk.{kind}", encoded(picture.convert("CMYK"), kind)
    yield "lab.tif", encoded(Image.merge("LAB", picture.split()), "tif")
    yield "ycbcr.tif", encoded(picture.convert("YCbCr"), "tif")
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield f"{compression}.tif", encoded(picture, "tif", compression=compression)
    yield "one-tile.tif", tiled_tiff(96, 112)
    yield "one-tile-rgb.tif", tiled_tiff(96, 112, (8, 8, 8))
    yield "group4.tif", encoded(picture.convert("1"), "tif", compression="group4")
    yield "progressive.jpg", encoded(picture, "jpg", progressive=True)
    for kind in ("gif", "png", "webp", "tif"):
        yield f"several.{kind}", encoded(picture, kind, save_all=True, append_images=[picture.rotate(90)] * 3)
    yield "phone.jpg", encoded(picture, "MPO", save_all=True, append_images=[picture])
    yield "profile-of-nonsense.jpg", encoded(picture, "jpg", icc_profile=b"\0" * 4000)
    yield "profile-of-nonsense.png", encoded(picture, "png", icc_profile=b"acsp" * 900)
    yield "exif-of-nonsense.jpg", encoded(picture, "jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\xee" * 200)
    exif = Image.Exif()
    exif[0x0112] = 99
    yield "turned-99.jpg", encoded(picture, "jpg", exif=exif)
    yield "rows-missing.png", png(300, 300, black_rows(300, 10, 8))
    film = struct.pack(">I4s", 24, b"ftyp") + b"mp42" + bytes(12) + (b"\xff\xda\0\x08" + bytes(range(200))) * 300
    yield "motion-photo.jpg", encoded(picture, "jpg", progressive=True) + film
    yield "motion-photo-restarts.jpg", encoded(picture, "jpg", restart_marker_rows=1) + film
    yield "text-bomb.png", png(8, 8, black_rows(8, 8, 8), extra=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8))))
    yield "half.jpg", (cut := encoded(scene(300, 200), "jpg"))[: len(cut) // 2]
    yield "trailing-bytes.jpg", encoded(picture, "jpg") + b"PK\3\4" * 5000


def refused_uploads() -> Iterator[tuple[str, bytes]]:
    """Files that must be refused with a sentence."""
    picture = scene()
    yield "empty.png", b""
    yield "one-byte.jpg", b"\xff"
    yield "text.png", b"hello, I am a picture"
    yield "page.jpg", b"<!DOCTYPE html><html><script>alert(1)</script></html>"
    yield "drawing.svg", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    yield "paper.pdf", b"%PDF-1.7\n" + bytes(300)
    yield "layers.psd", b"8BPS\0\1" + bytes(300)
    yield "photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(300)
    yield "photo.avif", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(300)
    yield "film.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(300)
    yield "archive.png", b"PK\3\4" + bytes(300)
    yield "post.jpg", encoded(picture, "EPS")
    yield "icon.png", encoded(picture, "ICO")
    yield "painting.jpg", encoded(picture, "PCX")
    yield "too-many-bytes.jpg", encoded(picture, "jpg") + bytes(40 * 2**20)
    yield "bomb-900-megapixels.png", png(30000, 30000, black_rows(30000, 300, 1), depth=1)
    yield "bomb-120-megapixels.png", png(12000, 10000, black_rows(12000, 100, 8))
    yield "bomb-huge-header.png", png(2**31 - 1, 2**31 - 1, b"")
    yield "no-pixels.png", png(0, 0, b"")
    yield "long-thread.png", png(40_000_000, 1, black_rows(4000, 1, 8))
    yield "wrong-checksum.png", encoded(picture, "png").replace(b"IDAT", b"IDAU")
    gif = bytearray(encoded(picture, "gif"))
    gif[6:10] = struct.pack("<HH", 65535, 65535)
    yield "bomb-screen.gif", bytes(gif)
    bmp = bytearray(encoded(picture, "bmp"))
    bmp[18:26] = struct.pack("<ii", 6000, 6000)
    yield "too-few-bytes.bmp", bytes(bmp)
    bmp[18:26] = struct.pack("<ii", 2**31 - 1, -(2**31))
    yield "bomb-sides.bmp", bytes(bmp)
    yield "bomb-sides.webp", b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0" + b"\xff" * 6 + bytes(8)
    tiff = bytearray(encoded(picture, "tif"))
    where = tiff.index(struct.pack("<HHI", 256, 4, 1))
    tiff[where : where + 12] = struct.pack("<HHII", 256, 4, 1, 2**31)
    yield "bomb-width.tif", bytes(tiff)
    yield "tile-bomb.tif", tiled_tiff(100, 36_000)
    yield "circle-of-pages.tif", b"II*\0\x08\0\0\0\0\0\x08\0\0\0"
    jpeg = encoded(picture, "jpg", progressive=True)
    scan = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    yield "ten-thousand-scans.jpg", jpeg[:-2] + scan * 10_000 + jpeg[-2:]
    for kind in FORMATS:
        data = encoded(scene(300, 200), kind)
        if kind != "jpg":
            yield f"half.{kind}", data[: len(data) // 2]
        yield f"first-bytes.{kind}", data[:12]


def damaged(count: int) -> Iterator[tuple[str, bytes]]:
    """`count` damaged versions of every odd picture: cut short, bytes flipped, or a piece torn out. Deterministic."""
    rng = np.random.default_rng(2013)
    for name, data in odd_pictures():
        for number in range(count):
            broken = bytearray(data)
            way = number % 3
            if way == 0:
                del broken[rng.integers(1, len(data)) :]
            elif way == 1:
                reach = len(data) if number % 2 else min(len(data), 200)  # headers are where it hurts
                for place in rng.integers(0, reach, 1 + number % 9):
                    broken[place] = rng.integers(256)
            else:
                start = rng.integers(0, len(data))
                del broken[start : start + rng.integers(1, 60)]
            yield f"damaged-{number}-{name}", bytes(broken)


def heavy_pictures() -> Iterator[tuple[str, bytes]]:
    """Pictures just below the limit of 40 megapixels in under 10 MB: the most memory that anybody can ask for."""
    side = 6300
    flat = Image.new("RGB", (side, side), (90, 120, 30))
    yield "heavy-progressive.jpg", encoded(flat, "jpg", quality=60, progressive=True, subsampling=0)
    yield "heavy.webp", encoded(Image.new("RGBA", (side, side), (90, 120, 30, 99)), "webp", method=0, quality=1)
    yield "heavy.gif", encoded(Image.new("P", (side, side)), "gif", transparency=0)
    yield "heavy-tile.tif", tiled_tiff(100, 6304)
    yield "heavy-tile-rgb.tif", tiled_tiff(6304, 6304, (8, 8, 8))
    yield "heavy-decimals.tif", encoded(Image.new("F", (side, side), 0.5), "tif", compression="tiff_lzw")
    yield "heavy-grey16.png", png(side, side, black_rows(side, side, 16), depth=16)
    yield "heavy-long.png", png(30_000, 1300, black_rows(30_000, 1300, 8))

"""What lies around the pixels of a picture file, read in one pass over its bytes: markers, chunks, boxes.

Every loop here moves forward by at least one byte of the file at each turn, whatever the bytes say.
"""

from __future__ import annotations

import re
import zlib

MARKER = re.compile(rb"\xff([^\x00\xff])", re.DOTALL)  # of a JPEG; in its pixels 255 is followed by 0
START_OF_SCAN, END_OF_IMAGE, WITHOUT_LENGTH = 0xDA, 0xD9, (0x01, *range(0xD0, 0xD9))  # JPEG markers
JPEG_END = b"\xff\xd9"
PNG_BEGINS = b"\x89PNG\r\n\x1a\n"
WORDS = (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"iCCP")
LARGEST_CHUNK = 2**20  # of words and profiles, also when they are unpacked
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx")


def jpeg_scans(data: bytes) -> int:
    """Passes of the JPEG at the start of `data`. Cameras append films and further pictures, which are not decoded."""
    scans, place = 0, 0
    while found := MARKER.search(data, place):
        place, marker = found.end(), found[1][0]
        if marker == END_OF_IMAGE:
            break
        scans += marker == START_OF_SCAN
        if marker not in WITHOUT_LENGTH:
            place += int.from_bytes(data[place : place + 2])
    return scans


def png_without_large_words(data: bytes) -> bytes:
    """The same PNG without texts and profiles of more than a megabyte, which no picture needs; others as they are."""
    if not data.startswith(PNG_BEGINS):
        return data
    kept, place, dropped = [PNG_BEGINS], len(PNG_BEGINS), False
    while place + 12 <= len(data):
        length, kind = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8]
        end = min(place + 12 + length, len(data))
        if kind in WORDS and _is_large(kind, data[place + 8 : end - 4]):
            dropped = True
        else:
            kept.append(data[place:end])
        place = end
        if kind == b"IEND":
            break
    return b"".join([*kept, data[place:]]) if dropped else data


def _is_large(kind: bytes, body: bytes) -> bool:
    if len(body) > LARGEST_CHUNK:
        return True
    rest = body.partition(b"\0")[2]
    if kind == b"iTXt":
        compressed, rest = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
        return compressed and _unpacks_large(rest)
    return kind in (b"zTXt", b"iCCP") and _unpacks_large(rest[1:])


def _unpacks_large(packed: bytes) -> bool:
    try:
        return len(zlib.decompressobj().decompress(packed, LARGEST_CHUNK + 1)) > LARGEST_CHUNK
    except zlib.error:
        return False  # Pillow says what it thinks of it


def heif_brand(data: bytes) -> bytes:
    """The brand in the first box of an ISO media file (heic, avif, mp42 …); b"" for anything else."""
    return data[8:12] if data[4:8] == b"ftyp" else b""

"""From the bytes that somebody drops in to the pixels that a network sees.

bytes → `open_image` → Photo → `prepare` → tensor. A photo is checked before it is decoded, shown the way a photo viewer
shows it (upright, on white, in sRGB), and kept small.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from PIL import ExifTags, Image, ImageCms

from zfnet_core.errors import ImageError
from zfnet_core.models.preprocessing import Preprocessing

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
MAX_BYTES = 10 * 2**20
MAX_PIXELS = 40_000_000
MAX_SIDE = 30_000
MAX_SCANS = 100  # a progressive JPEG has about ten; thousands would keep the decoder busy for minutes
LONG_SIDE = 1600
SHORT_SIDE = 256
BIG_PIXELS = 6_000_000
ACCEPTED = "JPEG, PNG, WebP, GIF, BMP or TIFF"
BEGINNINGS = (b"\xff\xd8", b"\x89PNG", b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*")

PHOTOMETRIC, BITS_PER_SAMPLE, WHITE_IS_ZERO = 262, 258, 0  # TIFF tags and a value of the first
SAMPLES_PER_PIXEL, TILE_WIDTH, TILE_LENGTH = 277, 322, 323  # TIFF tags
BYTES_PER_PIXEL = 4  # what Pillow's pictures take at most
MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)  # of a JPEG; in its pixels 255 is followed by 0
START_OF_SCAN, END_OF_IMAGE, WITHOUT_LENGTH = 0xDA, 0xD9, (0x01, *range(0xD0, 0xD9))  # JPEG markers

_ONE_BIG_PICTURE = threading.Lock()  # so that a class that uploads at once does not add up its peaks of memory

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded picture.

    `pixels` is read-only uint8 [height, width, 3] in sRGB, upright, reduced to a long side of about 1600 px;
    `sha` identifies what was uploaded (SHA-256 of its bytes); `notes` say in short sentences what was done to it;
    `original_size` is (width, height) before the reduction.
    """

    pixels: np.ndarray
    sha: str
    name: str
    notes: tuple[str, ...]
    original_size: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of `pixels`."""
        return self.pixels.shape[1], self.pixels.shape[0]


@dataclass(frozen=True)
class Crop:
    """Where the square crop lies in the resized photo: 0 is the left or top end of its free range, 1 the other end."""

    left: float = 0.5
    top: float = 0.5


CENTRE = Crop()


def open_image(data: bytes, name: str = "", *, max_bytes: int = MAX_BYTES, short_side: int | None = None) -> Photo:
    """Decode an uploaded file; a `short_side` in pixels reduces it to that instead of a long side of about 1600.

    Raises ImageError with one sentence for whatever is not an accepted picture, is damaged, or is too large. Bytes and
    pixels are counted before any pixel is decoded.
    """
    name = printable(name)
    label = f"“{name}”" if name else "The file"
    if not data:
        raise ImageError(f"{label} is empty; choose a {ACCEPTED} picture.")
    check_bytes(len(data), name, max_bytes)
    small = partial(_small_size, short_side=short_side)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            _check_effort(picture, data, label)
            with _ONE_BIG_PICTURE if _pixels_in_memory(picture) > BIG_PIXELS else nullcontext():
                return _decode(picture, hashlib.sha256(data).hexdigest(), name, small)
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError(_too_large(label, "more than 178 million")) from None
    except Exception as error:  # decoders answer hostile bytes with almost any exception; here all mean the same
        if isinstance(error, Image.UnidentifiedImageError) and not data.startswith(BEGINNINGS):
            raise ImageError(f"{label} is {_kind_of(data)}; choose a {ACCEPTED} picture.") from None
        raise ImageError(
            f"{label} is damaged or incomplete and cannot be decoded; open it in a photo program and save it again."
        ) from None


def photo_of(pixels: np.ndarray, name: str) -> Photo:
    """A photo of pixels that are decoded already, uint8 [height, width, 3] in sRGB."""
    pixels = np.ascontiguousarray(pixels)
    sha = hashlib.sha256(pixels.tobytes()).hexdigest()
    return Photo(pixels, sha, name, (), (pixels.shape[1], pixels.shape[0]))


def check_bytes(count: int, name: str = "", max_bytes: int = MAX_BYTES) -> None:
    """Raises ImageError for a file of more than `max_bytes`, so that it need not be read to be refused."""
    if count > max_bytes:
        label = f"“{printable(name)}”" if name else "The file"
        raise ImageError(
            f"{label} has {math.ceil(count / 2**20 * 10) / 10} MB, but at most {max_bytes >> 20} MB can be opened; "
            "save it with fewer pixels or as a JPEG."
        )


def shown(photo: Photo, preprocessing: Preprocessing, crop: Crop = CENTRE) -> np.ndarray:
    """The very pixels that the network sees: uint8 [input_px, input_px, 3].

    The short side is resized to `resize_px` (bilinear, antialiased), then the crop is cut out. Only the crop is ever
    computed, so that a very long picture costs no more than a square one.
    """
    side = preprocessing.input_px
    box = crop_box(photo, preprocessing, crop)
    image = Image.fromarray(photo.pixels).resize((side, side), Image.Resampling.BILINEAR, box=box)
    return np.asarray(image)


def prepare(photo: Photo, preprocessing: Preprocessing, crop: Crop = CENTRE) -> torch.Tensor:
    """The network's input: float32 [1, 3, input_px, input_px], normalised."""
    pixels = torch.from_numpy(shown(photo, preprocessing, crop).astype(np.float32)).permute(2, 0, 1)
    return preprocessing.normalise(pixels[None] / 255)


def crop_box(photo: Photo, preprocessing: Preprocessing, crop: Crop = CENTRE) -> tuple[float, float, float, float]:
    """What the network sees as (left, top, right, bottom) in pixels of `photo.pixels`; not rounded."""
    width, height = photo.size
    short = min(width, height)
    side = preprocessing.input_px
    spans = []
    for length, fraction in ((width, crop.left), (height, crop.top)):
        resized = length * preprocessing.resize_px // short
        start = round(min(1.0, max(0.0, fraction)) * (resized - side))
        spans.append((start * length / resized, (start + side) * length / resized))
    (left, right), (top, bottom) = spans
    return left, top, right, bottom


def printable(name: str) -> str:
    """A file's name fit to be shown: no folders, no control or formatting characters, at most 60 characters."""
    name = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[^\w .,+\-]", "", name)[-60:].strip()


def _check_effort(picture: Image.Image, data: bytes, label: str) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise ImageError(_too_large(label, f"{width} × {height}"))
    if _pixels_in_memory(picture) > MAX_PIXELS:
        raise ImageError(f"{label} is stored in tiles that are too large to be opened; save it as a PNG or JPEG.")
    if picture.format in ("JPEG", "MPO") and _scans(data) > MAX_SCANS:
        raise ImageError(f"{label} is a JPEG of more than {MAX_SCANS} passes; save it again as an ordinary JPEG.")


def _pixels_in_memory(picture: Image.Image) -> int:
    """Pixels that decoding needs room for: those of the picture or, of a TIFF, those of one of its tiles, whose size
    has nothing to do with the picture's; deep ones count for several."""
    pixels = picture.width * picture.height
    if picture.format != "TIFF" or TILE_WIDTH not in picture.tag_v2:
        return pixels
    width, height, samples = (int(picture.tag_v2.get(tag, 1)) for tag in (TILE_WIDTH, TILE_LENGTH, SAMPLES_PER_PIXEL))
    tile_bytes = width * height * samples * max(picture.tag_v2.get(BITS_PER_SAMPLE, (1,))) // 8
    return max(pixels, width * height, tile_bytes // BYTES_PER_PIXEL)


def _scans(data: bytes) -> int:
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


def _too_large(label: str, given: str) -> str:
    return (
        f"{label} has {given} pixels, but at most {MAX_PIXELS // 10**6} million and {MAX_SIDE} on one side can be "
        "opened; save a smaller copy."
    )


def _kind_of(data: bytes) -> str:
    """What a file that is no accepted picture seems to be."""
    head = data[:1024].lstrip().lower()
    if data[4:8] == b"ftyp":
        return "a HEIC photo, an AVIF picture or a film, which cannot be read here"
    signs = (
        (b"<svg", "an SVG drawing"),
        (b"<html", "a web page"),
        (b"<!doctype html", "a web page"),
        (b"%pdf", "a PDF document"),
        (b"8bps", "a Photoshop file"),
    )
    return next((kind for sign, kind in signs if sign in head), "not a picture that can be read here")


Size = tuple[int, int]


def _decode(picture: Image.Image, sha: str, name: str, small: Callable[[Size], Size]) -> Photo:
    notes = []
    animated = getattr(picture, "is_animated", False)
    if animated and picture.format == "TIFF":
        notes.append("several pages: first page shown")
    elif animated and picture.format != "MPO":  # the further pictures of a phone's MPO are previews and depth
        notes.append("animation: first frame shown")
    if any(";16" in str(tile.args) for tile in picture.tile):
        notes.append("16-bit reduced to 8-bit")
    turned = _orientation(picture)
    size = picture.size
    profile = picture.info.get("icc_profile")
    picture.draft(None, small(picture.size))
    picture.load()

    still_turned = _orientation(picture)  # Pillow itself turns a TIFF and gives its upright size
    width, height = size if still_turned < 5 else size[::-1]
    picture = _srgb(_on_white(_reduced(_plain(picture, notes, small), small), notes), profile, notes)
    if still_turned in UPRIGHT:
        picture = picture.transpose(UPRIGHT[still_turned])
    if turned in UPRIGHT:
        notes.append("turned upright as the camera recorded")
    if min(width, height) < SHORT_SIDE:
        short = min(width, height)
        notes.append(f"only {short} pixel{'s' if short > 1 else ''} on its short side: enlarged for the network")
    if max(width, height) > 4 * min(width, height):
        notes.append("very long: the network sees one square of it")
    pixels = np.array(picture)
    pixels.flags.writeable = False
    return Photo(pixels, sha, name, tuple(notes), (width, height))


def _orientation(picture: Image.Image) -> int:
    """EXIF orientation 1–8; 1 where there is none or where it makes no sense."""
    try:
        value = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # a broken EXIF block does not make the picture unreadable
        return 1
    return value if value in UPRIGHT else 1


def _small_size(size: Size, short_side: int | None = None) -> Size:
    """Long side at most LONG_SIDE, unless that would leave a long picture with a short side below SHORT_SIDE.

    With a `short_side`, the short side at most that.
    """
    long, short = max(size), min(size)
    scale = min(1.0, short_side / short if short_side else max(LONG_SIDE / long, SHORT_SIDE / short))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _reduced(picture: Image.Image, small: Callable[[Size], Size]) -> Image.Image:
    size = small(picture.size)
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _plain(picture: Image.Image, notes: list[str], small: Callable[[Size], Size]) -> Image.Image:
    """The same picture in a mode of 8 bits per colour that can be resized: L, RGB, RGBA, CMYK or LAB."""
    if picture.mode == "F" or picture.mode.startswith("I"):
        return _grey_8_bit(picture, notes, small)
    if picture.has_transparency_data:
        return picture if picture.mode == "RGBA" else picture.convert("RGBA")
    if picture.mode in ("L", "RGB", "CMYK", "LAB"):
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _grey_8_bit(picture: Image.Image, notes: list[str], small: Callable[[Size], Size]) -> Image.Image:
    """A grey picture of 16-bit, 32-bit or decimal values as L; reduced first, because there may be 40 million."""
    tags = getattr(picture, "tag_v2", {})
    sixteen = picture.mode.startswith("I;16") or picture.format == "PNG"
    inverted = sixteen and tags.get(PHOTOMETRIC) == WHITE_IS_ZERO
    if sixteen:
        low, high = 0, 4095 if tags.get(BITS_PER_SAMPLE) == (12,) else 65535
    if picture.mode.startswith("I;"):
        picture = picture.convert("I")
    width, height = small(picture.size)
    values = np.asarray(picture.reduce(max(1, min(picture.width // width, picture.height // height))), np.float32)
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    if not sixteen:
        low, high = float(values.min()), float(values.max())
        if picture.mode == "F" and low >= 0 and high <= 1:
            low, high = 0, 1
        else:
            notes.append("brightness stretched from the darkest to the brightest value")
    grey = np.clip((values - low) / max(high - low, np.finfo(np.float32).tiny), 0, 1)
    return Image.fromarray(np.rint((1 - grey if inverted else grey) * 255).astype(np.uint8))


def _on_white(picture: Image.Image, notes: list[str]) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    if picture.getextrema()[3][0] == 255:
        return picture.convert("RGB")
    notes.append("transparent parts shown on white")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def _srgb(picture: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    """Colours as the embedded profile means them; without one, RGB is taken for sRGB and CMYK converted plainly."""
    if picture.mode in ("CMYK", "LAB"):
        notes.append(f"{picture.mode} colours converted to RGB")
    try:
        if picture.mode == "LAB":
            source = ImageCms.createProfile("LAB")
        elif profile:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" in ImageCms.getProfileDescription(source):
                return picture.convert("RGB")
        else:
            return picture.convert("RGB")
        return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return picture.convert("RGB")

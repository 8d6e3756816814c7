"""From the bytes that somebody drops in to a photo: checked, then decoded the way a photo viewer shows it.

A photo is checked before it is decoded, shown upright, on white, in sRGB, and kept small. Nothing here needs PyTorch,
so that a process that does nothing else stays small.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pillow_heif
from PIL import ExifTags, Image, ImageCms, TiffImagePlugin

from zfnet_core.errors import ImageError
from zfnet_core.language import Phrase, later, phrase, t
from zfnet_core.photos.containers import HEIF_BRANDS, JPEG_END, heif_brand, jpeg_scans, png_without_large_words

Image.init()
pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # what is too large is decided below, when it is known how much of it will be decoded
# What is read here, and the endings such files have; AVIF and HEIF where this Pillow can.
ENDINGS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp",),
    "PPM": (".ppm",),
    "TIFF": (".tif", ".tiff"),
    "AVIF": (".avif",),
    "HEIF": (".heic", ".heif", ".hif"),
}
FORMATS = tuple(name for name in ENDINGS if name in Image.OPEN)
SUFFIXES = frozenset(ending for name in FORMATS for ending in ENDINGS[name])
UPLOADED = tuple(sorted(ending[1:] for ending in SUFFIXES))  # for file choosers: a phone converts what is not named
MAX_BYTES = 40 * 2**20
MAX_PIXELS = 40_000_000
MAX_SIDE = 30_000
MAX_JPEG_PIXELS, MAX_JPEG_SIDE = 400_000_000, 65_500  # a JPEG is decoded at an eighth of its size, where that will do
MAX_SCANS = 100  # a progressive JPEG has about ten; thousands would keep the decoder busy for minutes
LONG_SIDE = 1600
SHORT_SIDE = 256
BIG_PIXELS = 6_000_000
ACCEPTED = f"JPEG, PNG, WebP, HEIC, {'AVIF, ' if 'AVIF' in FORMATS else ''}GIF, BMP or TIFF"
TIFFS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
BEGINNINGS = (b"\xff\xd8", b"\x89PNG", b"RIFF", b"GIF8", b"BM", b"P6", b"II*\0", b"MM\0*")

PHOTOMETRIC, BITS_PER_SAMPLE, WHITE_IS_ZERO = 262, 258, 0  # TIFF tags and a value of the first
SAMPLES_PER_PIXEL, TILE_WIDTH, TILE_LENGTH = 277, 322, 323  # TIFF tags
BYTES_PER_PIXEL = 4  # what Pillow's pictures take at most
TWELVE_BITS = 4095
EMPTY_FRAMES = 20
ALMOST_WHITE = 245

ONE_BIG_PICTURE = threading.Lock()  # so that a class that uploads at once does not add up its peaks of memory

Size = tuple[int, int]
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
    def title(self) -> str:
        """What it is called on screen: a sample in the reader's language, a file by its own name."""
        return t(self.name) if isinstance(self.name, Phrase) else self.name or t("Your photo")

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of `pixels`."""
        return self.pixels.shape[1], self.pixels.shape[0]


class Decoded(NamedTuple):
    """What a decoder makes of a file; the parts are those of a `Photo`."""

    pixels: np.ndarray
    notes: tuple[str, ...]
    original_size: Size


def open_image(data: bytes, name: str = "", *, max_bytes: int = MAX_BYTES, short_side: int | None = None) -> Photo:
    """Decode an uploaded file; a `short_side` in pixels reduces it to that instead of a long side of about 1600.

    Raises ImageError with one sentence for whatever is not an accepted picture, is damaged, or is too large. Bytes and
    pixels are counted before any pixel is decoded.
    """
    made = decode(data, name, max_bytes=max_bytes, short_side=short_side)
    return Photo(made.pixels, sha_of(data), printable(name), made.notes, made.original_size)


def decode(
    data: bytes,
    name: str = "",
    *,
    max_bytes: int = MAX_BYTES,
    short_side: int | None = None,
    turn: AbstractContextManager[object] = ONE_BIG_PICTURE,
) -> Decoded:
    """The same without the photo's name and identity. `turn` is held while more than BIG_PIXELS are decoded; an
    ImageError that it raises is passed on."""
    label = called(name)
    check_bytes(len(data), name, max_bytes)
    small = partial(_small_size, short_side=short_side)
    try:
        try:
            return _opened(png_without_large_words(data), label, small, turn)
        except OSError:
            if not _breaks_off(data):
                raise
            made = _opened(data + JPEG_END, label, small, turn)
            return made._replace(notes=(later("the file breaks off: what is there is shown"), *made.notes))
    except ImageError:
        raise
    except MemoryError:
        raise ImageError(
            phrase(
                "{file} needs more memory to be decoded than one photo gets; save it with fewer pixels or as a JPEG.",
                file=label,
            )
        ) from None
    except Exception as error:  # decoders answer hostile bytes with almost any exception; here all mean the same
        if isinstance(error, Image.UnidentifiedImageError) and data[:4] in TIFFS:
            raise ImageError(
                phrase(
                    "{file} is a TIFF whose kind of channels or numbers cannot be read here; save it as a PNG or JPEG.",
                    file=label,
                )
            ) from None
        if isinstance(error, Image.UnidentifiedImageError) and not _begins_well(data):
            kind = phrase(_kind_of(data))
            raise ImageError(
                phrase("{file} is {kind}; choose a {kinds} picture.", file=label, kind=kind, kinds=ACCEPTED)
            ) from None
        raise ImageError(
            phrase(
                "{file} is damaged or incomplete and cannot be decoded; open it in a photo program and save it again.",
                file=label,
            )
        ) from None


def _opened(data: bytes, label: str, small: Callable[[Size], Size], turn: AbstractContextManager[object]) -> Decoded:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        _check_effort(picture, data, label, small)
        with turn if _pixels_in_memory(picture, small) > BIG_PIXELS else nullcontext():
            return _decode(picture, small)


def _breaks_off(data: bytes) -> bool:
    """Whether it is a JPEG that has begun to show something when its bytes end."""
    return data.startswith(b"\xff\xd8") and jpeg_scans(data) > 0 and not data.endswith(JPEG_END)


def photo_of(pixels: np.ndarray, name: str) -> Photo:
    """A photo of pixels that are decoded already, uint8 [height, width, 3] in sRGB."""
    pixels = np.ascontiguousarray(pixels)
    return Photo(pixels, sha_of(pixels.tobytes()), name, (), (pixels.shape[1], pixels.shape[0]))


def sha_of(data: bytes) -> str:
    """What a photo is known by: the SHA-256 of its bytes in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def check_bytes(count: int, name: str = "", max_bytes: int = MAX_BYTES) -> None:
    """Raises ImageError for an empty file, and for one of more than `max_bytes`, which need not be read for it."""
    if not count:
        raise ImageError(phrase("{file} is empty; choose a {kinds} picture.", file=called(name), kinds=ACCEPTED))
    if count > max_bytes:
        raise ImageError(
            phrase(
                "{file} has {size} MB, but at most {most} MB can be opened; save it with fewer pixels or as a JPEG.",
                file=called(name),
                size=math.ceil(count / 2**20 * 10) / 10,
                most=max_bytes >> 20,
            )
        )


def called(name: str) -> str:
    """What a file is called in a sentence."""
    name = printable(name)
    return f"“{name}”" if name else phrase("The file")


def printable(name: str) -> str:
    """A file's name fit to be shown: no folders, no control or formatting characters, at most 60 characters."""
    name = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[^\w .,+\-]", "", name)[-60:].strip()


def _check_effort(picture: Image.Image, data: bytes, label: str, small: Callable[[Size], Size]) -> None:
    width, height = picture.size
    jpeg = picture.format in ("JPEG", "MPO")
    most_pixels, longest = (MAX_JPEG_PIXELS, MAX_JPEG_SIDE) if jpeg else (MAX_PIXELS, MAX_SIDE)
    if width * height > most_pixels or max(width, height) > longest:
        raise ImageError(_too_large(label, f"{width} × {height}", most_pixels, longest))
    if _pixels_in_memory(picture, small) > MAX_PIXELS:
        if jpeg:
            raise ImageError(_too_large(label, f"{width} × {height}", MAX_PIXELS, longest))
        raise ImageError(
            phrase("{file} is stored in tiles that are too large to be opened; save it as a PNG or JPEG.", file=label)
        )
    if jpeg and jpeg_scans(data) > MAX_SCANS:
        raise ImageError(
            phrase(
                "{file} is a JPEG of more than {n} passes; save it again as an ordinary JPEG.", file=label, n=MAX_SCANS
            )
        )
    if jpeg and width * height > MAX_PIXELS and jpeg_scans(data) > 1:
        raise ImageError(_too_large(label, f"{width} × {height}", MAX_PIXELS, longest))


def _pixels_in_memory(picture: Image.Image, small: Callable[[Size], Size]) -> int:
    """Pixels that decoding needs room for: those of the picture; of a JPEG, those of the eighth, quarter or half that
    is decoded instead; of a TIFF, those of one of its tiles, whose size has nothing to do with the picture's; deep ones
    count for several."""
    pixels = picture.width * picture.height
    if picture.format in ("JPEG", "MPO"):
        width, height = small(picture.size)
        scale = max((scale for scale in (1, 2, 4, 8) if picture.width // scale >= width), default=1)
        scale = min(scale, max((scale for scale in (1, 2, 4, 8) if picture.height // scale >= height), default=1))
        return -(-picture.width // scale) * -(-picture.height // scale)
    if not isinstance(picture, TiffImagePlugin.TiffImageFile) or TILE_WIDTH not in picture.tag_v2:
        return pixels
    width, height, samples = (int(picture.tag_v2.get(tag, 1)) for tag in (TILE_WIDTH, TILE_LENGTH, SAMPLES_PER_PIXEL))
    tile_bytes = width * height * samples * max(picture.tag_v2.get(BITS_PER_SAMPLE, (1,))) // 8
    return max(pixels, width * height, tile_bytes // BYTES_PER_PIXEL)


def _too_large(label: str, given: str, most_pixels: int, longest: int) -> str:
    return phrase(
        "{file} has {size} pixels, but at most {most} million and {longest} on one side can be opened; save a smaller "
        "copy.",
        file=label,
        size=given,
        most=most_pixels // 10**6,
        longest=longest,
    )


def _begins_well(data: bytes) -> bool:
    brand = heif_brand(data)
    return data.startswith(BEGINNINGS) or brand in HEIF_BRANDS or ("AVIF" in FORMATS and brand in (b"avif", b"avis"))


def _kind_of(data: bytes) -> str:
    """What a file that is no accepted picture seems to be."""
    head = data[:1024].lstrip().lower()
    if brand := heif_brand(data):
        return (
            later("an AVIF picture, which cannot be read here")
            if brand in (b"avif", b"avis")
            else later("a film, not a picture")
        )
    signs = (
        (b"<svg", later("an SVG drawing")),
        (b"<html", later("a web page")),
        (b"<!doctype html", later("a web page")),
        (b"%pdf", later("a PDF document")),
        (b"8bps", later("a Photoshop file")),
    )
    return next((kind for sign, kind in signs if sign in head), later("not a picture that can be read here"))


def _decode(picture: Image.Image, small: Callable[[Size], Size]) -> Decoded:
    notes: list[str] = []
    animated = getattr(picture, "is_animated", False)
    if animated and picture.format == "TIFF":
        notes.append(later("several pages: first page shown"))
    elif animated and picture.format != "MPO":  # the further pictures of a phone's MPO are previews and depth
        notes.append(later("animation: first frame shown"))
    if any(";16" in str(tile.args) for tile in getattr(picture, "tile", ())):
        notes.append(later("16-bit reduced to 8-bit"))
    turned = _orientation(picture)
    size = picture.size
    profile = picture.info.get("icc_profile")
    picture.draft(None, small(picture.size))
    picture.load()
    if animated and picture.format in ("GIF", "WEBP", "PNG") and (number := _first_full_frame(picture)):
        notes[-1] = f"animation: frame {number + 1} shown, since those before it are empty"

    still_turned = _orientation(picture)  # Pillow itself turns a TIFF and gives its upright size
    width, height = size if still_turned < 5 else size[::-1]
    picture = _srgb(_on_white(_reduced(_plain(picture, notes, small), small), notes), profile, notes)
    if still_turned in UPRIGHT:
        picture = picture.transpose(UPRIGHT[still_turned])
    if turned in UPRIGHT:
        notes.append(later("turned upright as the camera recorded"))
    if min(width, height) < SHORT_SIDE:
        short = min(width, height)
        notes.append(f"only {short} pixel{'s' if short > 1 else ''} on its short side: enlarged for the network")
    if max(width, height) > 4 * min(width, height):
        notes.append(later("very long: the network sees one square of it"))
    pixels = np.array(picture)
    pixels.flags.writeable = False
    return Decoded(pixels, tuple(notes), (width, height))


def _first_full_frame(picture: Image.Image) -> int:
    """Go to the first frame on which there is anything, and return its number; the first one if there is none."""
    for number in range(min(getattr(picture, "n_frames", 1), EMPTY_FRAMES)):
        picture.seek(number)
        if not picture.has_transparency_data or np.asarray(picture.convert("RGBA").getchannel("A")).any():
            return number
    picture.seek(0)
    return 0


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
    low, high = 0.0, float(TWELVE_BITS if tags.get(BITS_PER_SAMPLE) == (12,) else 65535)
    if picture.mode.startswith("I;"):
        picture = picture.convert("I")
    width, height = small(picture.size)
    values = np.asarray(picture.reduce(max(1, min(picture.width // width, picture.height // height))), np.float32)
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    if sixteen and not inverted and high > TWELVE_BITS and 255 < values.max() <= TWELVE_BITS:
        high = float(TWELVE_BITS)
        notes.append(later("only 12 of the 16 bits are used: brightness stretched"))
    if not sixteen:
        low, high = float(values.min()), float(values.max())
        if picture.mode == "F" and low >= 0 and high <= 1:
            low, high = 0.0, 1.0
        else:
            notes.append(later("brightness stretched from the darkest to the brightest value"))
    grey = np.clip((values - low) / max(high - low, float(np.finfo(np.float32).tiny)), 0, 1)
    return Image.fromarray(np.rint((1 - grey if inverted else grey) * 255).astype(np.uint8))


def _on_white(picture: Image.Image, notes: list[str]) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    if np.asarray(picture.getchannel("A")).min() == 255:
        return picture.convert("RGB")
    on_white = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    if np.asarray(on_white).min() >= ALMOST_WHITE:
        notes.append(later("transparent parts shown on grey, since the rest is white"))
        return Image.alpha_composite(Image.new("RGBA", picture.size, "grey"), picture).convert("RGB")
    notes.append(later("transparent parts shown on white"))
    return on_white


def _srgb(picture: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    """Colours as the embedded profile means them; without one, RGB is taken for sRGB and CMYK converted plainly."""
    if picture.mode in ("CMYK", "LAB"):
        notes.append(f"{picture.mode} colours converted to RGB")
    try:
        if picture.mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif profile:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" in ImageCms.getProfileDescription(source):
                return picture.convert("RGB")
        else:
            return picture.convert("RGB")
        changed = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        return changed if changed is not None else picture.convert("RGB")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return picture.convert("RGB")

"""Photos: every odd upload opens the way a viewer shows it, every hostile one gets one sentence."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import hostile_uploads as hostile
import numpy as np
import pytest
import torch
from PIL import Image, ImageCms
from torchvision import transforms

from zfnet_core.errors import ImageError, UnknownName
from zfnet_core.photos import containers, decoding, samples
from zfnet_core.photos.decoding import Photo, open_image, printable
from zfnet_core.photos.images import Crop, crop_box, prepare, shown
from zfnet_core.photos.preprocessing import Preprocessing

ROOT = Path(__file__).parents[2]
AS_TRAINED = Preprocessing()
ODD, REFUSED = list(hostile.odd_pictures()), list(hostile.refused_uploads())
pytestmark = pytest.mark.filterwarnings("ignore")  # Pillow warns about the broken files that are made here on purpose


def photo_of(pixels: np.ndarray) -> Photo:
    return open_image(hostile.encoded(Image.fromarray(pixels), "png"))


@pytest.mark.parametrize("name, data", ODD, ids=lambda value: value if isinstance(value, str) else "")
def test_odd_pictures_open(name: str, data: bytes) -> None:
    photo = open_image(data, name)
    assert photo.pixels.dtype == np.uint8 and photo.pixels.shape[2] == 3 and not photo.pixels.flags.writeable
    assert photo.size == photo.original_size
    values = prepare(photo, AS_TRAINED)
    assert values.shape == (1, 3, 224, 224) and values.dtype == torch.float32 and values.isfinite().all()


@pytest.mark.parametrize("name, data", REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_hostile_uploads_are_refused_with_one_sentence(name: str, data: bytes) -> None:
    with pytest.raises(ImageError) as refusal:
        open_image(data, name)
    sentence = str(refusal.value)
    assert sentence.startswith(f"“{name}” ") and sentence.endswith(".") and sentence.count(". ") == 0
    assert "\n" not in sentence and "Error" not in sentence and len(sentence) < 250


def test_there_are_more_than_sixty_hostile_uploads() -> None:
    assert len(ODD) + len(REFUSED) >= 60


def test_damaged_files_give_a_photo_or_a_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    opened = refused = 0
    for name, data in hostile.damaged(15):
        try:
            photo = open_image(data, name)
            assert prepare(photo, AS_TRAINED).isfinite().all()
            opened += 1
        except ImageError as refusal:
            assert str(refusal).count(".") >= 1
            refused += 1
    capfd.readouterr()  # libtiff grumbles on the console
    assert opened > 100 and refused > 100


def test_no_upload_needs_a_gigabyte(tmp_path: Path) -> None:
    heavy = list(hostile.heavy_pictures())
    assert all(len(data) < decoding.MAX_BYTES for _, data in heavy)
    for name, data in heavy + REFUSED:
        (tmp_path / name).write_bytes(data)
    measure = """
import json, resource, sys
from pathlib import Path
from zfnet_core.photos.decoding import open_image
from zfnet_core.photos.images import prepare
from zfnet_core.errors import ImageError
from zfnet_core.photos.preprocessing import Preprocessing
from zfnet_core.photos.samples import load
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
prepare(load("rocket"), Preprocessing())
before, opened = peak(), 0
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        prepare(open_image(path.read_bytes(), path.name), Preprocessing())
        opened += 1
    except ImageError:
        pass
print(json.dumps([peak() - before, opened]))
"""
    done = subprocess.run(
        [sys.executable, "-c", measure, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    extra_mb, opened = json.loads(done.stdout)
    assert opened == len(heavy)
    assert extra_mb < 1000


def test_large_pictures_are_decoded_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    data = hostile.png(2600, 2600, hostile.black_rows(2600, 2600, 8))
    busy, most = [], []
    original = decoding._plain

    def counted(*arguments: object) -> Image.Image:
        busy.append(1)
        most.append(len(busy))
        result = original(*arguments)
        busy.pop()
        return result

    monkeypatch.setattr(decoding, "_plain", counted)
    threads = [threading.Thread(target=open_image, args=(data,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


SIDES = {  # EXIF 2.3: which side of the scene the stored first row and first column are
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def stored_for(scene: np.ndarray, orientation: int) -> np.ndarray:
    """What a camera held that way stores, pixel by pixel from the words of the EXIF standard."""
    first_row, first_column = SIDES[orientation]
    height, width = scene.shape[:2]
    sideways = first_row in ("left", "right")
    rows, columns = (width, height) if sideways else (height, width)
    stored = np.empty((rows, columns, 3), np.uint8)
    place = {
        "top": lambda i: i,
        "bottom": lambda i: height - 1 - i,
        "left": lambda i: i,
        "right": lambda i: width - 1 - i,
    }
    for row in range(rows):
        for column in range(columns):
            a, b = place[first_row](row), place[first_column](column)
            stored[row, column] = scene[b, a] if sideways else scene[a, b]
    return stored


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", SIDES)
def test_photos_are_shown_upright(orientation: int, kind: str) -> None:
    scene = np.zeros((64, 96, 3), np.uint8)  # its edges lie on the blocks of a JPEG
    scene[:32, :48], scene[:32, 48:], scene[32:, :48] = (250, 10, 10), (10, 250, 10), (10, 10, 250)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "webp" else {"quality": 95, "subsampling": 0} if kind == "jpg" else {}
    photo = open_image(hostile.encoded(Image.fromarray(stored_for(scene, orientation)), kind, exif=exif, **options))
    assert photo.size == photo.original_size == (96, 64)
    assert np.abs(photo.pixels[::6, ::6].astype(int) - scene[::6, ::6]).max() < 30
    assert any("upright" in note for note in photo.notes) == (orientation > 1)


def test_a_large_turned_jpeg_keeps_its_upright_size() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = open_image(hostile.encoded(hostile.scene().resize((4000, 3000)), "jpg", exif=exif))
    assert photo.original_size == (3000, 4000) and photo.size == (1200, 1600)


@pytest.mark.parametrize("kind", ["png", "tif"])
def test_sixteen_bits_keep_their_brightness(kind: str) -> None:
    values = (np.linspace(0, 1, 64 * 96).reshape(64, 96) ** 2 * 65535).astype(np.uint16)
    photo = open_image(hostile.encoded(Image.fromarray(values), kind))
    assert np.abs(photo.pixels - (values / 257)[..., None]).max() <= 0.51
    assert photo.notes[0] == "16-bit reduced to 8-bit"


def tiff(values: np.ndarray, bits: int, photometric: int) -> bytes:
    """A big-endian or little-endian grey TIFF written by hand, without Pillow."""
    order = ">" if values.dtype.byteorder == ">" else "<"
    body = values.tobytes()
    tags = [
        (256, 3, values.shape[1]),
        (257, 3, values.shape[0]),
        (258, 3, bits),
        (259, 3, 1),
        (262, 3, photometric),
        (273, 4, 8),
        (277, 3, 1),
        (278, 3, values.shape[0]),
        (279, 4, len(body)),
    ]
    packed = b"".join(
        struct.pack(order + "HHI", tag, kind, 1)
        + struct.pack(order + ("HH" if kind == 3 else "I"), *([value, 0] if kind == 3 else [value]))
        for tag, kind, value in tags
    )
    start = (b"MM" if order == ">" else b"II") + struct.pack(order + "HI", 42, 8 + len(body))
    return start + body + struct.pack(order + "H", len(tags)) + packed + bytes(4)


@pytest.mark.parametrize("dtype, photometric", [("<u2", 1), (">u2", 1), ("<u2", 0)])
def test_sixteen_bit_tiffs_of_either_byte_order_and_polarity(dtype: str, photometric: int) -> None:
    values = np.linspace(0, 65535, 64 * 96).reshape(64, 96).astype(dtype)
    photo = open_image(tiff(values, 16, photometric))
    expected = values / 257 if photometric == 1 else 255 - values / 257
    assert np.abs(photo.pixels - expected[..., None]).max() <= 0.51


def test_a_reduced_sixteen_bit_photo_keeps_its_mean() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 65536, (1000, 2000), dtype=np.uint16)
    photo = open_image(hostile.encoded(Image.fromarray(values), "png", compress_level=0))
    assert photo.size == (1600, 800)
    assert abs(photo.pixels.mean() - (values / 257).mean()) < 0.5


def test_decimals_between_zero_and_one_are_not_stretched() -> None:
    values = np.linspace(0.2, 0.6, 300 * 300).reshape(300, 300).astype(np.float32)
    photo = open_image(hostile.encoded(Image.fromarray(values), "tif"))
    assert np.abs(photo.pixels[..., 0] - values * 255).max() <= 0.51
    stretched = open_image(hostile.encoded(Image.fromarray(values * 10 - 3), "tif"))
    assert stretched.pixels.min() == 0 and stretched.pixels.max() == 255 and "stretched" in stretched.notes[0]


def test_alpha_is_shown_on_white() -> None:
    pixels = np.zeros((300, 300, 4), np.uint8)
    pixels[..., 0], pixels[..., 3] = 200, np.arange(300) % 256
    photo = open_image(hostile.encoded(Image.fromarray(pixels), "png"))
    opacity = pixels[..., 3:] / 255
    expected = pixels[..., :3] * opacity + 255 * (1 - opacity)
    assert np.abs(photo.pixels - expected).max() <= 1
    assert "transparent parts shown on white" in photo.notes


def test_transparent_palette_and_colour_key_are_shown_on_white() -> None:
    pixels = np.zeros((300, 300, 3), np.uint8)
    pixels[:, 150:] = 10, 200, 30
    palette = Image.fromarray(pixels).convert("P", palette=Image.Palette.ADAPTIVE, colors=2)
    for data in (
        hostile.encoded(palette, "png", transparency=palette.getpixel((0, 0))),
        hostile.encoded(palette, "gif", transparency=palette.getpixel((0, 0))),
        hostile.encoded(Image.fromarray(pixels), "png", transparency=(0, 0, 0)),
    ):
        photo = open_image(data)
        assert (photo.pixels[:, :140] == 255).all()
        assert np.abs(photo.pixels[:, 160:].astype(int) - (10, 200, 30)).max() <= 2


def test_an_opaque_alpha_channel_changes_nothing() -> None:
    picture = hostile.scene(300, 280)
    photo = open_image(hostile.encoded(picture.convert("RGBA"), "png"))
    assert (photo.pixels == np.asarray(picture)).all() and photo.notes == ()


@pytest.mark.parametrize("kind", ["jpg", "tif"])
def test_cmyk_is_not_inverted(kind: str) -> None:
    picture = hostile.scene(300, 280)
    photo = open_image(hostile.encoded(picture.convert("CMYK"), kind))
    assert abs(photo.pixels.astype(int) - np.asarray(picture)).mean() < 8
    assert photo.notes == ("CMYK colours converted to RGB",)


def test_an_embedded_colour_profile_is_obeyed() -> None:
    """An sRGB profile whose red and blue primaries are exchanged turns red pixels blue."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"tmp0").replace(b"bXYZ", b"rXYZ").replace(b"tmp0", b"bXYZ")
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))
    red = Image.new("RGB", (300, 300), (255, 0, 0))
    assert (open_image(hostile.encoded(red, "png", icc_profile=profile)).pixels[0, 0] == (255, 0, 0)).all()
    turned = open_image(hostile.encoded(red, "png", icc_profile=swapped)).pixels[0, 0].astype(int)
    assert np.abs(turned - (0, 0, 255)).max() <= 4


@pytest.mark.parametrize("kind", ["gif", "png", "webp", "tif"])
def test_of_several_frames_the_first_is_shown(kind: str) -> None:
    frames = [Image.new("RGB", (300, 300), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if kind == "webp" else {}
    photo = open_image(hostile.encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options))
    assert (photo.pixels == (255, 0, 0)).all()
    assert len(photo.notes) == 1 and "first" in photo.notes[0]


def test_a_plain_photo_has_no_notes_and_an_identity() -> None:
    data = hostile.encoded(hostile.scene(400, 300), "png")
    first, again = open_image(data, "/home/somebody/Über mich.png"), open_image(data)
    assert first.notes == () and first.name == "Über mich.png" and again.name == ""
    assert first.sha == again.sha and len(first.sha) == 64
    assert first.sha != open_image(data + b"\0").sha


def test_large_photos_are_reduced_but_long_ones_keep_enough_of_their_short_side() -> None:
    assert open_image(hostile.encoded(hostile.scene().resize((3200, 2000)), "jpg")).size == (1600, 1000)
    long = open_image(hostile.png(20_000, 1000, hostile.black_rows(20_000, 1000, 8)))
    assert long.size == (5120, 256) and long.original_size == (20_000, 1000)


def test_names_are_made_harmless() -> None:
    assert printable("C:\\photos\\a<b>[x](http://y).png") == "y.png"
    assert printable("![a](b)`c`$d$\u202egnp.exe\n") == "abcdgnp.exe"
    assert len(printable("x" * 500 + ".png")) == 60


@pytest.mark.parametrize("size", [(451, 300), (300, 451), (1000, 700), (256, 256), (224, 224), (50, 40), (1200, 60)])
def test_prepare_agrees_with_torchvision(size: tuple[int, int]) -> None:
    picture = hostile.scene(*size)
    photo = photo_of(np.asarray(picture))
    reference = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224)])(picture)
    signed = shown(photo, AS_TRAINED).astype(int) - np.asarray(reference)
    difference = np.abs(signed)
    assert difference.max() <= 1 and abs(signed.mean()) < 0.02  # rounding: Pillow picks the order of its two passes
    full = transforms.Compose([transforms.ToTensor(), transforms.Normalize(AS_TRAINED.mean, AS_TRAINED.std)])
    assert (prepare(photo, AS_TRAINED)[0] - full(shown(photo, AS_TRAINED))).abs().max() < 1e-5
    assert (prepare(photo, AS_TRAINED)[0] - full(reference)).abs().max() < 1.01 / 255 / 0.224


@pytest.mark.parametrize("crop", [Crop(0, 0), Crop(1, 1), Crop(0.25, 0.8), Crop(-3, 7)])
def test_the_crop_moves_over_the_whole_resized_photo(crop: Crop) -> None:
    picture = hostile.scene(500, 320)
    photo = photo_of(np.asarray(picture))
    resized = np.asarray(picture.resize((400, 256), Image.Resampling.BILINEAR)).astype(int)
    left = round(min(max(crop.left, 0), 1) * (400 - 224))
    top = round(min(max(crop.top, 0), 1) * (256 - 224))
    expected = resized[top : top + 224, left : left + 224]
    assert np.abs(shown(photo, AS_TRAINED, crop) - expected).max() <= 1


@pytest.mark.parametrize("zoom", [0.875, 1.0, 1.5, 3.2])
@pytest.mark.parametrize("place", [(0, 0), (1, 1), (0.25, 0.8)])
def test_a_zoomed_crop_is_cut_out_of_the_enlarged_photo(zoom: float, place: tuple[float, float]) -> None:
    """Literally: the whole photo resized to `zoom` times its usual size, then 224 × 224 pixels of it."""
    picture = hostile.scene(500, 320)
    short, long = round(256 * zoom), 500 * round(256 * zoom) // 320
    resized = np.asarray(picture.resize((long, short), Image.Resampling.BILINEAR)).astype(int)
    left, top = (round(share * (length - 224)) for share, length in zip(place, (long, short), strict=True))
    expected = resized[top : top + 224, left : left + 224]
    crop = Crop(*place, zoom)
    seen = shown(photo_of(np.asarray(picture)), AS_TRAINED, crop)
    assert np.abs(seen - expected).max() <= 2 and abs((seen - expected).mean()) < 0.1


def test_no_zoom_leaves_the_photo() -> None:
    """The smallest shows the whole short side, whatever is asked for; numbers that are none are bounded."""
    for size in ((500, 320), (320, 500), (1, 1), (4000, 1), (300, 300)):
        photo = photo_of(np.zeros((size[1], size[0], 3), np.uint8))
        for zoom in (-1.0, 0.0, 0.5, 0.875, 1.0, 8.0, 1e9):
            for place in ((0, 0), (1, 1), (0.5, 0.5)):
                top, left, bottom, right = crop_box(photo, AS_TRAINED, Crop(*place, zoom))
                assert -1e-6 <= left < right <= size[0] + 1e-6 and -1e-6 <= top < bottom <= size[1] + 1e-6
                assert shown(photo, AS_TRAINED, Crop(*place, zoom)).shape == (224, 224, 3)
        whole = crop_box(photo, AS_TRAINED, Crop(0.5, 0.5, 0.0))
        assert whole[2] - whole[0] == pytest.approx(min(size)) and whole[3] - whole[1] == pytest.approx(
            min(size), rel=0.01
        )


def test_the_box_on_the_photo_is_what_the_network_sees() -> None:
    """On a photo whose colours are coordinates, the crop's corners read their own position."""
    rows, columns = np.mgrid[:400, :600]
    photo = photo_of(np.stack([columns * 255 / 599, rows * 255 / 399, rows * 0], -1).round().astype(np.uint8))
    for crop in (Crop(), Crop(0, 1), Crop(0.9, 0.1)):
        top, left, bottom, right = crop_box(photo, AS_TRAINED, crop)
        seen = shown(photo, AS_TRAINED, crop).astype(float)
        assert right - left == pytest.approx(350) and bottom - top == pytest.approx(350)
        assert seen[5, 5, 0] * 599 / 255 == pytest.approx(left + 5.5 * 350 / 224, abs=3)
        assert seen[5, 5, 1] * 399 / 255 == pytest.approx(top + 5.5 * 350 / 224, abs=3)
        assert seen[-6, -6, 0] * 599 / 255 == pytest.approx(right - 5.5 * 350 / 224, abs=3)
        assert seen[-6, -6, 1] * 399 / 255 == pytest.approx(bottom - 5.5 * 350 / 224, abs=3)


def test_other_preprocessings_are_followed() -> None:
    photo = photo_of(np.full((300, 400, 3), 255, np.uint8))
    values = prepare(photo, Preprocessing(resize_px=64, input_px=48, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)))
    assert values.shape == (1, 3, 48, 48) and (values == 1).all()


def test_samples_open_without_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a sample photo asked for the internet")

    monkeypatch.setattr("socket.socket.connect", forbidden)
    monkeypatch.setattr("socket.getaddrinfo", forbidden)
    samples.load.cache_clear()
    photos = [samples.load(name) for name in samples.names()]
    assert len(photos) >= 8 and len({photo.sha for photo in photos}) == len(photos)
    for photo, sample in zip(photos, samples.SAMPLES, strict=True):
        assert min(photo.size) >= 256 and photo.notes == () and photo.name == sample.title and sample.credit
        assert photo.pixels.std() > 20


def test_samples_are_read_without_their_packages() -> None:
    code = (
        "import sys; from zfnet_core.photos import samples as s; [s.load(n) for n in s.names()]; "
        "assert not {'skimage', 'sklearn', 'pooch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_an_unknown_sample_is_named() -> None:
    with pytest.raises(UnknownName, match=r"“dog”.*chelsea"):
        samples.load("dog")


@pytest.mark.parametrize("name", ["chelsea", "coffee", "china"])
def test_samples_equal_their_packages_own_arrays(name: str) -> None:
    if name == "china":
        from sklearn.datasets import load_sample_image

        theirs = load_sample_image("china.jpg")
    else:
        from skimage import data

        theirs = getattr(data, name)()
    assert (samples.load(name).pixels == theirs).all()


def test_a_run_of_255_takes_no_longer_than_its_length() -> None:
    """62 kB of it once kept the server busy for 27 s; ten megabytes are as good as nothing."""
    jpeg = hostile.encoded(hostile.scene(), "jpg")
    for count in (60_000, 10_000_000):
        began = time.process_time()
        scans = containers.jpeg_scans(jpeg[:-2] + b"\xff" * count + b"\0")
        assert scans >= 1 and time.process_time() - began < 5  # quadratic: 27 s for the first, days for the second


@pytest.mark.parametrize("seed", range(20))
def test_scans_are_counted_as_by_a_plain_walk(seed: int) -> None:
    """Against a walk that looks at one byte after the other, on JPEGs with bytes thrown in."""
    rng = np.random.default_rng(seed)
    data = bytearray(hostile.encoded(hostile.scene(60, 40), "jpg", progressive=bool(seed % 2)))
    for place in rng.integers(2, len(data), 6):
        data[place] = int(rng.choice([0xFF, 0xDA, 0x00, 0xD9, 0x40]))
    scans = place = 0
    while place + 1 < len(data):
        if data[place] != 0xFF or data[place + 1] in (0x00, 0xFF):
            place += 1
            continue
        marker, place = data[place + 1], place + 2
        if marker == 0xD9:
            break
        scans += marker == 0xDA
        if marker != 0x01 and not 0xD0 <= marker <= 0xD8:
            place += int.from_bytes(data[place : place + 2])
    assert containers.jpeg_scans(bytes(data)) == scans


@pytest.mark.parametrize("cut", [2, 1, 300])
def test_a_jpeg_that_breaks_off_shows_what_there_is(cut: int) -> None:
    whole = hostile.encoded(hostile.scene(400, 300), "jpg")
    photo, expected = open_image(whole[:-cut]), open_image(whole)
    assert photo.notes == ("the file breaks off: what is there is shown",)
    assert (photo.pixels[:150] == expected.pixels[:150]).all()
    assert expected.notes == ()


def test_words_and_profiles_of_megabytes_are_skipped() -> None:
    plain = hostile.scene(300, 280)
    words = b"Comment\0\0" + zlib.compress(b"x" * 5_000_000)
    itxt = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"y" * 5_000_000)
    data = hostile.encoded(plain, "png")
    extra = (
        hostile.chunk(b"zTXt", words) + hostile.chunk(b"iTXt", itxt) + hostile.chunk(b"tEXt", b"a\0" + b"b" * 3_000_000)
    )
    photo = open_image(data[:33] + extra + data[33:])
    assert (photo.pixels == np.asarray(plain)).all()
    small = data[:33] + hostile.chunk(b"tEXt", b"Title\0a word") + data[33:]
    assert containers.png_without_large_words(small) is small


def test_twelve_bits_in_sixteen_are_stretched_and_it_is_said() -> None:
    values = np.linspace(0, 4095, 300 * 300).reshape(300, 300).astype(np.uint16)
    photo = open_image(hostile.encoded(Image.fromarray(values), "png"))
    assert np.abs(photo.pixels[..., 0] - values / 4095 * 255).max() <= 0.51
    assert "only 12 of the 16 bits are used: brightness stretched" in photo.notes
    dark = open_image(hostile.encoded(Image.fromarray((values // 32).astype(np.uint16)), "png"))
    assert dark.pixels.max() == 0  # truly black is left black


def test_a_white_drawing_on_nothing_is_seen() -> None:
    pixels = np.zeros((300, 300, 4), np.uint8)
    pixels[100:200, 100:200] = 255
    photo = open_image(hostile.encoded(Image.fromarray(pixels), "png"))
    assert photo.notes == ("transparent parts shown on grey, since the rest is white",)
    assert (photo.pixels[150, 150] == 255).all() and (photo.pixels[0, 0] == 128).all()


def test_empty_first_frames_are_passed_over() -> None:
    empty, full = Image.new("RGBA", (300, 300), (0, 0, 0, 0)), Image.new("RGBA", (300, 300), (255, 0, 0, 255))
    data = hostile.encoded(empty, "gif", save_all=True, append_images=[empty, full], disposal=2, duration=[10, 20, 30])
    photo = open_image(data)
    assert (photo.pixels[150, 150] == (255, 0, 0)).all()
    assert any("frame" in note and "empty" in note for note in photo.notes)


def test_a_phones_heic_opens() -> None:
    cat = Image.fromarray(samples.load("chelsea").pixels)
    photo = open_image(hostile.encoded(cat, "heif", quality=90), "IMG_0001.HEIC")
    assert photo.size == cat.size
    assert np.abs(photo.pixels.astype(int) - np.asarray(cat)).mean() < 3


def test_huge_jpegs_are_decoded_at_a_fraction_of_their_size() -> None:
    """100 megapixels, and a panorama longer than any other picture may be."""
    for size in ((10_000, 10_000), (60_000, 1000)):
        data = hostile.encoded(Image.new("RGB", size, (200, 30, 40)), "jpg", quality=20)
        photo = open_image(data)
        assert photo.original_size == size and max(photo.size) < max(size)
        assert np.abs(photo.pixels[10, 10].astype(int) - (200, 30, 40)).max() <= 6


def test_tiffs_of_unusual_numbers_are_named_or_shown() -> None:
    for values, bits in ((np.zeros((64, 96), "<f8"), 64), (np.zeros((64, 96), "<u2"), 16)):
        data = tiff(values, bits, 1)
        try:
            assert open_image(data, "x.tif").size == (96, 64)
        except ImageError as refusal:
            assert "TIFF whose kind of channels or numbers" in str(refusal)

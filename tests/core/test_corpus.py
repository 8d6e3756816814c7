"""Collections of photos: what is found, what is skipped, and the address of the content."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import shutil
import tarfile
import tracemalloc
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from torchvision import datasets
from torchvision.datasets import caltech
from weights_server import Behaviour, serving

from zfnet_core.errors import CorpusError, ImageError
from zfnet_core.photos import decoding, images, samples, torchvision_sets
from zfnet_core.photos.corpus import CROP_PERCENTS, crops_along, open_corpus
from zfnet_core.photos.preprocessing import Preprocessing
from zfnet_core.photos.stores import MAX_BYTES

SMALL = Preprocessing(resize_px=40, input_px=32)


def photo_bytes(seed: int, size: tuple[int, int] = (60, 48), format: str = "PNG") -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes, a broken photo, and files that are no photos."""
    root = tmp_path / "photos"
    for number, name in enumerate(["train/cat/b.png", "train/cat/a.PNG", "train/dog/c.png", "val/cat/d.png"]):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(photo_bytes(number))
    (root / "train/dog/broken.jpg").write_bytes(b"no picture at all")
    (root / "train/dog/notes.txt").write_text("not a photo")
    (root / "train/dog/.hidden.png").write_bytes(photo_bytes(9))
    return root


def zipped(folder: Path, path: Path, names: list[str] | None = None) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = file.relative_to(folder).as_posix()
            if names is None or name in names:
                archive.write(file, name)
    return path


def test_a_folder_is_sorted_and_its_class_folders_are_labels(folder):
    corpus = open_corpus([folder])
    assert corpus.ids == (
        "train/cat/a.PNG",
        "train/cat/b.png",
        "train/dog/broken.jpg",
        "train/dog/c.png",
        "val/cat/d.png",
    )
    assert corpus.labels == ("cat", "cat", "dog", "dog", "cat")
    assert open_corpus([folder], under="train/dog").ids == ("train/dog/broken.jpg", "train/dog/c.png")


def test_a_photo_is_what_the_page_would_show_of_the_same_file(folder):
    corpus = open_corpus([folder])
    expected = images.shown(decoding.open_image((folder / "train/cat/b.png").read_bytes()), SMALL)
    np.testing.assert_array_equal(corpus.shown(1, SMALL), expected)


def test_broken_and_vanished_photos_say_so_in_one_sentence(folder):
    corpus = open_corpus([folder])
    (folder / "train/dog/c.png").unlink()
    for index, name in ((2, "broken.jpg"), (3, "c.png")):
        with pytest.raises(ImageError, match=name):
            corpus.photo(index)


def test_the_address_depends_on_the_content_and_on_nothing_else(folder, tmp_path):
    key = open_corpus([folder]).key
    moved = Path(shutil.copytree(folder, tmp_path / "elsewhere"))
    assert open_corpus([moved]).key == key
    (moved / "val/cat/d.png").write_bytes(photo_bytes(100))
    changed = open_corpus([moved]).key
    (moved / "val/cat/d.png").rename(moved / "val/cat/e.png")
    assert len({key, changed, open_corpus([moved]).key}) == 3


def test_a_folder_and_a_zip_file_of_it_have_the_same_address(folder, tmp_path):
    assert open_corpus([zipped(folder, tmp_path / "a.zip")]).key == open_corpus([folder]).key


def test_reading_a_folder_tells_how_far_it_is(folder):
    told = []
    open_corpus([folder], tell=lambda *news: told.append(news))
    assert told == [(number, 5) for number in range(1, 6)]


def test_shards_are_one_corpus_in_any_order(folder, tmp_path):
    ids = list(open_corpus([folder]).ids)
    first, second = zipped(folder, tmp_path / "1.zip", ids[::2]), zipped(folder, tmp_path / "2.zip", ids[1::2])
    corpus, swapped = open_corpus([first, second]), open_corpus([second, first])
    assert list(corpus.ids) == ids
    assert corpus.key == swapped.key
    np.testing.assert_array_equal(corpus.shown(4, SMALL), open_corpus([folder]).shown(4, SMALL))
    (tmp_path / "shards").mkdir()
    for path in (first, second):
        path.rename(tmp_path / "shards" / path.name)
    assert open_corpus([tmp_path / "shards"]).key == corpus.key


def test_members_of_the_same_name_are_told_apart_by_their_zip_file(folder, tmp_path):
    twice = [zipped(folder, tmp_path / f"{n}.zip", ["val/cat/d.png"]) for n in ("one", "two")]
    assert open_corpus(twice).ids == ("one/val/cat/d.png", "two/val/cat/d.png")


def test_zip_files_of_the_same_name_are_told_apart_by_their_folders(folder, tmp_path):
    for place, number in (("x", 50), ("y", 51)):
        (tmp_path / place).mkdir()
        with zipfile.ZipFile(tmp_path / place / "photos.zip", "w") as archive:
            archive.writestr("d.png", photo_bytes(number))
    corpus = open_corpus([tmp_path / "y" / "photos.zip", tmp_path / "x" / "photos.zip"])
    assert corpus.ids == ("x/photos/d.png", "y/photos/d.png")
    for index, number in enumerate((50, 51)):
        np.testing.assert_array_equal(corpus.photo(index).pixels, decoding.open_image(photo_bytes(number)).pixels)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_members_of_the_same_name_in_one_zip_file_the_last_one_counts(tmp_path):
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive:
        for number in (60, 61):
            archive.writestr("d.png", photo_bytes(number))
    corpus = open_corpus([tmp_path / "twice.zip"])
    assert corpus.ids == ("d.png",)
    np.testing.assert_array_equal(corpus.photo(0).pixels, decoding.open_image(photo_bytes(61)).pixels)


def test_a_folder_is_searched_with_the_zip_files_in_it(folder, tmp_path):
    zipped(folder, folder / "same.zip", ["val/cat/d.png"])
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("train/dog/e.png", photo_bytes(70))
        archive.writestr("val/cat/d.png", photo_bytes(71))
    corpus = open_corpus([folder])
    assert len(corpus) == 7
    for id, number in (("val/cat/d.png", 3), ("train/dog/e.png", 70), ("more/val/cat/d.png", 71)):
        decoded = corpus.photo(corpus.ids.index(id)).pixels
        np.testing.assert_array_equal(decoded, decoding.open_image(photo_bytes(number)).pixels)
    copy = pickle.loads(pickle.dumps(corpus))
    np.testing.assert_array_equal(copy.shown(6, SMALL), corpus.shown(6, SMALL))


def test_a_zip_file_that_is_made_again_is_opened_again(folder, tmp_path):
    path = tmp_path / "a.zip"
    for number in (80, 81):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("d.png", photo_bytes(number, (60 + number, 48)))
        assert open_corpus([path]).photo(0).size == (60 + number, 48)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.png", bytes(MAX_BYTES + 1))
    (tmp_path / "photos").mkdir()
    with (tmp_path / "photos" / "sparse.png").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    for source in (tmp_path / "bomb.zip", tmp_path / "photos"):
        corpus = open_corpus([source])
        tracemalloc.start()
        with pytest.raises(ImageError, match=r"100\.1 MB, but at most 100 MB"):
            corpus.photo(0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2**20


def test_a_cameras_own_file_may_be_larger_than_an_upload(tmp_path):
    data = photo_bytes(5, (2100, 1700)) + bytes(decoding.MAX_BYTES)
    with pytest.raises(ImageError, match="at most 40 MB"):
        decoding.open_image(data)
    (tmp_path / "large.png").write_bytes(data)
    assert open_corpus([tmp_path]).photo(0).size == (round(2100 * 512 / 1700), 512)


def test_a_large_photo_is_reduced_without_looking_otherwise_to_a_network(tmp_path):
    sharp = Image.fromarray(samples.load("chelsea").pixels).resize((2400, 1600), Image.Resampling.BICUBIC)
    sharp.save(tmp_path / "large.jpg", quality=95)
    shown = open_corpus([tmp_path]).shown(0, Preprocessing()).astype(int)
    with Image.open(tmp_path / "large.jpg") as picture:
        whole = images.shown(decoding.photo_of(np.asarray(picture), ""), Preprocessing())
    assert np.abs(shown - whole).mean() < 1 and np.abs(shown - whole).max() < 8


def test_a_damaged_member_is_one_broken_photo(folder, tmp_path):
    path = zipped(folder, tmp_path / "damaged.zip")
    data = bytearray(path.read_bytes())
    middle = data.find(photo_bytes(2)[200:240])
    data[middle : middle + 8] = b"\x00" * 8
    path.write_bytes(data)
    corpus = open_corpus([path])
    with pytest.raises(ImageError, match=r"c\.png"):
        corpus.photo(corpus.ids.index("train/dog/c.png"))
    assert corpus.photo(0).size == (60, 48)


def test_a_corpus_travels_to_another_process_and_opens_there(folder, tmp_path):
    for corpus in (open_corpus([folder]), open_corpus([zipped(folder, tmp_path / "a.zip")]), open_corpus(["samples"])):
        corpus.shown(0, SMALL)
        copy = pickle.loads(pickle.dumps(corpus))
        np.testing.assert_array_equal(copy.shown(0, SMALL), corpus.shown(0, SMALL))


def test_samples_and_subsets_are_the_same_every_time(folder):
    corpus = open_corpus([folder])
    assert corpus.sample(3).ids == corpus.sample(3).ids
    assert len(corpus.sample(3)) == 3
    assert corpus.sample(99) is corpus
    assert corpus.subset([3, 0]).ids == ("train/cat/a.PNG", "train/dog/c.png")
    assert corpus.subset([3, 0]).key not in (corpus.key, corpus.subset([3, 1]).key)


def test_photos_are_found_again_in_a_copy_that_is_arranged_differently(folder):
    corpus = open_corpus([folder])
    assert corpus.find("train/cat/b.png") == 1
    assert corpus.find("elsewhere/Dog/c.JPEG") == 3
    assert corpus.find("n02123045/d.webp") is None
    assert corpus.find("n02123045/d.webp", by_name=True) == 4
    assert corpus.find("train/cat/unknown.png", by_name=True) is None


def test_the_same_file_name_in_another_class_is_another_photo(tmp_path):
    (tmp_path / "accordion").mkdir()
    (tmp_path / "accordion" / "image_0009.jpg").write_bytes(photo_bytes(1, format="JPEG"))
    corpus = open_corpus([tmp_path])
    assert corpus.find("train/accordion/image_0009.webp") == 0
    assert corpus.find("train/umbrella/image_0009.webp") is None


def test_the_sample_photos_are_many_crops():
    corpus = open_corpus(["samples"])
    assert len(corpus) == len(samples.names()) * sum(crops_along(percent) ** 2 for percent in CROP_PERCENTS)
    whole = samples.load("chelsea").pixels
    side = min(whole.shape[:2]) * 33 // 100
    corner = corpus.photo(corpus.ids.index("chelsea/33-0-0")).pixels
    np.testing.assert_array_equal(corner, whole[:side, :side])
    far = corpus.photo(corpus.ids.index("chelsea/33-2-2")).pixels
    np.testing.assert_array_equal(far, whole[-side:, -side:])


def test_torchvision_sets_that_are_folders_are_opened_as_folders(tmp_path):
    for split, name in (("train", "a"), ("val", "b")):
        place = tmp_path / "imagenette2" / split / "n01440764" / f"{name}.JPEG"
        place.parent.mkdir(parents=True)
        place.write_bytes(photo_bytes(5, format="JPEG"))
    corpus = open_corpus(["Imagenette"], root=tmp_path)
    assert corpus.ids == ("train/n01440764/a.JPEG", "val/n01440764/b.JPEG")
    assert corpus.shown(0, SMALL).shape == (32, 32, 3)


def caltech_folders(root: Path) -> None:
    for number, name in enumerate(("BACKGROUND_Google", "accordion", "umbrella")):
        (root / name).mkdir(parents=True)
        (root / name / "image_0001.jpg").write_bytes(photo_bytes(number, format="JPEG"))


def test_what_torchvision_leaves_out_is_no_photo(tmp_path):
    caltech_folders(tmp_path / "caltech101" / "101_ObjectCategories")
    corpus = open_corpus(["Caltech101"], root=tmp_path)
    assert corpus.ids == ("accordion/image_0001.jpg", "umbrella/image_0001.jpg")


def packed(folder: Path, path: Path) -> bytes:
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, folder.name)
    return path.read_bytes()


def test_imagenette_is_fetched_and_checked(tmp_path, monkeypatch):
    for split in ("train", "val"):
        place = tmp_path / "there" / "imagenette2" / split / "n01440764" / f"{split}.JPEG"
        place.parent.mkdir(parents=True)
        place.write_bytes(photo_bytes(5, format="JPEG"))
    data = packed(tmp_path / "there" / "imagenette2", tmp_path / "imagenette2.tgz")
    with serving(Behaviour({"/imagenette2.tgz": data})) as server:
        address = f"{server.address}/imagenette2.tgz"
        good, bad = ({"full": (address, md5)} for md5 in (hashlib.md5(data).hexdigest(), "0" * 32))
        monkeypatch.setattr(datasets.Imagenette, "_ARCHIVES", bad)
        with pytest.raises(CorpusError, match="Imagenette"):
            open_corpus(["Imagenette"], root=tmp_path / "here", download=True)
        monkeypatch.setattr(datasets.Imagenette, "_ARCHIVES", good)
        corpus = open_corpus(["Imagenette"], root=tmp_path / "here", download=True)
    assert corpus.ids == ("train/n01440764/train.JPEG", "val/n01440764/val.JPEG")
    assert corpus.shown(0, SMALL).shape == (32, 32, 3)
    assert open_corpus(["Imagenette"], root=tmp_path / "here").key == corpus.key


def test_caltech_101_is_fetched_and_unpacked(tmp_path, monkeypatch):
    caltech_folders(tmp_path / "101_ObjectCategories")
    inner = packed(tmp_path / "101_ObjectCategories", tmp_path / "101_ObjectCategories.tar.gz")
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("caltech-101/101_ObjectCategories.tar.gz", inner)
    fetch = caltech.download_and_extract_archive
    with serving(Behaviour({"/caltech-101.zip": outer.getvalue()})) as server:
        md5 = hashlib.md5(outer.getvalue()).hexdigest()
        monkeypatch.setattr(
            caltech,
            "download_and_extract_archive",
            lambda url, **given: fetch(f"{server.address}/caltech-101.zip", **{**given, "md5": md5}),
        )
        corpus = open_corpus(["Caltech101"], root=tmp_path / "here", download=True)
    assert corpus.ids == ("accordion/image_0001.jpg", "umbrella/image_0001.jpg")
    assert corpus.shown(0, SMALL).shape == (32, 32, 3)


def test_other_torchvision_sets_are_opened_item_by_item(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), np.uint8)
    base = tmp_path / "eurosat" / "2750"
    for number, label in enumerate(("AnnualCrop", "Forest")):
        (base / label).mkdir(parents=True)
        for index in range(3):
            Image.fromarray(pixels[3 * number + index]).save(base / label / f"{label}_{index}.png")
    corpus = open_corpus(["EuroSAT"], root=tmp_path)
    assert corpus.labels == ("AnnualCrop",) * 3 + ("Forest",) * 3
    np.testing.assert_array_equal(corpus.photo(4).pixels, pixels[4])
    moved = Path(shutil.copytree(tmp_path, tmp_path.parent / "elsewhere"))
    assert open_corpus(["EuroSAT"], root=moved).key == corpus.key
    changed = moved / "eurosat" / "2750" / "Forest" / "Forest_1.png"
    Image.fromarray(pixels[0] // 2).save(changed)
    torchvision_sets._parts.cache_clear()
    assert open_corpus(["EuroSAT"], root=moved).key != corpus.key
    changed.write_bytes(b"broken")
    with pytest.raises(ImageError, match="cannot be decoded"):
        open_corpus(["EuroSAT"], root=moved).photo(4)


def test_sets_that_lie_in_memory_are_told_apart_by_what_is_in_them():
    def items(seed: int) -> SimpleNamespace:
        return SimpleNamespace(data=np.random.default_rng(seed).integers(0, 256, (3, 8, 8, 3)), root="nowhere")

    keys = [torchvision_sets.fingerprint(items(seed), Path("nowhere")) for seed in (0, 0, 1)]
    assert keys[0] == keys[1] != keys[2]


def test_whatever_a_torchvision_reader_raises_is_one_broken_photo(tmp_path, monkeypatch):
    class Broken:
        def __getitem__(self, index: int) -> None:
            raise KeyError(index)

    monkeypatch.setattr(torchvision_sets, "_parts", lambda *_: {"all": Broken()})
    with pytest.raises(ImageError, match="all-0000003"):
        torchvision_sets.TorchvisionStore("Some", str(tmp_path)).photo("Some/all-0000003")


@pytest.mark.parametrize(
    ("sources", "word"),
    [
        ([], "Nothing"),
        (["NoSuchSet"], "NoSuchSet"),
        (["Imagenette"], "Imagenette"),
        (["a.zip", "b.zip"], "a.zip"),
        (["a.zip", "photos"], "a.zip"),
    ],
)
def test_what_cannot_be_opened_is_explained(sources, word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CorpusError, match=word) as caught:
        open_corpus(sources, root=tmp_path)
    assert str(caught.value).count(".\n") == 0


def test_an_empty_place_is_an_error(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match="no photo"):
        open_corpus([tmp_path / "empty"])
    with pytest.raises(CorpusError, match="under test"):
        open_corpus([folder], under="test")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files on this system")
def test_what_is_no_file_is_neither_read_nor_waited_for(folder, tmp_path):
    place = folder.parent
    before = open_corpus([folder])
    (folder / "around.jpg").symlink_to("around.jpg")
    (folder / "again").symlink_to(folder, target_is_directory=True)
    (folder / "upwards").symlink_to(place, target_is_directory=True)
    (folder / "endless.jpg").symlink_to("/dev/zero")
    (folder / "gone.jpg").symlink_to(tmp_path / "nothing.jpg")
    os.mkfifo(folder / "nobody-writes.jpg")
    after = open_corpus([folder])
    assert after.ids == before.ids and after.key == before.key

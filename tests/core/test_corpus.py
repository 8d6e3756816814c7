"""Collections of photos: what is found, what is skipped, and the address of the content."""

from __future__ import annotations

import io
import pickle
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zfnet_core import images, sample_photos
from zfnet_core.corpus import CROP_PERCENTS, crops_along, open_corpus
from zfnet_core.errors import CorpusError, ImageError
from zfnet_core.models.preprocessing import Preprocessing

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
    expected = images.shown(images.open_image((folder / "train/cat/b.png").read_bytes()), SMALL)
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
    assert corpus.find("n02123045/d.webp") == 4
    assert corpus.find("train/cat/unknown.png") is None


def test_the_sample_photos_are_many_crops():
    corpus = open_corpus(["samples"])
    assert len(corpus) == len(sample_photos.names()) * sum(crops_along(percent) ** 2 for percent in CROP_PERCENTS)
    whole = sample_photos.load("chelsea").pixels
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


@pytest.mark.parametrize(
    ("sources", "word"),
    [
        ([], "Nothing"),
        (["NoSuchSet"], "NoSuchSet"),
        (["Imagenette"], "Imagenette"),
        (["a.zip", "b.zip"], "a.zip"),
        (["a.zip", "photos"], "one folder"),
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

"""Photos to batches: sources agree, packing loses nothing, crops and colours equal their literal definitions."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_photos import write_tiny_photos
from torchvision import datasets
from torchvision.transforms import functional as vision

from zfnet_core.errors import CorpusError
from zfnet_core.photos import torchvision_sets
from zfnet_core.photos.corpus import open_corpus
from zfnet_core.training.augment import evaluation_batch, random_boxes, recoloured, training_batch
from zfnet_core.training.canvases import Canvases
from zfnet_core.training.evaluation import squares_of
from zfnet_core.training.lesson import FolderNames, Taught
from zfnet_core.training.packed import pack
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.schedule import epoch_order
from zfnet_core.training.soft_labels import SoftLabels
from zfnet_core.training.views import Views

PHOTOS = Path(__file__).parents[1] / "data" / "photos"
IDS = tuple(map(str, range(36)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_photos(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def packed(folder, tmp_path_factory):
    return pack(open_corpus([folder]), tmp_path_factory.mktemp("cache"))


def test_the_photos_of_the_tests_are_divided_as_their_folders_say(tmp_path):
    corpus = open_corpus([PHOTOS])
    assert [len(corpus.part(part)) for part in ("train", "val")] == [24, 16] and corpus.left_out == ()
    packed = pack(corpus, tmp_path)
    assert packed.left_out == () and packed.train.classes == ("dalmatian", "starfish", "sunflower", "umbrella")
    assert packed.val.ids == corpus.part("val").ids
    assert packed.val.labels.tolist() == [index for index in range(4) for _ in range(4)]


@pytest.mark.parametrize(
    ("folders", "parts"),
    [
        ("train val", ["train", "val"]),
        ("Train test", ["train", "val"]),
        ("more/train more/validation", ["train", "val"]),
        ("train valid test", ["train", "val", ""]),
        ("train other", ["train", ""]),
    ],
)
def test_the_folder_above_the_class_says_what_a_photo_is_for(folders, parts, tmp_path):
    for folder in folders.split():
        (tmp_path / folder / "cat").mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / folder / "cat" / "a.png")
    corpus = open_corpus([tmp_path])
    found = {id.removesuffix("/cat/a.png"): part for id, part in zip(corpus.ids, corpus.parts, strict=True)}
    assert [found[folder] for folder in folders.split()] == parts


def test_where_no_folder_says_it_a_fifth_validates_the_same_photos_every_time(tmp_path):
    for number in range(200):
        place = tmp_path / "set" / "cat" / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (2, 2), (number, 0, 0)).save(place)
    corpus = open_corpus([tmp_path / "set"])
    assert 25 < corpus.parts.count("val") < 55 and "" not in corpus.parts
    zipped = shutil.make_archive(str(tmp_path / "set"), "zip", tmp_path / "set")
    assert open_corpus([zipped]).parts == corpus.parts


def a_data_set(names, **listed):
    """A stand-in for one of torchvision's classes: it knows the splits `names` and lists its labels as `listed`."""

    class DataSet(torch.utils.data.Dataset):
        def __init__(self, root, split="train", download=False):
            if split not in names:
                raise ValueError(f"Unknown value '{split}' for argument split.")
            self.split, self.classes = split, ["cat", "dog"]
            for key, value in listed.items():
                setattr(self, key, value)

        def __len__(self):
            return 2

        def __getitem__(self, index):
            assert not listed, "labels that are listed must not cost a decoding"
            return Image.new("RGB", (8, 8)), index

    return DataSet


@pytest.mark.parametrize("validation", ["val", "valid", "test"])
@pytest.mark.parametrize(
    "listed",
    [{"targets": torch.tensor([0, 1])}, {"_samples": [("a.png", 0), ("b.png", 1)]}, {"labels": np.array([0, 1])}, {}],
    ids=lambda listed: next(iter(listed), "none"),
)
def test_every_way_a_torchvision_set_names_its_parts_and_labels(monkeypatch, tmp_path, validation, listed):
    torchvision_sets._parts.cache_clear()
    monkeypatch.setattr(datasets, "Flowers102", a_data_set(("train", validation), **listed))
    corpus = open_corpus(["Flowers102"], root=tmp_path)
    found = sorted(zip(corpus.parts, corpus.labels, strict=True))
    assert found == [("train", "cat"), ("train", "dog"), ("val", "cat"), ("val", "dog")]
    if not listed:
        assert corpus.photo(0).size == (8, 8)
    torchvision_sets._parts.cache_clear()


@pytest.mark.parametrize("source", ["no_such_place", "ImageFolder", "utils"])
def test_a_source_that_cannot_be_read_is_named(source, tmp_path):
    with pytest.raises(CorpusError, match=source):
        open_corpus([source], root=tmp_path)


def test_several_sources_are_one_corpus(folder, tmp_path):
    both = open_corpus([folder, PHOTOS])
    assert len(both.part("train")) == 36 + 24 and len(both.part("val")) == 12 + 16
    assert set(both.labels) == {"class_0", "class_1", "class_2", "dalmatian", "starfish", "sunflower", "umbrella"}
    assert open_corpus([folder, folder]).ids == open_corpus([folder]).ids  # the same photo counts once


@pytest.mark.parametrize("suffix", [".jpg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".ppm", ".tif", ".avif"])
def test_every_kind_of_file_that_can_be_read_is_trained_on(suffix, tmp_path):
    format = {".jpe": "JPEG", ".jfif": "JPEG"}.get(suffix)
    for part in ("train", "val"):
        (tmp_path / part / "red").mkdir(parents=True)
        Image.new("RGB", (20, 30), (220, 30, 20)).save(tmp_path / part / "red" / f"a{suffix.upper()}", format)
    packed = pack(open_corpus([tmp_path]), tmp_path / "cache")
    assert packed.left_out == ()
    colour = packed.train.photo(0).float().mean((1, 2))
    assert packed.train.photo(0).shape == (3, 30, 20)
    assert (colour - torch.tensor([220.0, 30, 20])).abs().max() < 8


def test_packed_photos_are_the_decoded_files(folder, packed):
    train = packed.train
    assert train.classes == ("class_0", "class_1", "class_2")
    for index in range(0, len(train), 5):
        with Image.open(folder / train.ids[index]) as image:
            assert np.array_equal(train.photo(index).permute(1, 2, 0).numpy(), np.asarray(image))
        assert train.classes[train.labels[index]] == train.ids[index].split("/")[1]


def test_large_photos_are_made_smaller_once_and_a_changed_file_is_read_again(folder, tmp_path):
    small = pack(open_corpus([folder]), tmp_path, short_side_px=32).train
    assert np.minimum(small.heights, small.widths).max() == 32
    path = next((folder / "train" / "class_0").iterdir())
    before = path.read_bytes()
    Image.new("RGB", (50, 50), "white").save(path)
    index = small.ids.index(f"train/class_0/{path.name}")
    assert pack(open_corpus([folder]), tmp_path, short_side_px=32).train.photo(index).min() == 255
    path.write_bytes(before)


def test_what_is_left_out_is_said_and_why(tmp_path):
    folder = write_tiny_photos(tmp_path / "photos", 2, 1)
    broken = folder / "train/class_0/0.png"
    broken.write_bytes(broken.read_bytes()[:200])
    (folder / "notes.txt").write_text("these are photos")
    for place in ("val/unknown", "other/class_1"):
        (folder / place).mkdir(parents=True)
        shutil.copy(folder / "val/class_1/0.png", folder / place)
    for _ in range(2):  # the second time from the cache
        packed = pack(open_corpus([folder]), tmp_path / "cache")
        assert "train/class_0/0.png" not in packed.train.ids and len(packed.train) == 5
        assert packed.train.labels.tolist() == [0, 1, 1, 2, 2] and len(packed.val) == 3
        assert packed.left_out == (
            "1 file with .txt: no photo that can be read here.",
            "1 photo below neither train nor val: other/class_1/0.png.",
            "1 photo cannot be decoded: train/class_0/0.png.",
            "1 photo of a class without a photo to train on: val/unknown/0.png.",
        )
    for path in (folder / "val").rglob("*.png"):
        path.write_bytes(b"broken")
    with pytest.raises(CorpusError, match="no photo under val"):
        pack(open_corpus([folder]), tmp_path / "cache")


def test_a_bomb_is_left_out_as_the_app_refuses_it(tmp_path):
    folder = write_tiny_photos(tmp_path / "photos", 1, 1)
    Image.new("1", (29_000, 29_000)).save(folder / "train/class_0/bomb.png")
    packed = pack(open_corpus([folder]), tmp_path / "cache")
    assert packed.left_out == ("1 photo cannot be decoded: train/class_0/bomb.png.",)


def test_evaluation_pictures_are_resized_and_cropped_as_torchvision_does(packed):
    recipe = Recipe()
    ours = evaluation_batch(packed.val, range(4), 224, recipe)
    for index in range(4):
        image = vision.resize(packed.val.photo(index), 256, antialias=True)
        image = vision.center_crop(image, [224, 224]).float() / 255
        reference = vision.normalize(image, recipe.mean, recipe.std)
        assert (ours[index] - reference).abs().max() < 1.5 / 255 / min(recipe.std)


def test_random_boxes_lie_inside_and_have_the_areas_and_shapes_asked_for():
    dice = torch.rand(4, 2000, generator=torch.Generator().manual_seed(0))
    ratios = torch.tensor([200 / 150, 0.5]).repeat(1000)
    left, top, width, height = random_boxes(dice, ratios, (0.2, 1.0), (0.75, 4 / 3)).unbind(1)
    assert min(left.min(), top.min()) >= 0 and max((left + width).max(), (top + height).max()) <= 1 + 1e-6
    areas, shapes = width * height, width * ratios / height
    assert 0.19 < areas.min() < 0.22 and 0.5 < areas.mean() < 0.65
    inner = (width < 1) & (height < 1)
    torch.testing.assert_close(areas[inner], (0.2 + 0.8 * dice[0])[inner])
    assert 0.7499 < shapes[inner].min() < 0.76 and 1.32 < shapes[inner].max() < 1.3334
    assert (left[inner] / (1 - width[inner])).mean() == pytest.approx(0.5, abs=0.03)


def test_a_crop_is_the_box_cut_out_and_resized_by_torchvision(packed):
    photo = packed.train.photo(3)
    height, width = photo.shape[1:]
    left, top, wide, high = 7, 11, 23, 19
    box = torch.tensor([[left / width, top / height, wide / width, high / height]])
    reference = vision.resize(photo[:, top : top + high, left : left + wide], [32, 32], antialias=True).float() / 255
    assert (packed.train.crops([3], box, 32)[0] - reference).abs().max() <= 1.01 / 255


@pytest.mark.parametrize("px", [24, 32, 57])
def test_crops_cut_at_once_are_pillows_one_by_one(px):
    """Pillow samples an extent bilinearly, too; it rounds its results to whole numbers."""
    dice = torch.Generator().manual_seed(0)
    squares = (255 * torch.rand(5, 3, 40, 40, generator=dice)).to(torch.uint8)
    numbers = torch.rand(4, 8, generator=dice)
    boxes = random_boxes(numbers, torch.ones(8), (0.3, 1.0), (0.75, 4 / 3))
    boxes[0] = torch.tensor([0.0, 0.0, 1.0, 1.0])
    indices = [4, 0, 1, 1, 2, 3, 4, 0]
    photos = Canvases(squares, torch.ones(5), torch.zeros(5, dtype=torch.long), tuple("abcde"), ("",))
    for index, box, crop in zip(indices, boxes.double() * 40, photos.crops(indices, boxes, px), strict=True):
        left, top, width, height = box.tolist()
        extent = (left, top, left + width, top + height)
        image = Image.fromarray(squares[index].permute(1, 2, 0).numpy())
        cut = image.transform((px, px), Image.Transform.EXTENT, extent, Image.Resampling.BILINEAR)
        difference = 255 * crop.permute(1, 2, 0) - torch.from_numpy(np.array(cut)).float()
        assert difference[1:-1, 1:-1].abs().max() <= 1.01


def test_squares_hold_the_same_photos_as_whole_ones(packed, folder, tmp_path):
    squares = pack(open_corpus([folder]), tmp_path, canvas_px=48)
    assert squares.train.ids == packed.train.ids and squares.train.labels.equal(packed.train.labels)
    torch.testing.assert_close(squares.train.ratios, packed.train.ratios)
    assert squares.train.pixels.shape == (36, 3, 48, 48)
    whole = torch.tensor([[0.0, 0.0, 1.0, 1.0]]).repeat(36, 1)
    small = [photos.crops(range(36), whole, 12).mean((2, 3)) for photos in (squares.train, packed.train)]
    assert (small[0] - small[1]).abs().max() < 0.03
    with pytest.raises(ValueError, match="canvas_px"):
        _ = squares.whole_train


def test_colours_change_as_torchvision_defines_them():
    picture = 0.35 + 0.2 * torch.rand(1, 3, 9, 7, generator=torch.Generator().manual_seed(1))  # nothing gets clipped
    factors = (0.8, 1.3, 0.6)
    reference = vision.adjust_brightness(
        vision.adjust_contrast(vision.adjust_saturation(picture, factors[2]), factors[1]), factors[0]
    )
    assert (recoloured(picture, *(torch.tensor([f]) for f in factors)) - reference).abs().max() < 1e-3


def test_processes_that_share_a_batch_see_what_one_process_sees(packed):
    recipe, indices = Recipe(), list(range(12))
    whole = training_batch(packed.train, indices, 32, (0.2, 1.0), recipe, torch.Generator().manual_seed(3))
    halves = [
        training_batch(packed.train, indices, 32, (0.2, 1.0), recipe, torch.Generator().manual_seed(3), part)
        for part in (slice(0, 6), slice(6, 12))
    ]
    assert torch.equal(whole, torch.cat(halves))


@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
def test_an_epoch_shows_every_class_in_its_share(balance):
    labels = torch.tensor([0] * 400 + [1] * 80 + [2] * 20)
    order = epoch_order(labels, Recipe(balance=balance), epoch=1)
    assert len(order) == len(labels)
    sizes = np.array([400.0, 80, 20])
    expected = sizes ** (1 - balance) / (sizes ** (1 - balance)).sum() * len(labels)
    shown = torch.bincount(labels[order], minlength=3).numpy()
    assert np.abs(shown - expected).max() < 25
    per_photo = torch.bincount(order, minlength=len(labels)).numpy()
    wanted = (sizes**-balance / (sizes ** (1 - balance)).sum() * len(labels))[labels.numpy()]
    assert (per_photo >= np.floor(wanted - 1e-9)).all() and (per_photo <= np.ceil(wanted + 1e-9)).all()
    if balance == 0:
        assert sorted(order.tolist()) == list(range(len(labels)))
    assert not torch.equal(order, epoch_order(labels, Recipe(balance=balance), epoch=2))


def test_pictures_are_made_on_the_photos_device(packed):
    """The device “meta” computes shapes only: whatever is still made on the CPU would show."""
    meta, recipe, dice = torch.device("meta"), Recipe(views=2), torch.Generator().manual_seed(0)
    squares = Canvases(torch.zeros(36, 3, 8, 8, dtype=torch.uint8), torch.ones(36), packed.train.labels, IDS, ("",))
    assert evaluation_batch(packed.val.on(meta), range(3), 32, recipe).device.type == "meta"
    assert squares_of(packed.val.on(meta), 32).device.type == "meta"
    for train in (packed.train.on(meta), squares.on(meta)):
        assert training_batch(train, range(3), 32, (0.2, 1.0), recipe, dice).device.type == "meta"
        soft = SoftLabels(torch.zeros(2, 36, 5, dtype=torch.float16), tuple("abcde"))
        for lesson in (FolderNames(train), Taught(train, Views.drawn(train.ratios, recipe), soft)):
            batch = lesson.batch(range(3), 1, recipe, dice)
            assert [part.device.type for part in batch] == ["meta", "meta"]

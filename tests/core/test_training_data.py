"""Photos to batches: sources agree, packing loses nothing, crops and colours equal their literal definitions."""

import zipfile

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_photos import write_tiny_photos
from torchvision import datasets
from torchvision.transforms import functional as vision

from zfnet_core.errors import CorpusError
from zfnet_core.training.augment import judged_batch, random_box, recoloured, training_batch
from zfnet_core.training.packed import pack
from zfnet_core.training.photos import find_photos
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.schedule import epoch_order


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_photos(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def packed(folder, tmp_path_factory):
    return pack(find_photos([str(folder)]), tmp_path_factory.mktemp("cache"))


def test_zip_shards_hold_the_same_photos_as_the_folder(folder, tmp_path):
    files = sorted(folder.rglob("*.png"))
    for shard in range(2):
        with zipfile.ZipFile(tmp_path / f"{shard}.zip", "w") as archive:
            for path in files[shard::2]:
                archive.write(path, path.relative_to(folder))
    from_zip, from_folder = find_photos([str(tmp_path)]), find_photos([str(folder)])
    assert [photo.id for photo in from_zip] == [photo.id for photo in from_folder]
    for one, other in zip(from_zip[::7], from_folder[::7], strict=True):
        assert np.array_equal(np.asarray(one.open()), np.asarray(other.open()))


def test_a_torchvision_data_set_is_divided_and_labelled():
    photos = find_photos(["FakeData"])[:40]
    assert {photo.split for photo in photos} <= {"train", "val"}
    assert all(photo.open().mode == "RGB" for photo in photos[:2])


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
def test_every_way_a_torchvision_set_names_its_parts_and_labels(monkeypatch, validation, listed):
    monkeypatch.setattr(datasets, "Flowers102", a_data_set(("train", validation), **listed))
    assert [(photo.split, photo.label) for photo in find_photos(["Flowers102"])] == [
        ("train", "cat"),
        ("train", "dog"),
        ("val", "cat"),
        ("val", "dog"),
    ]


@pytest.mark.parametrize("source", ["no_such_place", "ImageFolder", "utils"])
def test_a_source_that_cannot_be_read_is_named(source, tmp_path):
    with pytest.raises(CorpusError, match=source):
        find_photos([source], root=str(tmp_path))


def test_packed_photos_are_the_decoded_files(folder, packed):
    train = packed["train"]
    assert train.classes == ("class_0", "class_1", "class_2")
    for index in range(0, len(train), 5):
        with Image.open(folder / train.ids[index]) as image:
            assert np.array_equal(train.photo(index).permute(1, 2, 0).numpy(), np.asarray(image))
        assert train.classes[train.labels[index]] == train.ids[index].split("/")[1]


def test_large_photos_are_made_smaller_once_and_a_changed_file_is_read_again(folder, tmp_path):
    photos = find_photos([str(folder)])
    small = pack(photos, tmp_path, short_side_px=32)["train"]
    assert np.minimum(small.heights, small.widths).max() == 32
    path = next((folder / "train" / "class_0").iterdir())
    before = path.read_bytes()
    Image.new("RGB", (50, 50), "white").save(path)
    index = small.ids.index(f"train/class_0/{path.name}")
    assert pack(find_photos([str(folder)]), tmp_path, short_side_px=32)["train"].photo(index).min() == 255
    path.write_bytes(before)


def test_a_broken_photo_is_named(folder, tmp_path):
    write_tiny_photos(tmp_path / "photos", 1, 1)
    broken = tmp_path / "photos/train/class_0/0.png"
    broken.write_bytes(broken.read_bytes()[:200])
    with pytest.raises(CorpusError, match=r"train/class_0/0\.png"):
        pack(find_photos([str(tmp_path / "photos")]), tmp_path / "cache")


def test_judged_pictures_are_resized_and_cropped_as_torchvision_does(packed):
    recipe = Recipe()
    ours = judged_batch(packed["val"], range(4), 224, recipe)
    for index in range(4):
        image = vision.resize(packed["val"].photo(index), 256, antialias=True)
        image = vision.center_crop(image, [224, 224]).float() / 255
        reference = vision.normalize(image, recipe.mean, recipe.std)
        assert (ours[index] - reference).abs().max() < 1.5 / 255 / min(recipe.std)


def test_random_boxes_lie_inside_and_have_the_areas_asked_for():
    recipe, areas = Recipe(), []
    for dice in torch.rand(2000, 4, generator=torch.Generator().manual_seed(0)).tolist():
        top, left, height, width = random_box(*dice, 150, 200, (0.2, 1.0), recipe)
        assert top >= 0 and left >= 0 and height >= 1 and width >= 1
        assert top + height <= 150 and left + width <= 200
        areas.append(height * width / (150 * 200))
    assert 0.19 < min(areas) < 0.22 and 0.5 < np.mean(areas) < 0.65


def test_colours_change_as_torchvision_defines_them():
    picture = 0.35 + 0.2 * torch.rand(1, 3, 9, 7, generator=torch.Generator().manual_seed(1))  # nothing gets clipped
    factors = (0.8, 1.3, 0.6)
    reference = vision.adjust_brightness(
        vision.adjust_contrast(vision.adjust_saturation(picture, factors[2]), factors[1]), factors[0]
    )
    assert (recoloured(picture, *(torch.tensor([f]) for f in factors)) - reference).abs().max() < 1e-3


def test_processes_that_share_a_batch_see_what_one_process_sees(packed):
    recipe, indices = Recipe(), list(range(12))
    whole = training_batch(packed["train"], indices, 32, (0.2, 1.0), recipe, torch.Generator().manual_seed(3))
    halves = [
        training_batch(packed["train"], indices, 32, (0.2, 1.0), recipe, torch.Generator().manual_seed(3), part)
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
    train = packed["train"].on(torch.device("meta"))
    recipe, dice = Recipe(), torch.Generator().manual_seed(0)
    assert judged_batch(train, range(3), 32, recipe).device.type == "meta"
    assert training_batch(train, range(3), 32, (0.2, 1.0), recipe, dice).device.type == "meta"

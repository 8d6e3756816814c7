"""Putting classes together: what changes, what is refused with a sentence, and that nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest

from zfnet_core.exhibits.transfer import Collection, CollectionError
from zfnet_core.exhibits.transfer.collection import MOST_CLASSES, MOST_PHOTOS
from zfnet_core.photos.decoding import photo_of


def photo(number: int, name: str = ""):
    """A small photo of its own."""
    return photo_of(np.full((4, 4, 3), number % 251, np.uint8) + np.uint8(number // 251), name or f"no. {number}")


def two() -> Collection:
    """Two classes, a with photos 0 and 1, b with photo 2."""
    made = Collection().with_class("a").with_class("b")
    return made.with_photo(0, photo(0)).with_photo(0, photo(1)).with_photo(1, photo(2))


def shape(collection: Collection) -> dict[str, list[str]]:
    return {one.name: [photo.name for photo in one.photos] for one in collection.classes}


def test_photos_are_added_moved_and_removed() -> None:
    made = two()
    assert shape(made) == {"a": ["no. 0", "no. 1"], "b": ["no. 2"]} and made.labels.tolist() == [0, 0, 1]
    moved = made.moved(photo(1).sha, 1)
    assert shape(moved) == {"a": ["no. 0"], "b": ["no. 2", "no. 1"]} and moved.labels.tolist() == [0, 1, 1]
    assert shape(made.without_photo(photo(0).sha)) == {"a": ["no. 1"], "b": ["no. 2"]}
    assert shape(made.without_class(0)) == {"b": ["no. 2"]} and shape(made)["a"] == ["no. 0", "no. 1"]
    assert made.key != moved.key and made.renamed(0, "z").key == made.key


def test_classes_without_photos_do_not_count() -> None:
    made = two().with_class("empty").with_photo(1, photo(3))
    assert [one.name for one in made.taught] == ["a", "b"] and made.labels.tolist() == [0, 0, 1, 1]
    gone = two().without_photo(photo(2).sha)
    assert [one.name for one in gone.taught] == ["a"]


def test_a_photo_belongs_to_one_class() -> None:
    with pytest.raises(CollectionError, match="in “a” already; a photo belongs to one class, so move it there"):
        two().with_photo(1, photo(0))
    with pytest.raises(CollectionError, match="counts once"):
        two().with_photo(0, photo(0))


def test_names_are_told_apart_and_harmless() -> None:
    made = two()
    assert made.renamed(0, "A").classes[0].name == "A", "its own name may be written otherwise"
    for name, sentence in (("B", "already"), ("", "needs a name"), ("<>", "needs a name"), ("  ", "needs a name")):
        with pytest.raises(CollectionError, match=sentence):
            made.renamed(0, name)
    assert made.renamed(0, "<i onerror=x>").classes[0].name == "i onerrorx"
    assert len(made.renamed(0, "y" * 500).classes[0].name) == 40
    assert made.renamed(0, "猫 é").classes[0].name == "猫 é"
    unnamed = Collection().with_class().with_class().without_class(0).with_class()
    assert [one.name for one in unnamed.classes] == ["Class 2", "Class 1"]
    assert len({one.number for one in unnamed.classes}) == 2, "a number is never given twice"


def test_there_is_an_end_to_everything() -> None:
    made = Collection()
    for _ in range(MOST_CLASSES):
        made = made.with_class()
    with pytest.raises(CollectionError, match="remove one first"):
        made.with_class()
    full = Collection().with_class("a")
    from dataclasses import replace

    many = tuple(photo(number) for number in range(MOST_PHOTOS))
    full = replace(full, classes=(replace(full.classes[0], photos=many),))
    with pytest.raises(CollectionError, match=f"There are {MOST_PHOTOS} photos"):
        full.with_photo(0, photo(7000))
    for wrong in (lambda: made.of(99), lambda: two().moved("nothing", 0), lambda: two().moved(photo(0).sha, 9)):
        with pytest.raises(CollectionError, match="no longer there"):
            wrong()

"""The names of ImageNet's classes: all of them, in the publishers' order, each once, and found by their other names."""

from __future__ import annotations

import json
import re

import pytest
from torchvision.models import AlexNet_Weights

from zfnet_core.assets import ASSETS
from zfnet_core.language import speak
from zfnet_core.models.imagenet_classes import (
    imagenet_classes,
    imagenet_labels,
    matching,
    names_in,
    spoken_names,
    with_english,
)


@pytest.fixture
def chinese():
    speak("zh")
    yield
    speak("")


def test_they_are_torchvisions_in_torchvisions_order() -> None:
    theirs = AlexNet_Weights.DEFAULT.meta["categories"]
    assert len(imagenet_classes()) == len(theirs) == 1000
    assert [
        name for one, name in zip(imagenet_classes(), theirs, strict=True) if name not in (one.label, *one.others)
    ] == []
    assert sum(one.label == name for one, name in zip(imagenet_classes(), theirs, strict=True)) > 850
    ids = [one.wordnet_id for one in imagenet_classes()]
    assert ids == sorted(set(ids)) and all(re.fullmatch(r"n\d{8}", id) for id in ids)


def test_every_name_is_fit_for_people_and_used_once() -> None:
    labels = imagenet_labels()
    assert len({label.casefold() for label in labels}) == 1000
    assert [label for label in labels if "_" in label or label != label.strip() or not label] == []
    assert labels[285] == "Egyptian cat" and labels[134] == "crane (bird)" and labels[517] == "crane (machine)"


def test_names_are_spelt_as_in_a_dictionary_in_the_weights_too() -> None:
    """And what the publishers called them still finds them."""
    labels = imagenet_labels()
    for published, spelt in (
        ("EntleBucher", "Entlebucher"),
        ("golfcart", "golf cart"),
        ("gasmask", "gas mask"),
        ("bull mastiff", "bullmastiff"),
        ("consomme", "consommé"),
    ):
        (index,) = matching(published, labels)
        assert labels[index] == spelt
    for name in ("zfnet-classroom", "alexnet-classroom"):
        card = json.loads((ASSETS / "weights" / f"{name}.json").read_text(encoding="utf-8"))
        assert tuple(card["labels"]) == labels


def test_a_class_is_found_by_its_other_names() -> None:
    labels = imagenet_labels()
    assert matching("toilet paper", labels) == [999] and matching("TINCA", labels) == [0]
    assert [labels[index] for index in matching("crane", labels)] == ["crane (bird)", "crane (machine)"]
    assert matching("", labels) == list(range(1000)) and matching("no such thing", labels) == []
    assert matching("og", ["cat", "dog"]) == [1]


def test_every_class_has_a_chinese_name_of_its_own() -> None:
    names = names_in("zh")
    assert len(names) == len(set(names)) == 1000
    assert [name for name in names if not re.search("[\u4e00-\u9fff\u3400-\u4dbf]", name) or name != name.strip()] == []
    rows = (ASSETS / "languages" / "classes.zh.tsv").read_text("utf-8").splitlines()
    assert [row.split("\t")[0] for row in rows] == list(imagenet_labels())
    known = {"Egyptian cat": "埃及猫", "tabby": "虎斑猫", "golden retriever": "金毛寻回犬", "crane (bird)": "鹤",
             "crane (machine)": "起重机", "giant panda": "大熊猫", "red panda": "小熊猫", "killer whale": "虎鲸",
             "tiger shark": "虎鲨", "toilet tissue": "卫生纸"}  # fmt: skip
    assert {label: names[imagenet_labels().index(label)] for label in known} == known


def test_in_english_and_elsewhere_the_labels_are_the_names() -> None:
    labels = imagenet_labels()
    assert spoken_names(labels) is labels and with_english(labels) is labels
    assert names_in("de") == names_in("../zh") == ()


def test_names_are_spoken_where_the_classes_are_imagenets(chinese: None) -> None:
    labels = imagenet_labels()
    assert spoken_names(labels)[285] == "埃及猫" and with_english(labels)[285] == "埃及猫 · Egyptian cat"
    assert matching("埃及猫", labels) == matching("egyptian CAT", labels) == [285]
    own = ("tabby", "Egyptian cat")
    assert spoken_names(own) is own and with_english(own) is own

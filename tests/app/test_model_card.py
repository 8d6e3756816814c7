"""The model card's headlines, from a card made by hand; the bundled cards say the same as their files."""

from __future__ import annotations

import pytest

from ui.shell.model_card import headlines, outside_rows
from zfnet_core.models import zoo

CARD = {
    "architecture": {"classes": 1000},
    "labels": ["cat", "dog", "emu"],
    "accuracy": {
        "even": {"photos": 500, "classes": 500, "top1": 0.176, "top5": 0.404},
        "val": {"photos": 4533, "top1": 0.7165, "top5": 0.9001, "mean_per_class": 0.3672},
        "val_among": {"imagenette": {"classes": ["a", "b"], "photos": 3198, "top1": 0.8111}},
        "sure_from": 0.418,
    },
    "data": {"train_photos": 16103},
    "teacher": {"name": "Somebody"},
    "epochs": 12,
    "minutes": 66,
    "photos_per_s": 17319,
    "device": "cpu",
    "date": "2026-11-23",
}


def test_the_numbers_come_first() -> None:
    assert list(headlines(CARD)) == [
        "**17.6 % top-1, 40.4 % top-5** on 500 photos of as many different things, all 3 classes to choose from: "
        "what to expect of a photo of your own",
        "**71.7 % top-1, 90.0 % top-5** on 4,533 validation photos with all 1,000 classes to choose from",
        "36.7 % top-1 as the mean over the classes, whose sizes differ widely",
        "81.1 % top-1 among the 2 classes of Imagenette alone (3,198 photos)",
        "An answer counts as sure from 42 % on: of those, half or more were right",
        "Taught on 16,103 photos, by the answers of Somebody",
        "12 epochs, 66 minutes on cpu, 17,319 photos a second, 2026-11-23",
    ]
    assert list(headlines({})) == []


@pytest.mark.parametrize("name", ["zfnet-classroom", "alexnet-classroom"])
def test_the_bundled_cards_have_them_all(name: str) -> None:
    assert len(list(headlines(zoo.bundled_card(name)))) == 6


def test_photos_from_outside_say_which_guess_was_right() -> None:
    guesses = [["cup", 0.5], ["pizza", 0.25], ["brain", 0.125]]
    rows = outside_rows(
        {
            "coffee": {"accepted": ["cup"], "guesses": guesses},
            "face": {"accepted": ["faces", "brain"], "guesses": guesses},
            "rocket": {"accepted": ["rocket"], "guesses": guesses},
        }
    )
    assert [row["right"] for row in rows] == ["first guess", "guess 3", "not among 3"]
    assert rows[1]["accepted"] == "faces, brain" and rows[0]["its guesses"] == "cup 50 %, pizza 25 %, brain 12 %"

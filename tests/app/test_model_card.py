"""The model card's headlines, from a card made by hand; the bundled cards say the same as their files."""

from __future__ import annotations

import pytest

from ui.model_card import headlines, outside_rows
from zfnet_core.models import zoo

CARD = {
    "architecture": {"classes": 110},
    "accuracy": {
        "val": {"photos": 4533, "top1": 0.7165, "top5": 0.9001, "mean_per_class": 0.3672},
        "val_among": {"imagenette": {"classes": ["a", "b"], "photos": 3198, "top1": 0.8111, "top5": 0.9787}},
    },
    "data": {"train_photos": 16103},
    "epochs": 12,
    "minutes": 66,
    "device": "cpu",
    "date": "2026-11-23",
}


def test_the_numbers_come_first() -> None:
    assert list(headlines(CARD)) == [
        "**71.7 % top-1, 90.0 % top-5** on 4,533 validation photos of 110 classes",
        "36.7 % top-1 as the mean over the classes, whose sizes differ widely",
        "81.1 % top-1, 97.9 % top-5 among the 2 classes of Imagenette (3,198 photos)",
        "Trained on 16,103 photos",
        "12 epochs, 66 minutes on CPU, 2026-11-23",
    ]
    assert list(headlines({})) == []


@pytest.mark.parametrize("name", ["zfnet-classroom", "alexnet-classroom"])
def test_the_bundled_cards_have_them_all(name: str) -> None:
    assert len(list(headlines(zoo.bundled_card(name)))) == 5


def test_photos_from_outside_say_which_guess_was_right() -> None:
    guesses = [["cup", 0.5], ["pizza", 0.25], ["brain", 0.125]]
    rows = outside_rows(
        {
            "coffee": {"accepted": ["cup"], "top3": guesses},
            "face": {"accepted": ["faces", "brain"], "top3": guesses},
            "rocket": {"accepted": ["rocket"], "top3": guesses},
        }
    )
    assert [row["right"] for row in rows] == ["first guess", "guess 3", "not among three"]
    assert rows[1]["accepted"] == "faces, brain" and rows[0]["its guesses"] == "cup 50 %, pizza 25 %, brain 12 %"

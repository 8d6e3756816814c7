"""The question, the scene, the sentences and the files of a training film, without a running app."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ui.evolution import words
from ui.evolution.fields import Fields
from ui.evolution.files import film_files
from ui.evolution.question import layer_names, resolve
from ui.evolution.runs import bundled
from ui.evolution.scene import scene
from zfnet_core.drawing.page import LINE_PX
from zfnet_core.drawing.sheets import FINER, GAP_PX, LABEL_PX
from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.evolution.figure import SIDE_PX

FILMS = ("alexnet-classroom", "zfnet-classroom")


@pytest.mark.parametrize("name", FILMS)
def test_a_scene_tells_what_the_film_holds(name: str) -> None:
    film = bundled(name)
    first = film.epochs[0]
    told = scene(resolve(Fields(layer="conv4", epoch=first), name, film))
    json.dumps(told, allow_nan=False)
    part = film.layer("conv4")
    assert told["epochs"] == list(film.epochs) and told["at"] == 0
    assert told["changed"] == part.changed_photo.astype(int).tolist()
    assert set(told["changing"]) == {"conv1", "conv2", "conv3", "conv4", "conv5"}
    assert str(int(part.changed_photo.sum())) in told["alts"]["table"]
    assert len(told["curve"]) > 1 and all(one["val"] is None or 0 <= one["val"] <= 1 for one in told["curve"])


def test_what_the_bundled_films_say_of_themselves_can_be_translated() -> None:
    said = [bundled(name) for name in FILMS]
    assert {film.about for film in said} == set(words.ABOUT)
    assert [words.about(film) for film in said] == [film.about for film in said]


def test_what_was_asked_for_and_is_not_there_is_said() -> None:
    film = bundled(FILMS[-1])
    usual = resolve(Fields(), FILMS[-1], film)
    assert usual.notes == () and usual.layer == "conv3" and usual.column == len(film.epochs) - 1
    lost = resolve(Fields(layer="conv9", epoch=7777), FILMS[-1], film)
    assert lost.layer == "conv1" and lost.column == usual.column
    assert "conv9" in lost.notes[0] and "epoch 7777" in lost.notes[1]
    with pytest.raises(UnknownName, match="no layers"):
        layer_names(replace(film, layers=()))


def test_numbers_that_are_none_are_null() -> None:
    nan = float("nan")
    film = replace(bundled(FILMS[-1]), curve=({"epoch": 1, "loss": nan, "val_top1": None}, {"epoch": 2, "loss": 3.0}))
    told = scene(resolve(Fields(), "diverged", film))
    json.dumps(told, allow_nan=False)
    assert [one["loss"] for one in told["curve"]] == [None, 3.0]
    assert words.diverged_sentence(film) == "This run has diverged: from epoch 1 its loss is not a number."
    assert "nan" not in " ".join(told["alts"].values())


def finished(**val: Any) -> Any:
    return SimpleNamespace(card={"accuracy": {"val": val}})


def test_a_curve_that_ends_at_another_accuracy_than_the_card_says_why() -> None:
    film = bundled(FILMS[-1])

    def told(network: Any, **last: Any) -> str:
        curve = ({"epoch": 1, "val_top1": 0.1}, {"epoch": 2, **last})
        return words.finished_sentence(resolve(Fields(), "z", replace(film, curve=curve), network))

    card = finished(top1=0.773, photos=4533)
    sentence = told(card, val_top1=0.73, val_photos=1000, val_px=176)
    assert "ends at 73.0\u202f%" in sentence and "on 1,000 photos at 176 px" in sentence
    assert "77.3\u202f% of 4,533" in sentence
    assert told(card, val_top1=0.7731) == "", "they agree as far as anybody can see"
    assert told(card, loss=2.0).startswith("The curve ends at 10.0"), "the last one that was measured"
    assert told(None, val_top1=0.73) == "" and told(finished(), val_top1=0.73) == ""


@pytest.mark.parametrize("name", FILMS)
def test_what_is_saved_of_a_film(name: str) -> None:
    curve = ({"epoch": 1, "loss": 3.25}, {"epoch": 2, "loss": 2.5, "val_loss": 1.0 / 3, "val_top1": 0.7531})
    film = replace(bundled(name), curve=curve)
    part = film.layer("conv3")
    *figures, (_, _, list_units), (_, _, write) = film_files(resolve(Fields(), name, film))
    assert [stem.rpartition(".")[2] for _, stem, _ in figures] == ["png", "pdf", "svg"]
    sheet = np.asarray(Image.open(io.BytesIO(figures[0][2]())).convert("RGB"))
    rows, columns, step = len(part.maps), len(film.epochs), SIDE_PX + GAP_PX
    assert sheet.shape == (FINER * (LINE_PX + rows * step), FINER * (LABEL_PX + columns * step), 3)
    for row, column in ((0, 0), (rows - 1, columns - 1)):
        top, left = FINER * (LINE_PX + row * step), FINER * (LABEL_PX + column * step)
        drawn = sheet[top : top + FINER * SIDE_PX, left : left + FINER * SIDE_PX].mean((0, 1))
        assert np.abs(drawn - part.pictures[row, column].mean((0, 1))).max() < 1
    lines = list(csv.DictReader(io.StringIO(write().decode())))
    assert [list(line.values()) for line in lines] == [
        ["1", "3.25", "", "", ""],
        ["2", "2.5", "0.333333", "", "0.7531"],
    ]
    assert list(lines[0]) == ["epoch", "loss", "val loss", "train accuracy", "val accuracy"]
    units = list(csv.DictReader(io.StringIO(list_units().decode())))
    assert len(units) == rows * columns
    last = {"map": str(part.maps[-1]), "epoch": str(film.epochs[-1]), "photo": part.photo_ids[-1, -1]}
    assert last.items() <= units[-1].items()
    place = int(part.rows[-1, -1]), int(part.columns[-1, -1])
    assert (int(units[-1]["row"]), int(units[-1]["column"])) == place
    assert float(units[-1]["activation"]) == pytest.approx(part.values[-1, -1], rel=1e-5)
    changed = [int(now["photo"] != before["photo"]) for before, now in pairwise(units)]
    first = str(film.epochs[0])
    later = [pair for pair in zip(units[1:], changed, strict=True) if pair[0]["epoch"] != first]
    assert all(int(unit["changed"]) == new for unit, new in later)
    assert not any(int(unit["changed"]) for unit in units if unit["epoch"] == first)


def test_the_sentences_under_the_film(monkeypatch) -> None:
    film = bundled(FILMS[-1])
    settled = {"conv1": 2, "conv2": 5, "conv3": 5}
    monkeypatch.setattr(words, "settled_epoch", lambda _, layer: settled.get(layer))
    assert words.settled_sentence(film).endswith(
        "conv1 from epoch 2, conv2 and conv3 from epoch 5, conv4 and conv5 not yet."
    )
    settled.clear()
    assert words.settled_sentence(film).endswith(": conv1 to conv5 not yet.")
    below = replace(film, curve=({"epoch": 1, "loss": 1.0, "train_top1": 0.6, "val_top1": 0.5},))
    assert words.validation_sentence(below) == ""
    above = replace(film, curve=({"epoch": 1, "train_top1": 0.4, "val_top1": 0.5},))
    assert "crops" in words.validation_sentence(above)

"""The training film through app.py: bundled films, a run directory, and what goes wrong said plainly."""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.core.test_run_film import begin_run, keep_epoch
from ui import evolution_source
from ui.components import film as film_component
from ui.film_files import SIDE_PX, film_files
from ui.sheets import GAP_PX, LABEL_PX, LINE_PX
from zfnet_core.corpus import open_corpus

ROOT = Path(__file__).parents[2]
FILMS = ("alexnet-classroom", "zfnet-classroom")


@pytest.fixture
def app(monkeypatch) -> AppTest:
    few = open_corpus(["samples"]).sample(5)
    monkeypatch.setattr(evolution_source, "samples", lambda: few)
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)


def open_page(app: AppTest, **link: str) -> AppTest:
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    return app.switch_page("pages/evolution_page.py").run()


def film(app: AppTest) -> dict[str, Any] | None:
    found = [json.loads(part.proto.json) for part in app.get("bidi_component") if part.proto.json]
    return next((data for data in found if "epochs" in data), None)


def wait_for(app: AppTest, columns: int) -> dict[str, Any]:
    end = time.monotonic() + 60
    while (shown := film(app)) is None or len(shown["epochs"]) < columns:
        assert time.monotonic() < end and not app.exception and not app.error
        time.sleep(0.3)
        app.run()
    return shown


@pytest.mark.parametrize("name", FILMS)
def test_a_bundled_film(app: AppTest, name: str) -> None:
    open_page(app, evolution_run=name, evolution_layer="conv4", evolution_epoch="0")
    assert not app.exception and not app.error
    shown = film(app)
    evolution = evolution_source.bundled(name)
    assert shown["epochs"] == list(evolution.epochs) and shown["epochs"][0] == 0 and shown["at"] == 0
    part = evolution.layer("conv4")
    assert shown["changed"] == part.changed_photo.astype(int).tolist()
    assert set(shown["changing"]) == {"conv1", "conv2", "conv3", "conv4", "conv5"}
    assert str(int(part.changed_photo.sum())) in shown["alts"]["table"]
    assert len(shown["curve"]) > 1 and all(0 <= one["val"] <= 1 for one in shown["curve"])


def test_the_film_follows_the_network_until_another_run_is_chosen(app: AppTest) -> None:
    open_page(app)
    assert film(app)["run"] == "zfnet-classroom" and film(app)["at"] == len(film(app)["epochs"]) - 1
    app.selectbox(key="choice-network").set_value("alexnet-classroom").run()
    assert film(app)["run"] == "alexnet-classroom" and "evolution_run" not in app.query_params
    app.segmented_control(key="run shown").set_value("zfnet-classroom").run()
    assert film(app)["run"] == "zfnet-classroom" and "zfnet-classroom" in app.query_params["evolution_run"]
    app.selectbox(key="choice-network").set_value("vgg16").run()
    assert film(app)["run"] == "zfnet-classroom"
    assert not app.exception and not app.error


@pytest.mark.parametrize("name", FILMS)
def test_what_is_saved_of_a_film(name: str) -> None:
    evolution = evolution_source.bundled(name)
    part = evolution.layer("conv3")
    (_, _, draw), (_, _, list_units), (_, _, write) = film_files(evolution, "conv3")
    sheet = np.asarray(Image.open(io.BytesIO(draw())))
    rows, columns = len(part.maps), len(evolution.epochs)
    assert sheet.shape == (LINE_PX + rows * (SIDE_PX + GAP_PX), LABEL_PX + columns * (SIDE_PX + GAP_PX), 3)
    top, left = LINE_PX + (rows - 1) * (SIDE_PX + GAP_PX), LABEL_PX + (columns - 1) * (SIDE_PX + GAP_PX)
    drawn = sheet[top : top + SIDE_PX, left : left + SIDE_PX].mean((0, 1))
    assert np.abs(drawn - part.pictures[-1, -1].mean((0, 1))).max() < 1
    lines = list(csv.DictReader(io.StringIO(write().decode())))
    assert [int(line["epoch"]) for line in lines] == [one["epoch"] for one in evolution.curve]
    assert float(lines[-1]["val accuracy"]) == pytest.approx(evolution.curve[-1]["val_top1"], rel=1e-5)
    assert float(lines[-1]["val loss"]) == pytest.approx(evolution.curve[-1]["val_loss"], rel=1e-5)
    units = list(csv.DictReader(io.StringIO(list_units().decode())))
    assert len(units) == rows * columns
    last = {"map": str(part.maps[-1]), "epoch": str(evolution.epochs[-1]), "photo": part.photo_ids[-1, -1]}
    assert last.items() <= units[-1].items()
    place = int(part.rows[-1, -1]), int(part.columns[-1, -1])
    assert (int(units[-1]["row"]), int(units[-1]["column"])) == place
    assert float(units[-1]["activation"]) == pytest.approx(part.values[-1, -1], rel=1e-5)
    changed = [int(now["photo"] != before["photo"]) for before, now in pairwise(units)]
    assert all(
        int(unit["changed"]) == new for unit, new in zip(units[1:], changed, strict=True) if unit["epoch"] != "0"
    )
    assert not any(int(unit["changed"]) for unit in units if unit["epoch"] == "0")


def test_the_sentences_under_the_film(monkeypatch) -> None:
    evolution = evolution_source.bundled(FILMS[-1])
    settled = {"conv1": 2, "conv2": 5, "conv3": 5}
    monkeypatch.setattr(evolution_source, "settled_epoch", lambda _, layer: settled.get(layer))
    assert evolution_source.settled_sentence(evolution).endswith(
        "conv1 from epoch 2, conv2 and conv3 from epoch 5, conv4 and conv5 not yet."
    )
    settled.clear()
    assert evolution_source.settled_sentence(evolution).endswith(": conv1 to conv5 not yet.")
    below = replace(evolution, curve=({"epoch": 1, "loss": 1.0, "train_top1": 0.6, "val_top1": 0.5},))
    assert evolution_source.validation_sentence(below) == ""
    assert "crops" in evolution_source.validation_sentence(evolution)


def test_a_run_directory_is_followed(app: AppTest, tmp_path: Path) -> None:
    run = begin_run(tmp_path / "my run", 1)
    open_page(app, evolution_run="folder", evolution_layer="conv2")
    app.text_input(key="run directory asked").set_value(str(run.path)).run()
    assert wait_for(app, 1)["epochs"] == [0]
    keep_epoch(run, 1)
    shown = wait_for(app, 2)
    assert shown["epochs"] == [0, 1] and shown["layer"] == "conv2" and shown["changing"]["conv2"][0] is None
    assert shown["curve"] == [{"epoch": 1, "loss": 4.0, "val_loss": None, "train": 0.1, "val": 0.1}]


def test_a_run_that_begins_anew_in_its_folder_gets_a_new_film(app: AppTest, tmp_path: Path) -> None:
    run = begin_run(tmp_path / "again", 2)
    open_page(app, evolution_run="folder", evolution_layer="conv2")
    app.text_input(key="run directory asked").set_value(str(run.path)).run()
    before = wait_for(app, 2)
    for path in run.snapshots().values():
        path.unlink()
    torch.manual_seed(99)
    network = run.recipe.build(2)
    run.write_log([])
    for epoch in (0, 1):
        run.save_snapshot(epoch, network.state_dict())
    app.run()
    end = time.monotonic() + 60
    while (shown := film(app)) is None or len(shown["epochs"]) < 2 or shown["values"] == before["values"]:
        assert time.monotonic() < end and not app.exception and not app.error
        time.sleep(0.3)
        app.run()
    assert all(
        row[0] != old[0] and row[1] != old[1] for row, old in zip(shown["values"], before["values"], strict=True)
    )
    assert all(row[0] == row[1] for row in shown["values"]), "both epochs hold the same new weights"


def test_one_film_for_everybody(app: AppTest, tmp_path: Path, monkeypatch) -> None:
    begun = []
    make = evolution_source.film_of_run

    def counted(*given: Any) -> Any:
        begun.append(given)
        yield from make(*given)

    monkeypatch.setattr(evolution_source, "film_of_run", counted)
    run = begin_run(tmp_path / "shared", 1)
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for one in (app, other):
        open_page(one, evolution_run="folder", evolution_layer="conv1")
        one.text_input(key="run directory asked").set_value(str(run.path)).run()
        wait_for(one, 1)
    assert len(begun) == 1 and film(app)["table"] == film(other)["table"]
    keep_epoch(run, 1)
    wait_for(other, 2)
    assert len(begun) == 2 and begun[1][2].epochs == (0,), "the column that is there is not made again"


def test_a_diverged_run_is_shown_and_called_so(app: AppTest, tmp_path: Path) -> None:
    run = begin_run(tmp_path / "diverged", 2)
    nan, infinite = float("nan"), float("inf")
    run.write_log(
        [
            {"epoch": 1, "px": 80, "loss": 3.5, "val_loss": infinite, "train_top1": 0.2, "val_top1": 0.1},
            {"epoch": 2, "px": 80, "loss": nan, "train_top1": nan, "val_top1": None},
        ]
    )
    weights = run.load_snapshot(1)
    run.save_snapshot(1, {name: value * nan if value.is_floating_point() else value for name, value in weights.items()})
    open_page(app, evolution_run="folder", evolution_layer="conv2")
    app.text_input(key="run directory asked").set_value(str(run.path)).run()
    shown = wait_for(app, 2)
    text = next(part.proto.json for part in app.get("bidi_component") if '"epochs"' in part.proto.json)
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert shown["curve"] == [
        {"epoch": 1, "loss": 3.5, "val_loss": None, "train": 0.2, "val": 0.1},
        {"epoch": 2, "loss": None, "val_loss": None, "train": None, "val": None},
    ]
    assert any("diverged: from epoch 2" in warning.value for warning in app.warning)
    assert "nan" not in " ".join(shown["alts"].values())


@pytest.mark.parametrize("sent", [None, {}, {"at": "1"}, {"at": [1]}, {"at": 1.0}, {"at": True}, {"at": 6}, {"at": -1}])
def test_the_film_takes_nothing_but_the_number_of_a_column(monkeypatch, sent: Any) -> None:
    mounted, taken = {}, []
    monkeypatch.setattr(film_component, "_mount", lambda **given: mounted.update(given))
    film_component.film({"epochs": [0, 1, 2, 5, 10, 12]}, "film", taken.append)
    for value, expected in ((sent, []), ({"at": 5}, [5])):
        monkeypatch.setattr(film_component.st, "session_state", {"film": {"epoch": value}})
        mounted["on_epoch_change"]()
        assert taken == expected


def test_a_folder_without_a_run_is_explained(app: AppTest, tmp_path: Path) -> None:
    open_page(app, evolution_run="folder")
    assert any("Name the folder" in info.value for info in app.info)
    app.text_input(key="run directory asked").set_value(str(tmp_path)).run()
    assert not app.exception and len(app.error) == 1 and "no training run" in app.error[0].value

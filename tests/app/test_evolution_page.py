"""The training film through app.py: bundled films, a run directory, and what goes wrong said plainly."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.core.test_run_film import begin_run, keep_epoch
from ui.evolution import film as film_component
from ui.evolution import runs
from ui.shell import received
from zfnet_core.photos.corpus import open_corpus

ROOT = Path(__file__).parents[2]
FILMS = ("alexnet-classroom", "zfnet-classroom")


@pytest.fixture
def app(monkeypatch) -> AppTest:
    few = open_corpus(["samples"]).sample(5)
    monkeypatch.setattr(runs, "samples", lambda: few)
    monkeypatch.setenv("ZFNET_EXPLORER_FOLDERS", "1")
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)


def open_page(app: AppTest, **link: str) -> AppTest:
    app.run()
    for name, value in link.items():
        app.query_params[name] = value
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
    open_page(app, evolution_run=name, evolution_layer="conv4", evolution_epoch="1")
    assert not app.exception and not app.error
    shown = film(app)
    evolution = runs.bundled(name)
    assert shown["epochs"] == list(evolution.epochs) and shown["epochs"][0] == 1 and shown["at"] == 0
    part = evolution.layer("conv4")
    assert shown["changed"] == part.changed_photo.astype(int).tolist()
    assert set(shown["changing"]) == {"conv1", "conv2", "conv3", "conv4", "conv5"}
    assert str(int(part.changed_photo.sum())) in shown["alts"]["table"]
    judged = [one["val"] for one in shown["curve"] if one["val"] is not None]
    assert len(shown["curve"]) > 30 and len(judged) == len(evolution.epochs) and all(0 <= val <= 1 for val in judged)


def test_the_film_follows_the_network_until_another_run_is_chosen(app: AppTest) -> None:
    open_page(app)
    assert film(app)["run"] == "zfnet-classroom" and film(app)["at"] == len(film(app)["epochs"]) - 1
    app.selectbox(key="choice-network").set_value("alexnet-classroom").run()
    assert film(app)["run"] == "alexnet-classroom" and "evolution_run" not in app.query_params
    app.segmented_control(key="choice-evolution_run").set_value("zfnet-classroom").run()
    assert film(app)["run"] == "zfnet-classroom" and "zfnet-classroom" in app.query_params["evolution_run"]
    app.selectbox(key="choice-network").set_value("vgg16").run()
    assert film(app)["run"] == "zfnet-classroom"
    assert not app.exception and not app.error


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
    make = runs.film_of_run

    def counted(*given: Any) -> Any:
        begun.append(given)
        yield from make(*given)

    monkeypatch.setattr(runs, "film_of_run", counted)
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
        monkeypatch.setattr(received, "reported", lambda key, name, value=value: {"film": {"epoch": value}}[key][name])
        mounted["on_epoch_change"]()
        assert taken == expected


def test_places_outside_the_working_directory_are_searched_only_when_confirmed(
    app: AppTest, tmp_path: Path, monkeypatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(runs, "training_photos", lambda run: opened.append(run.path))
    run = begin_run(tmp_path / "from others", 1, sources=["/"])
    open_page(app, evolution_run="folder", evolution_layer="conv1")
    app.text_input(key="run directory asked").set_value(str(run.path)).run()
    wait_for(app, 1)
    assert opened == [] and any("photos lie in `/`" in warning.value for warning in app.warning)
    next(button for button in app.button if button.label == "Search them there").click().run()
    wait_for(app, 1)
    assert opened == [run.path] and not any("photos lie in" in warning.value for warning in app.warning)


def test_a_run_that_asks_for_too_much_gets_a_sentence(app: AppTest, tmp_path: Path) -> None:
    run = begin_run(tmp_path / "large", 1)
    recipe = json.loads((run.path / "recipe.json").read_text())
    (run.path / "recipe.json").write_text(json.dumps({**recipe, "units": [20_000, 20_000]}))
    open_page(app, evolution_run="folder", evolution_layer="conv1")
    app.text_input(key="run directory asked").set_value(str(run.path)).run()
    assert not app.exception and len(app.error) == 1 and "“units”" in app.error[0].value


def test_a_folder_without_a_run_is_explained(app: AppTest, tmp_path: Path) -> None:
    open_page(app, evolution_run="folder")
    assert any("Name the folder" in info.value for info in app.info)
    app.text_input(key="run directory asked").set_value(str(tmp_path)).run()
    assert not app.exception and len(app.error) == 1 and "no training run" in app.error[0].value

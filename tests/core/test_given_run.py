"""Run directories from other people: one sentence for what no training command writes, and no walk over the disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.core.test_run_film import begin_run
from zfnet_core.errors import CheckpointError
from zfnet_core.training.given_run import open_run, unusual_sources
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.run_directory import RunDirectory


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    torch.set_num_threads(1)
    return begin_run(tmp_path / "run", 2)


def change(run: RunDirectory, name: str, **values: Any) -> None:
    told = json.loads((run.path / name).read_text())
    (run.path / name).write_text(json.dumps({**told, **values}))


def test_what_the_training_command_writes_is_taken(run: RunDirectory) -> None:
    assert open_run(run.path).labels == ["a cat", "b dog"]
    run.begin(replace(Recipe(), without=(7,), maps=(8, 8, 8, 8, 8), units=(4096, 4096)), run.data)
    open_run(run.path)


@pytest.mark.parametrize(
    "values",
    [
        {"units": [20_000, 20_000]},
        {"units": "many"},
        {"units": [4.5, 4]},
        {"units": [4, 4, 4]},
        {"units": [True, 4]},
        {"without": "7"},
        {"maps": [10**9] * 5},
        {"maps": [8]},
        {"network": "resnet"},
        {"network": ["zfnet"]},
        {"batch_norm": "yes"},
        {"settle_px": 100_000},
        {"settle_px": None},
        {"mean": [1, 2]},
        {"std": ["a", "b", "c"]},
        {"stages": 5},
        {"stages": [["many", 80]]},
        {"dropout": "half"},
    ],
)
def test_a_recipe_that_asks_for_too_much_or_makes_no_sense_is_refused(run: RunDirectory, values: dict) -> None:
    change(run, "recipe.json", **values)
    with pytest.raises(CheckpointError, match=f"“{next(iter(values))}”|network") as told:
        open_run(run.path)
    assert len(str(told.value)) < 160 and "\n" not in str(told.value)


@pytest.mark.parametrize(
    "values",
    [
        {"classes": None},
        {"classes": []},
        {"classes": ["a"] * 20_000},
        {"classes": [1, 2]},
        {"sources": "photos.zip"},
        {"sources": [["/"]]},
        {"sources": ["a"] * 1000},
        {"root": 7},
        {"train": "many"},
    ],
)
def test_what_it_says_of_its_photos_is_checked(run: RunDirectory, values: dict) -> None:
    change(run, "data.json", **values)
    with pytest.raises(CheckpointError, match=f"“{next(iter(values))}”"):
        open_run(run.path)


@pytest.mark.parametrize("text", ["[]", "7", "null", '"run"', "[" * 100_000, "{", "\xff"])
@pytest.mark.parametrize("name", ["recipe.json", "data.json", "log.jsonl"])
def test_any_text_in_its_files_gets_a_sentence(run: RunDirectory, name: str, text: str) -> None:
    (run.path / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(CheckpointError):
        open_run(run.path)


@pytest.mark.parametrize("record", [{}, {"epoch": "1"}, {"epoch": 1, "loss": "low"}, {"epoch": 1, "val_top1": [1]}])
def test_a_log_of_something_else_is_refused(run: RunDirectory, record: dict) -> None:
    run.write_log([record])
    with pytest.raises(CheckpointError, match="log"):
        open_run(run.path)


def test_large_texts_and_strange_snapshots_are_refused(run: RunDirectory) -> None:
    (run.path / "snapshots" / "epoch-last.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match="epoch-last"):
        open_run(run.path)
    (run.path / "snapshots" / "epoch-last.safetensors").unlink()
    with (run.path / "log.jsonl").open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(CheckpointError, match="larger than 4 MB"):
        open_run(run.path)


@pytest.mark.parametrize(
    ("sources", "asked"),
    [
        (["Imagenette"], ()),
        (["data/a.zip", "data/b.zip"], ()),
        (["/"], ("/",)),
        (["/home/me/photos"], ("/home/me/photos",)),
        (["../../photos"], ("../../photos",)),
        (["photos/../../.."], ("photos/../../..",)),
        (["~/photos"], ("~/photos",)),
        (["."], (".",)),
        ([""], ("",)),
    ],
)
def test_only_places_below_the_working_directory_need_no_word(run, tmp_path, monkeypatch, sources, asked) -> None:
    monkeypatch.chdir(tmp_path)
    change(run, "data.json", sources=sources)
    assert unusual_sources(open_run(run.path)) == asked


def test_a_link_that_leads_out_is_noticed(run, tmp_path, monkeypatch) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "photos").symlink_to("/usr")
    monkeypatch.chdir(tmp_path / "here")
    change(run, "data.json", sources=["photos"])
    assert unusual_sources(run) == ("photos",)

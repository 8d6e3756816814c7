"""How much chance does: the spread over random starts against a literal sum, and what it means for a verdict."""

from __future__ import annotations

import csv as csv_module
import io
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from zfnet_core.errors import CheckpointError
from zfnet_core.exhibits.comparison.comparison import ALEXNET, MEASURES, ONLY_CHANCE, ZFNET, Comparison
from zfnet_core.exhibits.comparison.dead_filters import DeadFilters
from zfnet_core.exhibits.comparison.export import csv
from zfnet_core.exhibits.comparison.findings import CHANCE, verdict
from zfnet_core.exhibits.comparison.measurements import CLASSROOM, Portrait
from zfnet_core.paper.random_starts import RandomStarts, load, save
from zfnet_core.training.machine import Machine
from zfnet_core.training.random_starts import write_starts
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.run_directory import RunDirectory
from zfnet_core.training.trainable import TrainableNetwork, start

STARTS = RandomStarts(
    {"ZFNet": {"mid": (0.30, 0.31, 0.35)}, "AlexNet": {"mid": (0.20, 0.26, 0.23)}}, 8, (64,), 1000, 10
)
SMALL = Recipe(maps=(8, 8, 8, 8, 8), units=(8, 8), stages=((1, 32),))


def test_the_spread_is_pooled_over_the_networks() -> None:
    squares = 0.0
    for values in ((0.30, 0.31, 0.35), (0.20, 0.26, 0.23)):
        mean = sum(values) / 3
        squares += sum((value - mean) ** 2 for value in values)
    deviation = math.sqrt(squares / 4)  # two means were taken from six values
    assert STARTS.deviation("mid") == pytest.approx(deviation)
    assert STARTS.least_difference("mid") == pytest.approx(2.776 * math.sqrt(deviation**2 + deviation**2))
    assert STARTS.deviation("dead") is None and STARTS.least_difference("dead") == 0
    silent: tuple[tuple[float, ...], ...] = ((0.3,), (0.3, 0.3, 0.3))
    for values in silent:
        alike = replace(STARTS, measured={"ZFNet": {"mid": values}})
        assert alike.deviation("mid") is None, "one start has no spread; what never moved has shown none"
        assert alike.least_difference("mid") == 0


def test_a_file_gives_the_same_starts_again(tmp_path: Path) -> None:
    path = tmp_path / "starts.json"
    assert load(path) is None
    save(STARTS, path)
    assert load(path) == STARTS
    save(replace(STARTS, epochs=9), path)
    assert load(path) == replace(STARTS, epochs=9)


def of_dead(first: int, second: int, starts: RandomStarts | None, data: str = CLASSROOM) -> Comparison:
    """Two networks of which only the dead filters are known, of 96 each."""

    def portrait(name: str, row: str, dead: int) -> Portrait:
        faint = torch.arange(96) < dead
        found = DeadFilters(torch.ones(96), None, faint, torch.zeros(96, dtype=torch.bool))
        return Portrait(name, name, printed_as=row, data=data, dead=found)

    return Comparison(portrait("zfnet", ZFNET, first), portrait("alexnet", ALEXNET, second), 1.0, starts)


DEAD = MEASURES[0]
FEW = replace(STARTS, measured={"ZFNet": {"dead": (0.00, 0.02)}, "AlexNet": {"dead": (0.04, 0.06)}})
LEAST = 4.303 * math.sqrt(2) * math.sqrt((2 * 0.01**2 + 2 * 0.01**2) / 2)  # 8.6 points, two degrees of freedom


def test_a_verdict_needs_more_than_what_random_starts_differ_by() -> None:
    below, above = math.floor(96 * LEAST), math.ceil(96 * LEAST)
    assert of_dead(0, above, FEW).outcome(DEAD) == "as the paper says"
    assert of_dead(above, 0, FEW).outcome(DEAD) == "against the paper"
    for starts, outcome in ((FEW, "no clear difference"), (None, "against the paper")):
        assert of_dead(below, 0, starts).outcome(DEAD) == outcome
    assert of_dead(below, 0, FEW, data="ImageNet").outcome(DEAD) == "against the paper", "taught otherwise"
    close = of_dead(1, 0, None)
    assert close.outcome(DEAD) == "no clear difference" and not close.within_chance(DEAD)


def test_chance_is_the_reason_where_it_is(tmp_path: Path) -> None:
    near, far = of_dead(4, 0, FEW), of_dead(40, 0, FEW)
    assert ONLY_CHANCE in near.sentence(DEAD) and DEAD.why_not not in near.sentence(DEAD)
    assert f"{100 * LEAST:.1f} points" in near.sentence(DEAD)
    assert ONLY_CHANCE not in far.sentence(DEAD) and DEAD.why_not in far.sentence(DEAD)
    assert ONLY_CHANCE in verdict(near) and DEAD.because not in verdict(near) and verdict(near).endswith(CHANCE)
    assert DEAD.because in verdict(far)
    assert CHANCE not in verdict(of_dead(4, 0, None))
    table = list(csv_module.DictReader(io.StringIO(csv(near))))
    assert float(table[0]["differences by chance reach"]) == pytest.approx(LEAST)
    assert not any(row["differences by chance reach"] for row in table[1:])


def finished(folder: Path, network: str, seed: int, recipe: Recipe = SMALL) -> RunDirectory:
    """A run of one epoch that learned nothing."""
    run, recipe = RunDirectory(folder), replace(recipe, network=network, seed=seed)
    run.begin(recipe, {"classes": ["a", "b"], "train": 20, "val": 5, "sources": []})
    torch.manual_seed(seed)
    trainable = TrainableNetwork(recipe.build(2))
    start(trainable, recipe)
    run.save_snapshot(1, trainable.network.state_dict())
    run.write_log([{"epoch": 1, "px": 32, "val_top1": 0.5 + seed / 100}])
    return run


def test_runs_are_measured_as_the_page_measures(tmp_path: Path) -> None:
    for seed in (0, 1):  # as `train --networks zfnet alexnet` leaves them
        for name in ("zfnet", "alexnet"):
            finished(tmp_path / f"start{seed}" / name, name, seed)
        RunDirectory(tmp_path / f"start{seed}").write_text("students.json", '["zfnet", "alexnet"]')
    runs = [RunDirectory(tmp_path / f"start{seed}") for seed in (0, 1)]
    found = write_starts(runs, lambda run: None, Machine(), tmp_path / "starts.json", lambda line: None)
    assert load(tmp_path / "starts.json") == found
    assert (found.epochs, found.px, found.train_photos, found.classes) == (1, (32,), 20, 2)
    flat = 0
    for filter_ in runs[1].students()[0].load_snapshot(1)["conv1.weight"].double():  # of the second ZFNet, as kept
        of_the_mean = sum(7 * 7 * float(colour.mean()) ** 2 for colour in filter_)
        flat += of_the_mean >= 0.75 * float((filter_ * filter_).sum())
    assert found.values("flat")["ZFNet"][1] == pytest.approx(flat / 8)
    assert all(len(values) == 2 for part in found.measured.values() for values in part.values())
    assert {measure.key for measure in MEASURES} - {"accuracy"} <= set(found.measured["ZFNet"])


@pytest.mark.parametrize("fault", ["unfinished", "other recipe", "other photos", "twice"])
def test_runs_that_differ_in_more_than_the_start_are_refused(tmp_path: Path, fault: str) -> None:
    first = finished(tmp_path / "first", "zfnet", 0)
    if fault == "twice":
        second = finished(tmp_path / "second", "zfnet", 0)
    else:
        second = finished(
            tmp_path / "second", "zfnet", 1, replace(SMALL, batch=8) if fault == "other recipe" else SMALL
        )
    if fault == "unfinished":
        second.write_log([])
    if fault == "other photos":
        second.write_text("data.json", json.dumps({**second.data, "sources": ["elsewhere"]}))
    with pytest.raises(CheckpointError, match="not finished" if fault == "unfinished" else "differ"):
        write_starts([first, second], lambda run: None, Machine(), tmp_path / "starts.json", lambda line: None)
    assert not (tmp_path / "starts.json").exists()


def test_what_is_shipped_is_three_starts_of_each() -> None:
    starts = load()
    assert starts is not None and set(starts.measured) == {"ZFNet", "AlexNet"}
    keys = {key for measure in MEASURES for key in (measure.key, *dict(measure.further))} - {"accuracy"}
    for part in starts.measured.values():
        assert set(part) == keys and all(len(values) == 3 for values in part.values())
    for key in ("mid", "folded", "shift", "grid"):
        assert 0 < starts.least_difference(key) < 0.1, "points of a share, not percent"

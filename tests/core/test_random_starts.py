"""How much chance does: the spread over random starts against a literal sum, and what it means for a verdict."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from zfnet_core.errors import CheckpointError
from zfnet_core.exhibits.comparison.comparison import ALEXNET, MEASURES, ZFNET, Comparison
from zfnet_core.exhibits.comparison.findings import CHANCE, verdict
from zfnet_core.exhibits.comparison.measurements import Portrait
from zfnet_core.exhibits.comparison.random_starts import RandomStarts, load, save
from zfnet_core.training.machine import Machine
from zfnet_core.training.random_starts import write_starts
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.run_directory import RunDirectory
from zfnet_core.training.trainable import TrainableNetwork, start

STARTS = RandomStarts({"ZFNet": {"mid": (0.30, 0.31, 0.35)}, "AlexNet": {"mid": (0.20, 0.26, 0.23)}}, 8, 64, 1000, 10)
SMALL = Recipe(maps=(8, 8, 8, 8, 8), units=(8, 8), stages=((1, 32),))
ACCURACY = MEASURES[-1]


def test_the_spread_is_pooled_over_the_networks() -> None:
    squares = 0.0
    for values in ((0.30, 0.31, 0.35), (0.20, 0.26, 0.23)):
        mean = sum(values) / 3
        squares += sum((value - mean) ** 2 for value in values)
    deviation = math.sqrt(squares / 4)  # two means were taken from six values
    assert STARTS.deviation("mid") == pytest.approx(deviation)
    assert STARTS.least_difference("mid") == pytest.approx(2.776 * math.sqrt(deviation**2 + deviation**2))
    assert STARTS.deviation("dead") is None and STARTS.least_difference("dead") == 0
    alone = replace(STARTS, measured={"ZFNet": {"mid": (0.3,)}})
    assert alone.deviation("mid") is None, "one start has no spread"


def test_a_file_gives_the_same_starts_again(tmp_path: Path) -> None:
    save(STARTS, tmp_path / "starts.json")
    assert load(tmp_path / "starts.json") == STARTS and load(tmp_path / "none.json") is None


def of_accuracy(first: float, second: float, starts: RandomStarts | None, printed: str = ALEXNET) -> Comparison:
    """Two networks of which only the accuracy is known, on very many photos."""
    one, two = (
        Portrait(name, name, printed_as=row, data="ImageNet", top1=value, top1_photos=10**9)
        for name, row, value in (("zfnet", ZFNET, first), ("other", printed, second))
    )
    return Comparison(one, two, 1.0, starts)


def test_a_verdict_needs_more_than_what_random_starts_differ_by() -> None:
    starts = replace(STARTS, measured={"ZFNet": {"accuracy": (0.50, 0.52)}, "AlexNet": {"accuracy": (0.40, 0.42)}})
    deviation = math.sqrt((2 * 0.01**2 + 2 * 0.01**2) / 2)
    least = 4.303 * math.sqrt(2) * deviation  # 8.6 points, with two degrees of freedom
    for more, known in ((0.9, "no clear difference"), (1.1, "as the paper says")):
        pair = (0.4 + more * least, 0.4)
        assert of_accuracy(*pair, starts).outcome(ACCURACY) == known
        assert of_accuracy(*pair, None).outcome(ACCURACY) == "as the paper says"
    other = of_accuracy(0.4 + 0.9 * least, 0.4, starts, printed="")
    assert other.larger(ACCURACY) == "first", "other pairs are not judged by the paper's networks"


def test_the_sentence_says_where_chance_was_measured() -> None:
    assert verdict(of_accuracy(0.6, 0.4, STARTS)).endswith(CHANCE)
    assert CHANCE not in verdict(of_accuracy(0.6, 0.4, None))


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
    runs = [finished(tmp_path / f"{name}{seed}", name, seed) for name in ("zfnet", "alexnet") for seed in (0, 1)]
    found = write_starts(runs, lambda run: None, Machine(), tmp_path / "starts.json", lambda line: None)
    assert load(tmp_path / "starts.json") == found
    assert (found.epochs, found.px, found.train_photos, found.classes) == (1, 32, 20, 2)
    assert found.values("accuracy") == {"ZFNet": (0.5, 0.51), "AlexNet": (0.5, 0.51)}
    flat = 0
    for filter_ in runs[1].load_snapshot(1)["conv1.weight"].double():  # of the second ZFNet, as they were kept
        of_the_mean = sum(7 * 7 * float(colour.mean()) ** 2 for colour in filter_)
        flat += of_the_mean >= 0.75 * float((filter_ * filter_).sum())
    assert found.values("flat")["ZFNet"][1] == pytest.approx(flat / 8)
    assert all(len(values) == 2 for part in found.measured.values() for values in part.values())
    assert {measure.key for measure in MEASURES} <= set(found.measured["ZFNet"])


@pytest.mark.parametrize("fault", ["unfinished", "other recipe", "twice"])
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
    with pytest.raises(CheckpointError, match="not finished" if fault == "unfinished" else "differ"):
        write_starts([first, second], lambda run: None, Machine(), tmp_path / "starts.json", lambda line: None)
    assert not (tmp_path / "starts.json").exists()

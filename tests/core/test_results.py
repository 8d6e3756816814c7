"""The tables of results: the paper's cells as printed, ours from what is shipped, the visitor's in their rows."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import asdict, replace
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import pytest

from zfnet_core.errors import ResultError, UnknownName
from zfnet_core.exhibits import our_results
from zfnet_core.exhibits.results import NAMES, Settings, ablated, table_csv, table_of, transferred
from zfnet_core.exhibits.results.compared import EVALUATIONS, FIVE, LIVE, ONE, SIX, WHY, our_evaluations, printed_row
from zfnet_core.exhibits.results.evaluation import Evaluated, Evaluation, Judged
from zfnet_core.language import Phrase
from zfnet_core.models import zoo
from zfnet_core.paper import ablation, random_starts, values
from zfnet_core.training.arguments import parser, recipe_of

ROW = ablation.AblationRow("zfnet", 0.4, 0.5, 0.25, 1000, 3, (80, 96), 128, 900, 200, 100)


def evaluation_of(*architectures: str, together: tuple[int, ...] = ()) -> Evaluation:
    """Ten photos of each of two classes; network n is right on n of the first class and all of the second."""
    networks = tuple(
        Evaluated(f"own-{n}", f"Net {n}", name, "0" * 32, 256, 224) for n, name in enumerate(architectures)
    )
    places = [(n,) for n in range(len(networks))] + ([together] if together else [])
    judged = tuple(Judged(at, np.array([at[0], 10]), np.array([10, 10])) for at in places)
    return Evaluation("mine", "0" * 32, "ten", networks, ("a", "b"), np.array([10, 10]), judged)


@pytest.mark.parametrize("name", NAMES)
def test_every_table_shows_the_papers_cells_and_says_why_ours_differ(name: str) -> None:
    table = table_of(Settings(name))
    assert table.why and table.about and table.title and LIVE[name] == table.live
    assert table.rows or table.claims
    for row in table.rows:
        assert len(row.cells) == len(table.columns)
    if name not in values.names():
        return
    printed = values.exhibit(name)
    assert tuple(row.name for row in table.rows)[: len(printed.rows)] == printed.rows
    for row in table.rows[: len(printed.rows)]:
        for column, cell in zip(table.columns, row.cells, strict=True):
            value = printed.value(row.name, column) if column in printed.columns else None
            assert bool(value) == bool(cell.paper)
            if value:
                told, _, spread = cell.paper.partition(" ± ")
                assert float(told) == value.value and (float(spread) if spread else None) == value.spread
                assert printed.unit != "%" or "." in told
    assert set(WHY) == set(NAMES)
    with pytest.raises(UnknownName, match="choose one of table-1"):
        table_of(Settings("table-9"))


def test_our_evaluations_are_of_the_shipped_weights_and_agree_with_the_cards() -> None:
    found = our_evaluations()
    assert len(found) == len(list(EVALUATIONS.glob("*.json"))) >= 1
    for evaluation in found:
        assert {network.name for network in evaluation.networks} == {"zfnet-classroom", "alexnet-classroom"}
        for network in evaluation.networks:
            assert network.fingerprint == our_results.fingerprint(network.name) == zoo.load(network.name).fingerprint
    one = next(evaluation for evaluation in found if evaluation.crops == "one")
    for network, judged in zip(one.networks, one.judged, strict=False):
        even = zoo.bundled_card(network.name)["accuracy"]["even"]
        assert (one.total, one.classes) == (even["photos"], even["classes"])
        assert 1 - one.top1_error(judged) == pytest.approx(even["top1"], abs=0.003)
        assert 1 - one.top5_error(judged) == pytest.approx(even["top5"], abs=0.003)
    shown = {value.text for *_, source, value in table_of(Settings("table-2")).values() if source == "ours"}
    assert f"{100 * one.top1_error(one.judged[0]):.1f}" in shown


def test_an_evaluation_stands_in_the_row_of_its_networks() -> None:
    single = evaluation_of("zfnet", "zfnetb", "vgg16", "")
    assert [printed_row(single, judged) for judged in single.judged] == [ONE, values.printed_as("zfnetb"), "", ""]
    five = evaluation_of(*["zfnet"] * 5, together=(0, 1, 2, 3, 4))
    six = evaluation_of("zfnetb", *["zfnet"] * 5, together=(0, 1, 2, 3, 4, 5))
    mixed = evaluation_of("zfnet", "alexnet", together=(0, 1))
    assert [printed_row(one, one.judged[-1]) for one in (five, six, mixed)] == [FIVE, SIX, ""]
    table = table_of(Settings("table-2", single))
    mine = {(row, column): value for row, column, source, value in table.values() if source == "yours"}
    assert mine[ONE, "val top-1"].text == "50.0" and mine["Net 2", "val top-1"].text == "40.0"
    assert "mine" in mine[ONE, "val top-5"].how and "ten crops" in mine[ONE, "val top-5"].how
    assert [row.name for row in table.rows if not row.printed][-2:] == ["Net 2", "Net 3"]


def test_runs_of_one_row_are_shown_with_their_spread() -> None:
    runs = (ROW, replace(ROW, seed=1, val_top1_error=0.53), replace(ROW, row="alexnet"), replace(ROW, epochs=9))
    table = table_of(Settings("table-3", ablation=runs))
    mine = [(row, column, value) for row, column, source, value in table.values() if source == "yours"]
    texts = {value.text for row, column, value in mine if row == "Our model (Fig. 3)" and column == "val top-1"}
    assert texts == {f"{mean([50, 53]):.1f} ± {stdev([50, 53]):.1f}", "50.0"}
    assert any("2 random starts" in value.how and "80, 96 px" in value.how for *_, value in mine)
    assert {row for row, *_ in mine} == {"Our model (Fig. 3)", "Replication of Krizhevsky, 1 convnet"}
    assert table.missing == ablated.missing(ablation.rows())


def test_rows_of_table_3_are_read_and_strangers_are_refused(tmp_path: Path) -> None:
    rows = [replace(ROW, seed=1), ROW, replace(ROW, row="alexnet")]
    told = {"rows": [asdict(row) for row in rows]}
    assert ablation.read(json.dumps(told).encode(), "x") == (rows[2], rows[1], rows[0])
    old = {key: value for key, value in asdict(ROW).items() if key != "seed"}
    assert ablation.read(json.dumps({"rows": [old]}).encode(), "x") == (ROW,)
    assert ablation.rows(tmp_path / "none.json") == ()
    good = asdict(ROW)
    bad = [b"", b"[]", b"{}", b'{"rows": 3}', b'{"rows": [3]}', b"[" * 100_000, b" " * (2 << 20)]
    bad += [
        json.dumps({"rows": [{**good, **change}]}).encode()
        for change in (
            {"row": "perceptron"}, {"row": []}, {"px": "80"}, {"px": []}, {"val_top1_error": 2}, {"seed": 10**30},
            {"epochs": True}, {"val_top1_error": None}, {"more": 1}, {"train_photos": -1},
        )
    ]  # fmt: skip
    bad.append(json.dumps({"rows": [good] * 2000}).encode())
    for data in bad:
        with pytest.raises(ResultError, match=r"mine\.json"):
            ablation.read(data, "mine.json")


def test_what_was_transferred_is_shown_if_it_is_of_the_shipped_weights(tmp_path: Path) -> None:
    row = {
        "table": "table-4",
        "row": "ours",
        "column": "15 per class",
        "value": 61.25,
        "spread": 1.5,
        "settings": {"n": 5, "classes": 9},
    }
    shipped = our_results.fingerprint("zfnet-classroom")
    told = {
        "how": {"table-4": "Measured."},
        "networks": {
            "zfnet-classroom": {"fingerprint": shipped, "rows": [row, {"table": "table-4"}, 3, {**row, "value": "x"}]},
            "alexnet-classroom": {"fingerprint": shipped, "rows": [row]},
            "stranger": {"rows": [row]},
        },
    }
    path = tmp_path / "transfer.json"
    path.write_text(json.dumps(told))
    (found,) = transferred.rows("table-4", path)
    assert str(found) == "61.2 ± 1.5" and found.how == "ZFNet · classroom: 9 classes, n 5; Measured"
    assert transferred.rows("table-5", path) == ()
    for number, text in enumerate(("", "[]", '{"networks": 3}', '{"networks": {"zfnet-classroom": 3}}')):
        other = tmp_path / f"{number}.json"
        other.write_text(text)
        assert transferred.rows("table-4", other) == ()
    assert transferred.rows("table-4", tmp_path / "none.json") == ()


def test_figure_6_counts_for_and_against_the_paper() -> None:
    table = table_of(Settings("figure-6"))
    kept = {
        name: our_results.shipped(name, "figure-6")["measures"] for name in ("alexnet-classroom", "zfnet-classroom")
    }
    alexnet, zfnet = kept.values()
    starts = random_starts.load()
    assert starts is not None
    more, for_it = {"dead": False, "mid": True, "folded": False, "shift": False, "grid": False}, 0
    for key, claims_more in more.items():
        difference, least = zfnet[key] - alexnet[key], starts.least_difference(key)
        for_it += bool(least) and abs(difference) > least and (difference > 0) == claims_more
    assert table.verdict.startswith(f"{for_it} of 5 ") and for_it > 0
    assert starts.least_difference("dead") == 0 and "spread is not known: dead" in table.verdict
    assert all(row.claim for row in table.rows)


def test_the_csv_has_every_number_once() -> None:
    table = table_of(Settings("table-2", evaluation_of("zfnet")))
    rows = list(csv.DictReader(io.StringIO(table_csv(table))))
    assert len(rows) == sum(bool(cell.paper) for row in table.rows for cell in row.cells) + len(list(table.values()))
    mine = [row for row in rows if row["whose"] == "yours"]
    assert {row["value (%)"] for row in mine} == {"50.0", "0.0"} and all(row["how"] for row in rows)


def differing(row: str, errors: tuple[float, ...], **changes: Any) -> list[ablation.AblationRow]:
    return [replace(ROW, row=row, seed=seed, val_top1_error=error, **changes) for seed, error in enumerate(errors)]


def test_table_3_judges_only_what_is_more_than_its_spread() -> None:
    whole = differing("alexnet", (0.40, 0.41, 0.42))
    worse, unclear = (0.60, 0.61, 0.62), (0.41, 0.42, 0.44)
    told = ablated.verdict([*whole, *differing("alexnet-without-3-4", worse)])
    assert "layers 3, 4 removed: +20.0 ± 1.4 points of top-1 error, in the paper +4.9. The same way." in told
    told = ablated.verdict([*whole, *differing("alexnet-without-3-4", (0.20, 0.21, 0.22))])
    assert "−20.0 ± 1.4" in told and "The other way." in told
    # Chance must not explain it, and no run of one may lie among those of the other.
    told = ablated.verdict([*whole, *differing("alexnet-without-3-4", unclear)])
    assert "+1.3 ± 1.8" in told and "too large to tell" in told and "way." not in told
    wide = differing("alexnet-without-3-4", (0.42, 0.80, 0.80))
    assert "too large to tell" in ablated.verdict([*whole, *wide])
    # Fewer runs ask for a larger difference: with three of each it is 2.776 of its errors, with four 2.447.
    for runs, more, clear in ((3, 2.7, False), (3, 2.9, True), (4, 2.4, False), (4, 2.5, True)):
        errors, step = [0.40, 0.402, 0.401, 0.403][:runs], 0.0
        error = 100 * sqrt(2 * stdev(errors) ** 2 / runs)
        step = more * error / 100
        shifted = differing("alexnet-without-3-4", tuple(one + step for one in errors))
        told = ablated.verdict([*differing("alexnet", tuple(errors)), *shifted])
        assert ("same way" in told) == (clear and min(errors) + step > max(errors)), (runs, more)
    # Two runs say nothing, however far apart.
    few = ablated.verdict([*whole, *differing("alexnet-without-3-4", (0.8, 0.81))])
    assert "Too few random starts to tell." in few and "way." not in few
    # One run has no spread, runs of another size are another experiment, and ZFNet’s rows change no layer.
    for rows in (
        [*whole, *differing("alexnet-without-3-4", (0.6,))],
        [*whole, *differing("alexnet-without-3-4", worse, epochs=99)],
        [*whole, *differing("zfnet", worse)],
        differing("alexnet-without-3-4", worse),
        whole,
        [],
    ):
        assert ablated.verdict(rows) == ""


def test_the_shipped_rows_of_table_3_are_of_one_size_and_their_own_file_changes_nothing() -> None:
    """Of one size, so that they can be compared; opened once more they are no second measurement."""
    shipped = ablation.rows()
    assert shipped and len({(row.row, row.seed) for row in shipped}) == len(shipped)
    assert len({(row.size, row.peak_rate) for row in shipped}) == 1
    assert (shipped[0].classes, shipped[0].epochs, shipped[0].px) == (10, 1, (64,)), "WHY says so"
    assert min(Counter(row.row for row in shipped).values()) >= 2, "every row has a spread"
    alone, again = table_of(Settings("table-3")), table_of(Settings("table-3", ablation=shipped))
    assert alone.verdict == again.verdict == ablated.verdict(shipped)
    lines = [line for line in alone.verdict.splitlines() if line][:-1]
    assert len(lines) == len({row.row for row in shipped}) - 1
    for line in lines:
        assert line.startswith("- Replication") and line.endswith(("too large to tell.", "starts to tell.", "way."))
    trained = [row.name for row in alone.rows if row.cells[1].ours]
    assert trained == [printed for name, printed in ablation.PAPER_ROWS.items() if name in {row.row for row in shipped}]
    assert all(" ± " in cell.ours[0].text for row in alone.rows if row.name in trained for cell in row.cells)


def test_table_3_names_every_row_that_was_not_run_with_its_command() -> None:
    rows = differing("alexnet", (0.4, 0.5), px=(64,), epochs=2, peak_rate=0.002)
    told = ablated.missing(rows)
    for name, printed in ablation.PAPER_ROWS.items():
        command = f"train RUNS/0/{name} --preset {name} --stages 2@64 --peak-rate 0.002 --seed 0 --data FOLDER"
        assert (command in told, printed in told) == (name != "alexnet", name != "alexnet")
    assert "11 of the twelve rows" in told and "table RUNS/*/* --out ablation.json" in told
    assert "--stages" not in ablated.missing([]) and "12 of the twelve" in ablated.missing([])
    assert ablated.missing([replace(ROW, row=name) for name in ablation.PAPER_ROWS]) == ""
    for line in told.splitlines():
        if line.startswith("python -m zfnet_core.training"):
            given = parser().parse_args(line.split()[3:])
            assert given.command == "table" or recipe_of(given).stages == ((2, 64),)


def test_what_the_paper_says_in_words_can_be_translated() -> None:
    kept = json.loads(values.PAPER.read_text("utf-8"))["claims"]
    told = [claim for one in kept for claim in values.claims(one["exhibit"])]
    assert told and {claim.claim for claim in told} == set(values.CLAIMS)
    said = str(told[0])
    assert isinstance(said, Phrase) and said == f"{told[0].claim} ({told[0].where})"

"""The paper's protocol on folders of photos: the random choices, the command, VOC's average precision, our own rows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from thin_networks import thin_zfnet
from tiny_photos import write_tiny_photos

from zfnet_core.errors import CorpusError
from zfnet_core.exhibits.transfer import Training, fit, voc
from zfnet_core.exhibits.transfer.__main__ import main
from zfnet_core.exhibits.transfer.collected import collected
from zfnet_core.exhibits.transfer.features import feature_layers, features_of
from zfnet_core.exhibits.transfer.protocol import Protocol, class_numbers, mean_per_class, split
from zfnet_core.exhibits.transfer.run import read, rows_of, run
from zfnet_core.models import zoo
from zfnet_core.paper import transferred
from zfnet_core.paper.values import exhibit
from zfnet_core.photos.corpus import open_corpus


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """train|val/class_N, of which “train” alone is a folder of classes."""
    return write_tiny_photos(tmp_path_factory.mktemp("photos"), train=6, val=3)


def test_choices_have_so_many_of_each_class_and_share_no_photo(folder: Path) -> None:
    corpus = open_corpus([folder / "train"])
    names, numbers = class_numbers(corpus)
    assert names == ("class_0", "class_1", "class_2")
    for seed in range(3):
        found = split(corpus, Protocol(4, 1), seed)
        assert not set(found.train) & set(found.test)
        assert np.bincount(numbers[found.train]).tolist() == [4, 4, 4]
        assert np.bincount(numbers[found.test]).tolist() == [1, 1, 1], "at most one is asked"
    assert (split(corpus, Protocol(4), 1).train == split(corpus, Protocol(4), 1).train).all()
    assert (split(corpus, Protocol(4), 1).train != split(corpus, Protocol(4), 2).train).any()
    assert np.bincount(numbers[split(corpus, Protocol(99), 0).test]).tolist() == [1, 1, 1], "one is kept to be asked"


def test_photos_that_validate_are_never_taught_with(folder: Path) -> None:
    corpus = open_corpus([folder])
    found = split(corpus, Protocol(5), 0)
    assert {corpus.ids[index].split("/")[0] for index in found.train} == {"train"}
    assert {corpus.ids[index].split("/")[0] for index in found.test} == {"val"}
    with pytest.raises(CorpusError, match="Two classes"):
        split(corpus.subset([0, 1]), Protocol(), 0)


def test_the_mean_over_classes_is_scikit_learns_balanced_accuracy() -> None:
    from sklearn.metrics import balanced_accuracy_score

    dice = np.random.default_rng(0)
    truth = np.array([0] * 3 + [1] * 20 + [2] * 7)
    answers = np.where(dice.random(30) < 0.6, truth, 0)
    assert mean_per_class(answers, truth) == pytest.approx(100 * balanced_accuracy_score(truth, answers))


def test_features_in_files_are_those_of_the_photos_and_are_made_once(folder: Path, tmp_path: Path) -> None:
    network, corpus = thin_zfnet(), open_corpus([folder / "train"])
    told: list[tuple[int, int]] = []
    layers = list(feature_layers(network))
    found = collected(network, corpus, [0, 3, 9], layers, tmp_path, lambda *done: told.append(done))
    for place, index in enumerate([0, 3, 9]):
        direct = features_of(network, corpus.prepare(index, network.preprocessing)[None], layers)
        for layer in layers:
            expected = direct[layer][0]
            assert np.abs(found[layer][place] - expected).max() < 1e-3 * max(1, np.abs(expected).max())
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}
    again = collected(network, corpus, [0, 3, 9], layers, tmp_path)
    assert files == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")} and files
    assert all((again[layer] == found[layer]).all() for layer in layers) and told[-1] == (3, 3)


def test_a_run_goes_on_where_it_was(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZFNET_EXPLORER_CACHE", str(tmp_path / "cache"))
    network, corpus, kept = thin_zfnet(), open_corpus([folder / "train"]), tmp_path / "kept.json"
    told: list[str] = []

    def stop_after_two(text: str) -> None:
        told.append(text)
        if sum("choice" in line for line in told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([network], corpus, [2, 4], 50, 2, kept, stop_after_two, ["conv5", "fc7"])
    before = read(kept)
    assert len(before) == 2
    told.clear()
    run([network], corpus, [2, 4], 50, 2, kept, told.append, ["conv5", "fc7"])
    done = read(kept)
    assert {key: done[key] for key in before} == before and len(done) == 2 * 2 + 2 * 3
    assert sum("choice" in line for line in told) == 8
    one = next(value for value in done.values() if value["layer"] == "fc7" and value["classifier"] == "svm")
    choice = split(corpus, Protocol(4, 50), one["seed"])
    _, numbers = class_numbers(corpus)
    rows = collected(network, corpus, list(range(len(corpus))), ["fc7"])["fc7"].astype(np.float32)
    made = fit(rows[choice.train], numbers[choice.train], Training("svm"))
    assert one["right"] == pytest.approx(mean_per_class(made.answers(rows[choice.test]), numbers[choice.test]), abs=1)
    told.clear()
    run([network], corpus, [2, 4], 50, 2, kept, told.append, ["conv5", "fc7"])
    assert told == [], "nothing is left to do"


def test_rows_stand_where_the_papers_tables_have_them() -> None:
    fits = [
        {"network": "n", "layer": layer, "classifier": kind, "per_class": 30, "seed": seed, "right": 80.0 + seed}
        for layer in ("conv5", "fc7")
        for kind in ("svm", "softmax")
        for seed in (0, 1)
    ]
    rows = rows_of(fits, "Caltech-101", {"classes": 101})
    table_7, table_4 = exhibit("table-7"), exhibit("table-4")
    placed = {(row["table"], row["row"], row["column"]) for row in rows}
    assert len(rows) == 5 and ("table-4", table_4.rows[-1], "30 per class") in placed
    for table, row, column in placed - {("table-4", table_4.rows[-1], "30 per class")}:
        assert table == "table-7" and row in table_7.rows and column in table_7.columns
    assert "30 per class" in table_4.columns
    assert all(row["value"] == 80.5 and row["spread"] == pytest.approx(0.71) for row in rows)
    assert rows[0]["settings"]["splits"] == 2 and rows[0]["settings"]["classes"] == 101


def test_the_command_prints_and_writes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZFNET_EXPLORER_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "rows.json"
    asked = ["--data", str(folder / "train"), "--name", "Caltech-101", "--per-class", "3", "--splits", "2"]
    asked += ["--networks", "zfnet-classroom", "--layers", "fc7", "--out", str(out)]
    assert main(asked) == 0
    assert "table-4, ImageNet-pretrained convnet, 3 per class" in capsys.readouterr().out
    written = json.loads(out.read_text())["networks"]["zfnet-classroom"]
    network = zoo.load("zfnet-classroom")
    assert written["fingerprint"] == network.fingerprint and len(written["rows"]) == 3
    monkeypatch.setattr(transferred, "FILE", out)
    transferred.clear()
    assert [str(row) for row in transferred.rows(network, "table-4")]
    assert transferred.rows(replace(network, name="zfnet"), "table-4") == ()
    transferred.clear()
    assert main(["--data", str(tmp_path / "nowhere")]) == 2
    assert "neither a folder" in capsys.readouterr().err


def test_what_is_shipped_belongs_to_the_shipped_weights() -> None:
    transferred.clear()
    for name in ("zfnet-classroom", "alexnet-classroom"):
        network = zoo.load(name)
        four, seven = transferred.rows(network, "table-4"), transferred.rows(network, "table-7")
        assert {row.column for row in four} == set(exhibit("table-4").columns)
        assert all(
            row.settings["splits"] == 5 and row.spread is not None and row.settings["classes"] == 100 for row in four
        )
        caltech = {row.row for row in seven if row.settings["data"] == "Caltech-101"}
        assert caltech >= {f"{kind} on layer {number}" for kind in ("SVM", "Softmax") for number in (5, 7)}
        assert all(
            row.column == exhibit("table-7").columns[0] for row in seven if row.settings["data"] == "Caltech-101"
        )
        assert all(0 < row.value < 100 for row in (*four, *seven))
        assert "no network here has seen" in transferred.how(network, "table-4")
        assert ("softmax", "fc7") in transferred.table_7(network)
    curves = transferred.curves(zoo.load("zfnet-classroom"))
    assert not transferred.seen("Handwritten digits") and transferred.seen("Caltech-101")
    for rows in curves.values():
        assert [row.settings["per_class"] for row in rows] == sorted({row.settings["per_class"] for row in rows})
    assert len(curves["Handwritten digits"]) == 8 and set(curves) >= {"Caltech-101", "Handwritten digits"}
    assert (
        transferred.curves(zoo.load("zfnet-random")) == {}
        and transferred.how(zoo.load("zfnet-random"), "table-4") == ""
    )


@pytest.fixture
def voc_folder(tmp_path: Path) -> Path:
    """Two classes, of which some photos show both."""
    root = tmp_path / "VOC2012"
    (root / "JPEGImages").mkdir(parents=True)
    (root / "ImageSets" / "Main").mkdir(parents=True)
    dice, lists = np.random.default_rng(0), {}
    for number in range(12):
        kind = number % 3  # aeroplane, boat, both
        pixels = dice.integers(0, 90, (64, 64, 3), dtype=np.uint8)
        pixels[:, :, 0] += 120 * (kind != 1)
        pixels[:, :, 2] += 120 * (kind != 0)
        Image.fromarray(pixels).save(root / "JPEGImages" / f"2008_{number:06d}.jpg")
        part = "train" if number < 6 else "val"
        for name, there in (("aeroplane", kind != 1), ("boat", kind != 0)):
            lists.setdefault((name, part), []).append(f"2008_{number:06d} {'1' if there else '-1'}")
    lists["boat", "val"][-1] = lists["boat", "val"][-1].split()[0] + "  0"
    for (name, part), lines in lists.items():
        (root / "ImageSets" / "Main" / f"{name}_{part}.txt").write_text("\n".join(lines) + "\n")
    return root


def test_voc_photos_that_show_several_things(voc_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZFNET_EXPLORER_CACHE", str(tmp_path / "cache"))
    assert voc.is_voc(voc_folder) and not voc.is_voc(tmp_path)
    rows = voc.rows(thin_zfnet(), voc_folder, lambda text: None)
    assert [row["row"] for row in rows] == ["airplane", "boat", "mean"]
    assert rows[-1]["value"] == pytest.approx((rows[0]["value"] + rows[1]["value"]) / 2, abs=0.01)
    table = exhibit("table-6")
    assert all(row["row"] in table.rows and row["column"] in table.columns for row in rows)
    broken = voc_folder / "ImageSets" / "Main" / "boat_val.txt"
    broken.write_text("2008_000001 maybe\n")
    with pytest.raises(CorpusError, match=r"boat_val\.txt is not a list"):
        voc.rows(thin_zfnet(), voc_folder, lambda text: None)


def test_average_precision_by_hand() -> None:
    scores = np.array([[0.9], [0.8], [0.7], [0.6]])
    truth = np.array([[1], [-1], [1], [0]])
    assert voc.average_precisions(scores, truth) == pytest.approx([100 * (1 / 1 + 2 / 3) / 2])

"""Evaluation on labelled photos: against a plain loop over torchvision's transforms, and all that can go wrong."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import datasets, transforms

from tests.core.thin_networks import thin_zfnet
from zfnet_core.errors import CorpusError, ExplorerError, ResultError, UnknownName
from zfnet_core.evaluate import __main__ as command
from zfnet_core.evaluate import run
from zfnet_core.evaluate.crops import crops, opened
from zfnet_core.evaluate.labelled import open_labelled, places_of
from zfnet_core.evaluate.run import Settings, evaluating
from zfnet_core.exhibits.results.evaluation import per_class_csv, read, written
from zfnet_core.models import zoo
from zfnet_core.models.imagenet_classes import imagenet_classes, imagenet_labels
from zfnet_core.models.network import Network
from zfnet_core.photos import samples

ROOT = Path(__file__).parents[2]
EVEN = ROOT.parent / "shared" / "data" / "thousand-even.zip"
CLASSES = 7
ONE = Settings()
SIZES = ((300, 400), (500, 333), (256, 256), (224, 224), (40, 60), (257, 900), (700, 256), (301, 299))


@cache
def network(order: tuple[int, ...] = tuple(range(CLASSES)), seed: int = 0) -> Network:
    """A thin ZFNet whose scores differ from photo to photo; its classes stand in `order`."""
    torch.set_num_threads(1)
    made = thin_zfnet(classes=CLASSES)
    module = made.module
    dice = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        weight = torch.randn(module.fc8.weight.shape, generator=dice)
        module.fc8.weight.copy_(weight[list(order)])
    return replace(made, labels=tuple(f"class {index}" for index in order), trained=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Crops of the sample photos in many shapes and kinds of file, three or four for each class."""
    root, dice = tmp_path_factory.mktemp("labelled"), np.random.default_rng(1)
    names = list(samples.names())
    for number in range(26):
        pixels = samples.load(names[number % len(names)]).pixels
        height, width = SIZES[number % len(SIZES)]
        top, left = (int(dice.integers(0, max(1, full - 200))) for full in pixels.shape[:2])
        picture = Image.fromarray(pixels[top:, left:]).resize((width, height))
        place = root / f"class_{number % CLASSES}"
        place.mkdir(exist_ok=True)
        if number == 3:
            picture.convert("L").save(place / f"{number:02}.jpg")
        elif number == 5:
            picture.quantize(64).save(place / f"{number:02}.png")
        elif number == 8:
            picture.convert("CMYK").save(place / f"{number:02}.jpg")
        else:
            picture.save(place / f"{number:02}.{('jpg', 'png', 'webp')[number % 3]}")
    return root


def last(networks: list[Network], folder: Path, settings: Settings = ONE, journal: Path | None = None):
    *_, found = evaluating(networks, open_labelled([folder], networks[0].labels), settings, journal)
    return found.evaluation


def answers(networks: list[Network], folder: Path, settings: Settings, tmp_path: Path) -> tuple[list, list]:
    """(ids, best classes of every judge) from the journal of a whole run."""
    photos, journal = open_labelled([folder], networks[0].labels), tmp_path / "journal"
    list(evaluating(networks, photos, settings, journal))
    lines = [json.loads(line) for line in journal.read_text().splitlines()[1:]]
    ids = [photos.corpus.ids[index] for line in lines for index in line["photos"]]
    judges = len(lines[0]["best"])
    return ids, [[best for line in lines for best in line["best"][judge]] for judge in range(judges)]


def plain_loop(net: Network, folder: Path, *steps: object) -> dict[str, torch.Tensor]:
    """What a script would do: torchvision's data set and transforms, photo by photo; id → mean probabilities."""
    prepared = net.preprocessing
    end = [transforms.ToTensor(), transforms.Normalize(prepared.mean, prepared.std)]
    photos = datasets.ImageFolder(str(folder), transforms.Compose([transforms.Resize(prepared.resize_px), *steps]))
    found = {}
    for index, (path, _) in enumerate(photos.samples):
        seen = photos[index][0]
        batch = torch.stack([transforms.Compose(end)(one) for one in (seen if isinstance(seen, tuple) else (seen,))])
        with torch.inference_mode():
            found[Path(path).relative_to(folder).as_posix()] = net.module(batch).softmax(1).mean(0)
    return found


def test_every_answer_is_that_of_a_plain_loop_over_torchvisions_transforms(folder: Path, tmp_path: Path) -> None:
    net = network()
    ids, (best,) = answers([net], folder, Settings(), tmp_path)
    expected = plain_loop(net, folder, transforms.CenterCrop(224))
    assert sorted(ids) == sorted(expected) and len({answer[0] for answer in best}) > 2
    for id, five in zip(ids, best, strict=True):
        assert five == expected[id].topk(5).indices.tolist(), id


def test_ten_crops_are_torchvisions_and_average_ten_single_runs(folder: Path, tmp_path: Path) -> None:
    net = network()
    ids, (best,) = answers([net], folder, Settings("ten"), tmp_path)
    expected = plain_loop(net, folder, transforms.CenterCrop(256), transforms.TenCrop(224))
    for id, five in zip(ids, best, strict=True):
        assert five == expected[id].topk(5).indices.tolist(), id
    for id in ids[:4]:
        ten = crops(opened((folder / id).read_bytes(), id), net.preprocessing, "ten")
        singly = [
            net.probabilities(net.preprocessing.normalise(torch.from_numpy(one).permute(2, 0, 1)[None].float() / 255))
            for one in ten
        ]
        assert torch.allclose(torch.cat(singly).mean(0), expected[id], atol=1e-6)


def test_whole_rows_are_normalised_to_the_very_same_numbers() -> None:
    pixels = torch.randint(0, 256, (3, 20, 20, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(4))
    for preprocessing in (network().preprocessing, zoo.entry("googlenet").preprocessing):
        found = run.normalised(pixels, preprocessing)
        assert torch.equal(found, preprocessing.normalise(pixels.permute(0, 3, 1, 2).float() / 255))
        assert found.is_contiguous(memory_format=torch.channels_last)


def test_counts_are_those_of_counting_by_hand(folder: Path, tmp_path: Path) -> None:
    pair, settings = [network(), network(seed=5)], Settings(together=((0, 1),))
    found = last(pair, folder, settings)
    ids, judges = answers(pair, folder, settings, tmp_path)
    alone = [plain_loop(one, folder, transforms.CenterCrop(224)) for one in pair]
    both = {id: (alone[0][id] + alone[1][id]) / 2 for id in ids}
    for judged, best in zip(found.judged, judges, strict=True):
        truth = [int(id.split("/")[0][-1]) for id in ids]
        first = sum(answer[0] == label for answer, label in zip(best, truth, strict=True))
        five = sum(label in answer for answer, label in zip(best, truth, strict=True))
        assert found.top1_error(judged) == pytest.approx(1 - first / 26)
        assert found.top5_error(judged) == pytest.approx(1 - five / 26) and 0 < five < 26
    for id, five in zip(ids, judges[2], strict=True):
        assert five == both[id].topk(5).indices.tolist()
    rows = per_class_csv(found).splitlines()
    assert len(rows) == 1 + CLASSES and rows[1].startswith("0,class 0,4,")


def test_labels_in_another_order_mean_the_same(folder: Path) -> None:
    usual, turned = network(), network(tuple(reversed(range(CLASSES))))
    one, other = last([usual], folder), last([turned], folder)
    assert other.judged[0].first.tolist() == one.judged[0].first.tolist()[::-1]
    both = last([usual, turned], folder, Settings(together=((0, 1),)))
    for judged in both.judged:
        assert judged.first.tolist() == one.judged[0].first.tolist()
    stranger = replace(usual, labels=tuple("abcdefg"))
    with pytest.raises(UnknownName, match="tells other classes apart"):
        last([usual, stranger], folder)


def test_folders_are_known_by_number_wordnet_id_and_name() -> None:
    known = places_of(imagenet_labels())
    for number, one in enumerate(imagenet_classes()):
        assert known[f"{number:03}"] == known[one.wordnet_id] == known[one.label.casefold()] == number
    turned = places_of(imagenet_labels()[::-1])
    assert turned["n01440764"] == turned["000"] == turned["tench"] == 999
    assert "000" not in places_of(["red", "blue"]) and places_of(["red_hat"])["red hat"] == 0


def test_what_is_not_known_is_left_out_and_said(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for path in folder.rglob("*.*"):
        place = copy / "val" / path.parent.name
        place.mkdir(parents=True, exist_ok=True)
        (place / path.name).write_bytes(path.read_bytes())
    (copy / "train" / "class_0").mkdir(parents=True)
    (copy / "train" / "class_0" / "x.png").write_bytes(b"not looked at")
    odd = copy / "val" / "zebra <b>"
    odd.mkdir()
    Image.new("RGB", (40, 40)).save(odd / "z.png")
    (copy / "val" / "class_1" / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    Image.new("RGB", (9000, 4)).save(copy / "val" / "class_1" / "line.png")
    photos = open_labelled([copy], network().labels)
    assert len(photos) == 28 and "1 photos lie in 1 folders" in photos.about_unknown()
    (copy / "val" / "class_2" / "02.webp").unlink()  # between listing and reading
    *_, progress = evaluating([network()], photos, Settings())
    found = progress.evaluation
    assert found.total == 25 and found.left_out.unread_photos == 3 and found.left_out.folder_photos == 1
    assert progress.photos == progress.total == 28
    assert read(written(found)).left_out.folders == ("zebra b",)
    with pytest.raises(CorpusError, match="No folder of val is named after a class"):
        open_labelled([copy], ["blue", "red"])
    for nothing in ("CIFAR10", tmp_path / "no", tmp_path / "copy" / "train" / "class_0" / "x.png"):
        with pytest.raises(CorpusError, match="neither a folder nor a zip file"):
            open_labelled([nothing], ["blue"])


def test_a_zip_file_gives_the_same_as_its_folder(folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.rglob("*.*")):
            file.write(path, path.relative_to(folder))
    packed, plain = last([network()], archive), last([network()], folder)
    assert packed.key == plain.key and packed.judged[0].first.tolist() == plain.judged[0].first.tolist()


def test_an_interrupted_run_goes_on_and_ends_the_same(folder: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(run.BATCH_IMAGES, "one", 4)
    journal, photos = tmp_path / "journal", open_labelled([folder], network().labels)
    whole = written(last([network()], folder, journal=tmp_path / "other"))
    reports = evaluating([network()], photos, Settings(), journal)
    assert [next(reports).photos for _ in range(4)] == [0, 4, 8, 12]
    reports.close()
    with journal.open("ab") as file:
        file.write(b'{"photos": [12, 13')  # as a killed process leaves it
    asked: list[int] = []
    literal = run._asked
    monkeypatch.setattr(run, "_asked", lambda *given: asked.append(len(given[2].photos)) or literal(*given))
    *_, end = evaluating([network()], photos, Settings(), journal)
    assert written(end.evaluation) == whole and asked == [4, 4, 4, 2]
    *_, again = evaluating([network()], photos, Settings(), journal)
    assert written(again.evaluation) == whole and len(asked) == 4
    with pytest.raises(ResultError, match="of other weights"):
        list(evaluating([network(seed=9)], photos, Settings(), journal))
    with pytest.raises(ResultError, match="of other crops"):
        list(evaluating([network()], photos, Settings("ten"), journal))
    few = replace(photos, corpus=photos.corpus.subset(range(5)), truth=photos.truth[:5])
    with pytest.raises(ResultError, match="of other photos"):
        list(evaluating([network()], few, Settings(), journal))
    journal.write_text("something\nelse\n")
    with pytest.raises(ResultError, match="no interrupted evaluation"):
        list(evaluating([network()], photos, Settings(), journal))
    assert journal.read_text() == "something\nelse\n"


def test_a_damaged_journal_and_a_place_that_cannot_be_written_are_a_sentence(folder: Path, tmp_path: Path) -> None:
    journal, photos = tmp_path / "journal", open_labelled([folder], network().labels)
    list(evaluating([network()], photos, Settings(), journal))
    heading, first = journal.read_text().splitlines()[:2]
    for line in (
        "[1]", "null", "{}", "[" * 100_000,
        damaged(json.loads(first), "photos", 0, value=26).decode(),
        damaged(json.loads(first), "photos", value=[0]).decode(),
        damaged(json.loads(first), "best", value=[]).decode(),
        damaged(json.loads(first), "best", 0, 0, value=[CLASSES]).decode(),
        damaged(json.loads(first), "best", 0, 0, value=3).decode(),
        damaged(json.loads(first), "unread", value=[]).decode(),
    ):  # fmt: skip
        journal.write_text(f"{heading}\n{line}\n")
        with pytest.raises(ResultError, match=r"is damaged; name another --out, or add --anew|no interrupted"):
            list(evaluating([network()], photos, Settings(), journal))
        assert journal.read_text() == f"{heading}\n{line}\n", "nothing is lost"
    with pytest.raises(ResultError, match=r"cannot be written \(.*\); name another --out"):
        list(evaluating([network()], photos, Settings(), journal / "below a file"))


def test_photos_of_which_none_can_be_read_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "class_1").mkdir()
    for number in range(3):
        (tmp_path / "class_1" / f"{number}.jpg").write_bytes(b"\xff\xd8 no picture")
    with pytest.raises(ResultError, match="None of the 3 photos could be read"):
        last([network()], tmp_path)


def test_a_killed_command_gives_the_same_file_in_the_end(tmp_path: Path, capsys) -> None:
    """Killed so that it cannot do anything about it, as soon as it has answered something."""
    dice = np.random.default_rng(2)
    for number in range(40):
        place = tmp_path / "val" / f"{number % 8:03}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(dice.integers(0, 255, (60, 60, 3), dtype=np.uint8)).save(place / f"{number}.png")
    words = ["--data", str(tmp_path / "val"), "zfnet-random", "--threads", "1", "--out"]
    killed, whole = tmp_path / "killed.json", tmp_path / "whole.json"
    journal = killed.with_name("killed.json.part")
    process = subprocess.Popen([sys.executable, "-m", "zfnet_core.evaluate", *words, str(killed)], cwd=ROOT)
    until = time.monotonic() + 120
    while not (journal.exists() and journal.read_bytes().count(b"\n") > 1) and time.monotonic() < until:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not killed.exists()
    assert command.main([*words, str(killed)]) == 0 and command.main([*words, str(whole)]) == 0
    assert killed.read_bytes() == whole.read_bytes() and not journal.exists()
    assert killed.with_suffix(".csv").read_bytes() == whole.with_suffix(".csv").read_bytes()
    said = capsys.readouterr().err
    assert "were answered before; it goes on there" in said and "top-5 error" in said


def test_the_command_answers_mistakes_in_a_sentence(tmp_path: Path, capsys) -> None:
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(b"nothing")
    for words, expected in (
        (["--data", str(tmp_path), "no-such-network"], "There is no network called"),
        (["--data", str(tmp_path), str(weights)], "weights.safetensors"),
        (["--data", str(tmp_path), "zfnet-random"], "There is no photo in"),
        (["--data", str(tmp_path), "zfnet-random", "zfnet-random", "--together", "1,3"], "does not name two or more"),
        (["--data", "nowhere", "zfnet-random"], "neither a folder nor a zip file"),
        (["zfnet-classroom", "--even", "x.zip"], "give --imagenette and --even"),
    ):
        assert command.main([*words, *(["--out", str(tmp_path / "out.json")] if "--data" in words else [])]) == 1
        said = capsys.readouterr().err
        assert expected in said and len(said.strip().splitlines()) == 1, said
    if not zoo.is_ready("zfnet"):
        assert command.main(["--data", str(tmp_path), "zfnet"]) == 1
        assert "add --download" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main([])


def test_weights_whose_classes_stand_in_another_order_are_noticed(folder: Path) -> None:
    net = network()
    photos = open_labelled([folder], net.labels)
    found = last([net], folder)
    many = replace(
        found,
        photos=found.photos * 10,
        judged=tuple(replace(one, first=one.first * 0, five=one.five * 0) for one in found.judged),
    )
    assert "another order" in " ".join(command.report(many, [net], photos))
    assert "another order" not in " ".join(command.report(many, [replace(net, trained=False)], photos))


def test_a_result_says_the_same_after_reading(folder: Path) -> None:
    found = last([network(), network(seed=5)], folder, Settings(together=((0, 1),)))
    again = read(written(found), "evaluation.json")
    assert written(again) == written(found)
    assert again.top1_error(again.judged[2]) == found.top1_error(found.judged[2])
    assert again.title(again.judged[2]) == "Thin + Thin"


def damaged(told: dict, *path: object, value: object) -> bytes:
    """The file with one part replaced."""
    copy = json.loads(json.dumps(told))
    here = copy
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = value
    return json.dumps(copy).encode()


def test_a_hostile_result_is_refused_in_a_sentence(folder: Path) -> None:
    told = json.loads(written(last([network()], folder)))
    nested = b"[" * 200_000
    bad = [
        b"", b"{}", b"\xff\xfe", nested, b"null", b"[1]", b'{"made by": 3}', b" " * (9 << 20),
        damaged(told, "version", value=2),
        damaged(told, "photos", 0, value=-1),
        damaged(told, "photos", 0, value=1e400),
        damaged(told, "photos", 0, value=True),
        damaged(told, "photos", 0, value=10**12),
        damaged(told, "photos", value=[0] * CLASSES),
        damaged(told, "photos", value=[1]),
        damaged(told, "judged", 0, "first", 0, value=5000),
        damaged(told, "judged", 0, "five", value="many"),
        damaged(told, "judged", 0, "networks", value=[1]),
        damaged(told, "judged", 0, "networks", value=[0, 0]),
        damaged(told, "judged", value=[]),
        damaged(told, "judged", value=told["judged"] * 33),
        damaged(told, "networks", value=told["networks"] * 17),
        damaged(told, "networks", 0, "fingerprint", value="x" * 32),
        damaged(told, "networks", 0, "name", value="<script>"),
        damaged(told, "networks", 0, "architecture", value="perceptron"),
        damaged(told, "networks", 0, "input_px", value=[]),
        damaged(told, "labels", value=["a"] * 50_000),
        damaged(told, "labels", 0, value={"a": 1}),
        damaged(told, "crops", value="many"),
        damaged(told, "crops", value=[]),
        damaged(told, "key", value=None),
        damaged(told, "left_out", value=[1]),
        damaged(told, "left_out", "folder_photos", value="3"),
        damaged(told, "left_out", "folders", value=["a"] * 21),
    ]  # fmt: skip
    for data in bad:
        with pytest.raises(ResultError) as error:
            read(data, "a<b>.json")
        assert str(error.value).startswith("ab.json") and str(error.value).count(".") <= 4
    assert isinstance(error.value, ExplorerError)
    marked = read(damaged(told, "networks", 0, "title", value="<img src=x>"))
    assert marked.networks[0].title == "img srcx"


@pytest.mark.skipif(not EVEN.exists(), reason="the checking photos are not here")
def test_real_photos_are_answered_as_by_a_plain_loop(tmp_path: Path) -> None:
    """Every twentieth photo of the zip file with the bundled network; and its card's figures are near."""
    torch.set_num_threads(1)
    with zipfile.ZipFile(EVEN) as file:
        names = sorted(name for name in file.namelist() if name.endswith(".webp"))[::20]
        for name in names:
            file.extract(name, tmp_path)
    net = zoo.load("zfnet-classroom")
    ids, (best,) = answers([net], tmp_path / "val", Settings(), tmp_path)
    expected = plain_loop(net, tmp_path / "val", transforms.CenterCrop(224))
    assert len(ids) == len(names) == 25
    for id, five in zip(ids, best, strict=True):
        assert five == expected[id].topk(5).indices.tolist(), id

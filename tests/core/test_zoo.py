"""The zoo tells the truth: published weights give exactly what their publishers' own modules give."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn
from weights_server import Behaviour, serving

from zfnet_core.errors import CheckpointError, DownloadError, UnknownName
from zfnet_core.forward.trace import trace
from zfnet_core.models import downloads, zoo
from zfnet_core.models.entry import Entry
from zfnet_core.models.imagenet_classes import imagenet_labels
from zfnet_core.models.zfnet import zfnet

torch.set_num_threads(1)
PYTORCHCV = ("zfnet", "zfnetb", "alexnet")
TORCHVISION = ("alexnet-torchvision", "vgg16", "googlenet", "resnet18", "resnet34", "resnet50")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZFNET_EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


def their_module(entry: Entry) -> nn.Module:
    """The publisher's module with weights from a fixed die, batch statistics included."""
    if entry.origin == "pytorchcv":
        from pytorchcv.model_provider import get_model

        module = get_model(entry.published)
    else:
        extra = (
            {"aux_logits": True, "init_weights": False, "transform_input": True} if entry.name == "googlenet" else {}
        )
        module = getattr(torchvision.models, entry.published)(weights=None, **extra)
    generator = torch.Generator().manual_seed(1)
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            part.weight.data.normal_(std=(2 / part.weight[0].numel()) ** 0.5, generator=generator)
            if part.bias is not None:
                part.bias.data.normal_(std=0.1, generator=generator)
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(std=0.1, generator=generator)
            part.running_var.uniform_(0.5, 1.5, generator=generator)
            gain = 0.2 if entry.family == "ResNet" else 0.8  # or the scores of its many sums would go to thousands
            part.weight.data.uniform_(gain, gain + 0.4, generator=generator)
            part.bias.data.normal_(std=0.3, generator=generator)
    return module.eval()


def published(entry: Entry, module: nn.Module, folder: Path) -> None:
    """Put the module's weights where a finished download would have put them."""
    torch.save(module.state_dict(), folder / entry.source.file)


@pytest.mark.parametrize("name", [*PYTORCHCV, *TORCHVISION])
def test_downloaded_weights_give_the_publishers_own_scores(name: str, own_cache: Path) -> None:
    entry = zoo.entry(name)
    theirs = their_module(entry)
    assert not zoo.is_ready(name)
    published(entry, theirs, own_cache)
    size = (own_cache / entry.source.file).stat().st_size
    assert zoo.is_ready(name)
    if name != "googlenet":  # whose file also has helper classifiers that are not counted
        assert 0.99 < entry.source.about_bytes / size < 1.01
    network = zoo.load(name)
    assert network.trained and entry.source.file in network.source
    assert network.labels[0] == "tench" and network.labels[999] == "toilet tissue" and len(set(network.labels)) > 990
    pixels = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(2))
    imagenet = (pixels - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(
        3, 1, 1
    )
    with torch.inference_mode():
        expected = theirs(imagenet)
        assert (theirs(0.9 * imagenet) - expected).abs().max() > 0.01  # the picture matters
    ours = trace(network, network.preprocessing.normalise(pixels)).outputs[network.steps[-1].name]
    assert 0.5 < expected.abs().max() < 500
    assert (ours - expected).abs().max() < 1e-4
    assert network.parameters == sum(p.numel() for key, p in theirs.named_parameters() if not key.startswith("aux"))


def test_a_click_downloads_through_the_zoo(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pytorchcv's own way: a zip whose contents are hashed. Small widths, so that it is quick."""
    small = zfnet(classes=5, units=(8, 8), norm="before pool")
    theirs = {}
    for key, value in small.state_dict().items():
        layer, kind = key.split(".")
        number = int(layer[-1])
        stage, unit = (number, 1) if number < 3 else (3, number - 2)
        fc = f"output.fc{number - 5}" + ("" if number == 8 else ".fc")
        theirs[f"features.stage{stage}.unit{unit}.conv.{kind}" if layer[0] == "c" else f"{fc}.{kind}"] = value
    raw, packed = io.BytesIO(), io.BytesIO()
    torch.save(theirs, raw)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("zfnet-x.pth", raw.getvalue())
    with serving(Behaviour({"/zfnet-x.pth.zip": packed.getvalue()})) as server:
        source = downloads.Source(
            f"{server.address}/zfnet-x.pth.zip", "zfnet-x.pth", "sha1", hashlib.sha1(raw.getvalue()).hexdigest(), True
        )
        monkeypatch.setattr(downloads, "pytorchcv_source", lambda name: source)
        monkeypatch.setattr(zoo, "imagenet_labels", lambda: ("a", "b", "c", "d", "e"))
        assert not zoo.is_ready("zfnet")
        seen: list[downloads.Progress] = []
        assert zoo.download("zfnet", seen.append) == own_cache / "zfnet-x.pth"
        assert zoo.is_ready("zfnet") and seen[-1].share == 1
    network = zoo.load("zfnet")
    assert network.trained and torch.equal(network.module.fc8.weight, small.fc8.weight)


def test_without_internet_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def unreachable(*_: object, **__: object) -> None:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    with pytest.raises(DownloadError, match="cannot be reached from here"):
        zoo.download("vgg16")
    with pytest.raises(DownloadError, match="ZFNet · classroom has nothing to download"):
        zoo.download("zfnet-classroom")


def test_a_damaged_download_is_a_sentence_and_can_be_downloaded_again(own_cache: Path) -> None:
    damaged = own_cache / zoo.entry("resnet18").source.file
    damaged.write_bytes(b"PK\3\4 half a file")
    assert zoo.is_ready("resnet18")
    with pytest.raises(CheckpointError, match=r"ResNet-18 .* were damaged on the disk .* download them again"):
        zoo.load("resnet18")
    assert not damaged.exists() and not zoo.is_ready("resnet18")
    assert not zoo.load("resnet18").trained


def test_loading_never_asks_the_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("load asked for the internet")

    monkeypatch.setattr("socket.getaddrinfo", forbidden)
    network = zoo.load("resnet18")
    assert not network.trained and network.source.startswith("Untrained") and "downloaded" in network.source


@pytest.fixture
def a_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., nn.Sequential]:
    def write(**changes: Any) -> nn.Sequential:
        monkeypatch.setattr(zoo, "WEIGHTS", tmp_path)
        torch.manual_seed(4)
        module = zfnet(classes=3, units=(8, 6), norm="none")
        save_file({k: v.half() for k, v in module.state_dict().items()}, tmp_path / "zfnet-classroom.safetensors")
        card = {"labels": ["cat", "dog", "emu"], "summary": "Trained on a few photos.", **changes}
        (tmp_path / "zfnet-classroom.json").write_text(json.dumps(card))
        return module

    return write


def test_bundled_weights_bring_their_labels_widths_and_preprocessing(a_card: Callable[..., nn.Sequential]) -> None:
    settings = {"resize_px": 256, "input_px": 224, "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.4]}
    module = a_card(preprocessing=settings)
    assert zoo.is_ready("zfnet-classroom")
    network = zoo.load("zfnet-classroom")
    assert network.labels == ("cat", "dog", "emu") and network.trained and network.source == "Trained on a few photos."
    assert network.preprocessing.mean == (0.4, 0.5, 0.6) and network.card["summary"] == "Trained on a few photos."
    assert [network.layer(name).maps for name in ("fc6", "fc7", "fc8")] == [8, 6, 3]
    assert torch.equal(network.module.conv3.weight, module.conv3.weight.half().float())
    assert network.module.conv3.weight.dtype == torch.float32


def test_untrained_networks_say_so_and_are_always_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "WEIGHTS", tmp_path)
    assert not zoo.is_ready("zfnet-classroom") and zoo.is_ready("zfnet-random")
    torch.manual_seed(99)
    before = torch.rand(1)
    torch.manual_seed(99)
    first, second = zoo.load("zfnet-classroom"), zoo.load("zfnet-classroom")
    assert torch.equal(torch.rand(1), before)  # nobody else's dice are touched
    assert not first.trained and first.source.startswith("Untrained") and "trained" in first.source[20:]
    assert torch.equal(first.module.conv1.weight, second.module.conv1.weight)
    assert first.labels == imagenet_labels()


@pytest.mark.parametrize("pair", [("resnet18", "googlenet"), ("alexnet-torchvision", "zfnet-random")])
def test_networks_built_at_the_same_time_are_those_built_alone(pair: tuple[str, str]) -> None:
    """PyTorch's own dice are shared by all threads; the other thread also throws them all the time."""
    alone = {name: zoo.load(name).module.state_dict() for name in pair}
    together: dict[str, dict[str, torch.Tensor]] = {}
    start, done = threading.Barrier(3), threading.Event()

    def build(name: str) -> None:
        start.wait()
        together[name] = zoo.load(name).module.state_dict()

    def play() -> None:
        start.wait()
        while not done.wait(0.001):
            torch.manual_seed(1)
            torch.rand(100)

    builders = [threading.Thread(target=build, args=(name,)) for name in pair]
    player = threading.Thread(target=play)
    for thread in (*builders, player):
        thread.start()
    for thread in builders:
        thread.join()
    done.set()
    player.join()
    for name in pair:
        assert together[name].keys() == alone[name].keys()
        for key, value in alone[name].items():
            assert value.isfinite().all() and torch.equal(together[name][key], value), (name, key)


def test_random_weights_have_the_spread_of_he_initialisation() -> None:
    module = zoo.load("resnet18").module
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            assert part.weight.std().item() == pytest.approx((2 / part.weight[0].numel()) ** 0.5, rel=0.05)
        if isinstance(part, nn.BatchNorm2d):
            assert (part.weight == 1).all() and (part.running_var == 1).all() and not part.running_mean.any()


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownName, match=r"“lenet”.*zfnet-classroom.*resnet50"):
        zoo.load("lenet")
    with pytest.raises(UnknownName, match=r"no layer “conv9”; choose one of conv1"):
        zoo.load("resnet18").layer("conv9")


def test_the_first_name_is_the_default() -> None:
    assert zoo.names()[0] == zoo.DEFAULT and len(set(zoo.names())) == len(zoo.ENTRIES)

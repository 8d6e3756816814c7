"""Somebody's own weights: what fits is loaded, what does not is named, and no file ever runs a program."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save, save_file
from torch import nn

from zfnet_core.errors import CheckpointError
from zfnet_core.models import checkpoints, zoo
from zfnet_core.models.alexnet import alexnet
from zfnet_core.models.checkpoints import load_checkpoint, read_weights, tower_key
from zfnet_core.models.zfnet import zfnet, zfnet_b

torch.set_num_threads(1)
ZFNET = zoo.entry("zfnet-classroom")


def narrow(**options: Any) -> nn.Sequential:
    torch.manual_seed(3)
    return zfnet(classes=7, units=(24, 16), norm="none", **options).eval()


def pth(content: object) -> bytes:
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def picture() -> torch.Tensor:
    return torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def plain() -> nn.Sequential:
    return narrow()


@pytest.fixture(scope="module")
def scores(plain: nn.Sequential) -> torch.Tensor:
    with torch.inference_mode():
        return plain(picture())


@pytest.mark.parametrize(
    "wrap",
    [
        save,
        pth,
        lambda state: pth({"state_dict": state, "epoch": 3, "optimizer": {"lr": 0.1}}),
        lambda state: pth({"model": {f"module.{key}": value for key, value in state.items()}}),
        lambda state: save({key: value.half() for key, value in state.items()}),
        lambda state: save({key: value.double() for key, value in state.items()}),
    ],
    ids=["safetensors", "pth", "state_dict", "module.", "half", "double"],
)
def test_what_was_saved_is_what_runs(wrap: Any, plain: nn.Sequential, scores: torch.Tensor, request: Any) -> None:
    network = load_checkpoint(wrap(plain.state_dict()), ZFNET, name="mine.pth")
    assert network.labels == tuple(f"class {index}" for index in range(7)) and network.trained
    assert [network.layer(name).maps for name in ("fc6", "fc7", "fc8")] == [24, 16, 7]
    assert network.title == "mine.pth · ZFNet" and network.name.startswith("own-") and "mine.pth" in network.source
    tolerance = 2e-2 if "half" in request.node.name else 1e-5
    with torch.inference_mode():
        assert (network.module(picture()) - scores).abs().max() < tolerance * scores.abs().max()


def test_a_path_works_like_bytes(tmp_path: Path, plain: nn.Sequential) -> None:
    save_file(plain.state_dict(), tmp_path / "a.safetensors", metadata={"labels": json.dumps(list("abcdefg"))})
    torch.save(plain.state_dict(), tmp_path / "b.pth")
    first, second = (load_checkpoint(tmp_path / name, ZFNET) for name in ("a.safetensors", "b.pth"))
    assert first.labels == tuple("abcdefg") and second.labels[0] == "class 0"
    assert torch.equal(first.module.conv1.weight, second.module.conv1.weight)
    assert first.title.startswith("a.safetensors") and first.name != second.name
    assert load_checkpoint(tmp_path / "b.pth", ZFNET, labels=list("tuvwxyz")).labels == tuple("tuvwxyz")


def test_batch_norm_of_the_training_command_is_folded_away(scores: torch.Tensor) -> None:
    network = narrow(batch_norm=True)
    generator = torch.Generator().manual_seed(5)
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            for values in (part.weight, part.running_var):
                values.data.uniform_(0.5, 2, generator=generator)
            for values in (part.bias, part.running_mean):
                values.data.normal_(generator=generator)
    loaded = load_checkpoint(save(network.state_dict()), ZFNET)
    assert not any(isinstance(part, nn.BatchNorm2d) for part in loaded.module.modules())
    with torch.inference_mode():
        expected = network(picture())
        assert (loaded.module(picture()) - expected).abs().max() < 1e-4 * expected.abs().max()
    state = {f"network.{key}": value for key, value in network.state_dict().items()}
    whole_run = {"weights": {**state, "pooled_head.weight": torch.zeros(7, 256)}, "epoch": 2, "sums": [0.1]}
    again = load_checkpoint(pth(whole_run), ZFNET)
    assert torch.equal(again.module.conv5.bias, loaded.module.conv5.bias)


def test_names_of_pytorchcv_are_understood() -> None:
    from pytorchcv.models.zfnet import zfnet as theirs

    theirs_keys = theirs(num_classes=3).state_dict().keys()
    ours = zfnet(3, norm="none").state_dict().keys()
    assert [tower_key(key) for key in theirs_keys] == list(ours)


def refusal(data: bytes | Path, architecture: str = "zfnet-classroom", **options: Any) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(data, zoo.entry(architecture), name="mine.pth", **options)
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 300
    return sentence


def test_the_first_layer_with_another_shape_is_named() -> None:
    other = alexnet(classes=7, units=(24, 16), norm="none").state_dict()
    assert "conv1.weight is 96×3×11×11, but 96×3×7×7 is expected" in refusal(save(other))
    wide = zfnet_b(classes=7, units=(24, 16), norm="none").state_dict()
    assert "conv3.weight is 512×256×3×3, but 384×256×3×3 is expected" in refusal(save(wide))


def test_a_missing_layer_is_named(plain: nn.Sequential) -> None:
    state = dict(plain.state_dict())
    del state["conv4.bias"]
    assert "has no conv4.bias, which ZFNet · classroom needs (384)" in refusal(pth(state))
    del state["fc8.weight"]
    assert "has no conv4.bias" in refusal(pth(state))
    vgg = {"features.0.weight": torch.zeros(64, 3, 3, 3)}
    assert "has no conv1.weight" in refusal(pth(vgg))


def test_layers_that_the_architecture_lacks_are_named(plain: nn.Sequential) -> None:
    assert "holds conv6.weight, which ZFNet · classroom does not have" in refusal(
        save({**plain.state_dict(), "conv6.weight": torch.zeros(3)})
    )


def test_labels_must_be_as_many_as_classes(plain: nn.Sequential) -> None:
    assert "tells 7 classes apart, but 2 labels" in refusal(save(plain.state_dict()), labels=["cat", "dog"])


def test_weights_that_are_not_numbers_are_named(plain: nn.Sequential) -> None:
    state = {key: value.clone() for key, value in plain.state_dict().items()}
    state["conv2.weight"][0, 0, 0, 0] = float("nan")
    assert "conv2.weight" in refusal(save(state)) and "not numbers" in refusal(save(state))


class Program:
    ran = False

    def __reduce__(self) -> tuple:
        return exec, ("import sys; sys.modules[__import__('builtins').__name__].a_pickle_ran = True",)


@pytest.mark.parametrize("make", [pickle.dumps, pth, lambda thing: pth({"state_dict": {"conv1.weight": thing}})])
def test_a_pickle_never_runs(make: Any) -> None:
    import builtins

    refusal(make(Program()))
    assert not hasattr(builtins, "a_pickle_ran")
    assert "could run a program" in refusal(pth(Program()))


def test_a_whole_pickled_network_is_refused_with_advice(plain: nn.Sequential) -> None:
    assert "state_dict()" in refusal(pth(nn.Linear(2, 2)))


def repeated(shape: tuple[int, ...]) -> torch.Tensor:
    """One stored number that says it is many: some bytes in the file, gigabytes once it is copied."""
    return torch.zeros(1).expand(shape)


def test_rows_without_end_are_not_built() -> None:
    assert "fc8.weight in “mine.pth” has fewer numbers than its shape says" in refusal(
        pth({"fc8.weight": repeated((10**9, 4096))})
    )
    stored = {"fc8.weight": torch.zeros(200_000, 1)}
    assert "fc8.weight in “mine.pth” has 200000 rows" in refusal(pth(stored))


def test_weights_are_counted_before_they_are_built(monkeypatch: pytest.MonkeyPatch, plain: nn.Sequential) -> None:
    monkeypatch.setattr(checkpoints, "MOST_PARAMETERS", 4_000_000)
    assert "more than 4 million weights" in refusal(save({**plain.state_dict(), "fc8.weight": torch.zeros(90_000, 16)}))
    assert sum(value.numel() for value in plain.state_dict().values()) < 4_000_000


@pytest.mark.parametrize(
    "special", ["sparse", "quantized", "complex", "meta", "nested", "float8", "whole numbers", "one number repeated"]
)
def test_unusual_tensors_are_refused(special: str, plain: nn.Sequential) -> None:
    state = dict(plain.state_dict())
    weight = state["conv1.weight"]
    state["conv1.weight"] = {
        "sparse": lambda: weight.to_sparse(),
        "quantized": lambda: torch.quantize_per_tensor(weight, 0.1, 0, torch.qint8),
        "complex": lambda: weight.to(torch.complex64),
        "meta": lambda: weight.to("meta"),
        "nested": lambda: torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)]),
        "float8": lambda: weight.to(torch.float8_e4m3fn),
        "whole numbers": lambda: weight.to(torch.int32),
        "one number repeated": lambda: repeated(weight.shape),
    }[special]()
    assert "mine.pth" in refusal(pth(state))
    if special not in ("sparse", "quantized", "complex"):
        assert "conv1.weight" in refusal(pth(state))
    if special in ("float8", "whole numbers"):
        assert "conv1.weight" in refusal(save(state)) and "float32" in refusal(save(state))


def test_bfloat16_and_a_view_of_a_larger_tensor_are_ordinary(plain: nn.Sequential) -> None:
    state = {key: value.bfloat16() for key, value in plain.state_dict().items()}
    assert load_checkpoint(save(state), ZFNET).module.conv1.weight.dtype == torch.float32
    state = dict(plain.state_dict())
    state["conv1.bias"] = torch.stack([state["conv1.bias"]] * 2, dim=1)[:, 0]
    assert torch.equal(load_checkpoint(pth(state), ZFNET).module.conv1.bias, plain.conv1.bias)


def test_metadata_nested_without_end_is_taken_as_it_is(plain: nn.Sequential) -> None:
    for nonsense in ("[" * 100_000, "[[1, 2], [3]]", "{}", '["a", 5]', "9" * 10_000):
        data = save(plain.state_dict(), metadata={"labels": nonsense})
        assert load_checkpoint(data, ZFNET).labels[6] == "class 6"


def test_weights_whose_scores_are_not_numbers_are_refused(plain: nn.Sequential) -> None:
    state = {key: value * 1e20 for key, value in plain.state_dict().items()}
    assert all(value.isfinite().all() for value in state.values())
    assert "its weights are too large" in refusal(save(state))


def test_an_archive_that_unpacks_to_gigabytes_is_refused() -> None:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("data.pkl", "w", force_zip64=True) as inside,
    ):
        inside.write(bytes(1000))
    data = bytearray(file.getvalue())
    where = data.rindex(b"PK\1\2") + 24
    data[where : where + 4] = (2**31 + 5).to_bytes(4, "little")
    assert "unpacks to 2.1 GB" in refusal(bytes(data))


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"hello" * 50, b"PK\3\4" + bytes(50), b"\x80\x02.", pth({}), pth([1, 2]), pth({"a": 1}), pth(None)],
)
def test_files_without_weights_get_a_sentence(data: bytes) -> None:
    assert "mine.pth" in refusal(data)


def test_damaged_files_get_a_sentence() -> None:
    state = {"conv1.weight": torch.randn(96, 3, 7, 7), "conv1.bias": torch.zeros(96)}
    rng = np.random.default_rng(1)
    for whole in (save(state), pth(state)):
        for number in range(60):
            broken = bytearray(whole)
            if number % 2:
                del broken[rng.integers(len(whole)) :]
            else:
                for place in rng.integers(0, min(len(whole), 400), 6):
                    broken[place] = rng.integers(256)
            refusal(bytes(broken))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="There is no file"):
        read_weights(tmp_path / "nothing.pth", "nothing.pth")


def test_torchvision_networks_take_other_class_counts() -> None:
    from torchvision.models import googlenet, resnet18

    torch.manual_seed(0)
    theirs = resnet18(num_classes=5).eval()
    network = load_checkpoint(save(theirs.state_dict()), zoo.entry("resnet18"), labels=list("abcde"))
    with torch.inference_mode():
        assert (network.module(picture()) - theirs(picture())).abs().max() < 1e-4
    without_counters = {k: v for k, v in theirs.state_dict().items() if "num_batches" not in k}
    assert load_checkpoint(save(without_counters), zoo.entry("resnet18")).labels[4] == "class 4"
    auxiliary = googlenet(num_classes=4, aux_logits=True, init_weights=False).state_dict()
    assert any(key.startswith("aux1.") for key in auxiliary)
    assert len(load_checkpoint(save(auxiliary), zoo.entry("googlenet")).labels) == 4

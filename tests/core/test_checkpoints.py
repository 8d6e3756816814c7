"""Somebody's own weights: what fits is loaded, what does not is named, and no file ever runs a program."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
import tarfile
import zipfile
from functools import cache
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
ROOT = Path(__file__).parents[2]


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
    assert "fc8.weight in “mine.pth” has 200,000 rows, but at most 10,000" in refusal(pth(stored))


def test_weights_are_counted_before_they_are_built(monkeypatch: pytest.MonkeyPatch, plain: nn.Sequential) -> None:
    own = sum(value.numel() for value in plain.state_dict().values())
    monkeypatch.setattr(checkpoints, "MOST_PARAMETERS", own + 100_000)
    most = (own + 100_000) // 10**6
    assert f"more than {most} million weights" in refusal(
        save({**plain.state_dict(), "fc8.weight": torch.zeros(9_000, 16), "fc8.bias": torch.zeros(9_000)})
    )


@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch's own, about the unusual kinds that are made here
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


def own_names(state: dict[str, torch.Tensor], before: str) -> dict[str, torch.Tensor]:
    return {f"{before}{key}": value for key, value in state.items()}


@pytest.mark.parametrize(
    "before",
    ["_orig_mod.", "module._orig_mod.", "model.module.", "net.", "backbone.", "model.net.backbone.", "module.module."],
)
def test_paths_that_training_programs_put_before_names_are_taken_off(
    before: str, plain: nn.Sequential, scores: torch.Tensor
) -> None:
    network = load_checkpoint(pth(own_names(plain.state_dict(), before)), ZFNET)
    assert torch.allclose(network.module(picture()), scores, atol=1e-5)


def test_a_wrapping_in_the_middle_of_a_name_is_taken_out() -> None:
    """PyTorch's own ImageNet example wraps only the features of AlexNet and VGG."""
    alex = zoo.entry("alexnet-torchvision")
    state = alex.build(classes=5).state_dict()
    wrapped = {key.replace("features.", "features.module."): value for key, value in state.items()}
    assert class_names(load_checkpoint(pth({"state_dict": wrapped}), alex)) == 5


def class_names(network: Any) -> int:
    return len(network.labels)


@pytest.mark.parametrize("wrapping", ["net", "model_ema", "ema", "something of my own"])
def test_wrappings_of_any_name_are_looked_into(wrapping: str, plain: nn.Sequential, scores: torch.Tensor) -> None:
    network = load_checkpoint(pth({"epoch": 3, wrapping: dict(plain.state_dict())}), ZFNET)
    assert torch.allclose(network.module(picture()), scores, atol=1e-5)


def test_strangers_beside_the_network_are_left_out_and_named(plain: nn.Sequential, scores: torch.Tensor) -> None:
    lightning = own_names(plain.state_dict(), "model.") | {"criterion.weight": torch.ones(7)}
    network = load_checkpoint(pth({"state_dict": lightning, "pytorch-lightning_version": "2.5"}), ZFNET)
    assert torch.allclose(network.module(picture()), scores, atol=1e-5)
    assert "Not used: criterion.weight." in network.source


def test_what_trainers_save_beside_weights_is_ignored_safely(plain: nn.Sequential) -> None:
    import argparse
    from collections import defaultdict

    beside = {
        "args": argparse.Namespace(lr=0.1, data=Path("/photos")),
        "best_acc1": np.float64(0.7),
        "path": Path("/x"),
        "history": defaultdict(list, loss=[1.0]),
        "classes": [f"thing {index}" for index in range(7)],
    }
    network = load_checkpoint(pth({"state_dict": plain.state_dict(), **beside}), ZFNET)
    assert network.labels[3] == "thing 3" and "argparse.Namespace" in network.source


def test_a_counter_may_be_stored_as_any_number() -> None:
    resnet = zoo.entry("resnet18")
    state = {key: value.half() for key, value in resnet.build(classes=4).state_dict().items()}
    assert any(key.endswith("num_batches_tracked") for key in state)
    assert class_names(load_checkpoint(pth(state), resnet)) == 4


@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning", "ignore::DeprecationWarning")  # TorchScript itself
def test_old_and_other_files_of_pytorch_are_called_what_they_are(plain: nn.Sequential, scores: torch.Tensor) -> None:
    old = io.BytesIO()
    torch.save(plain.state_dict(), old, _use_new_zipfile_serialization=False)
    assert torch.allclose(load_checkpoint(old.getvalue(), ZFNET).module(picture()), scores, atol=1e-5)
    program = io.BytesIO()
    torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2)), program)
    assert "TorchScript" in refusal(program.getvalue()) and "state_dict()" in refusal(program.getvalue())
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name in ("sys_info", "storages", "tensors", "pickle"):
            archive.addfile(tarfile.TarInfo(name))
    assert "2017" in refusal(tar.getvalue())


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "alexnet-torchvision", "zfnet-classroom"])
def test_the_architecture_is_recognised(name: str, plain: nn.Sequential) -> None:
    entry = zoo.entry(name)
    state = plain.state_dict() if name == "zfnet-classroom" else entry.build(classes=3).state_dict()
    entries = [zoo.entry(one) for one in zoo.names()]
    found = checkpoints.recognised(state, entries, "mine.pth")
    assert found.family == entry.family
    if entry.origin == "torchvision":
        assert found is entry
    with pytest.raises(CheckpointError, match=r"mine\.pth"):
        checkpoints.recognised({"lstm.weight": torch.zeros(3)}, entries, "mine.pth")


def test_names_of_classes_and_preprocessing_come_from_the_file(plain: nn.Sequential) -> None:
    labels = [f"word {index}" for index in range(7)]
    told = {"resize_px": 224, "input_px": 224, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
    data = save(plain.state_dict(), metadata={"labels": json.dumps(labels), "preprocessing": json.dumps(told)})
    network = load_checkpoint(data, ZFNET)
    assert list(network.labels) == labels
    assert (network.preprocessing.resize_px, network.preprocessing.mean) == (224, (0.5, 0.5, 0.5))
    for wrong in ({"input_px": 96}, {"std": [0, 1, 1]}, {"mean": "red"}, {"resize_px": 10**9}):
        with pytest.raises(CheckpointError):
            load_checkpoint(save(plain.state_dict(), metadata={"preprocessing": json.dumps(told | wrong)}), ZFNET)
    numbered = {f"class_{index}": index for index in range(7)}
    assert load_checkpoint(pth({"model": plain.state_dict(), "class_to_idx": numbered}), ZFNET).labels[2] == "class_2"


def test_names_from_a_file_are_never_drawn_as_markup(plain: nn.Sequential) -> None:
    """A picture in Markdown would make every viewer's browser call out."""
    link = "conv1.![x](http://evil.example/x)"
    said = refusal(save({**plain.state_dict(), link: torch.zeros(2)}))
    assert not set("![]()<>`*") & set(said.replace("“mine.pth”", ""))
    labels = ["![x](http://evil.example/x)", "<b>bold</b>", "a" * 500, "`code`", "*", "#", "plain"]
    network = load_checkpoint(save(plain.state_dict(), metadata={"labels": json.dumps(labels)}), ZFNET)
    assert all(not set("![]()<>`*#") & set(label) and 0 < len(label) <= 60 for label in network.labels)
    assert network.labels[6] == "plain"


# Attacks: each of these once took gigabytes or stopped the server, or would.


def zipped(pickled: bytes, compression: int = zipfile.ZIP_STORED, **members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickled)
        for name, data in members.items():
            archive.writestr(f"archive/data/{name}", data)
    return file.getvalue()


@cache
def attacks() -> dict[str, bytes]:
    four_gigabytes = b"\x80\x02c__builtin__\nbytearray\n\x8a\x05\x00\x28\x6b\xee\x00\x85R."
    counting = b"\x80\x02ccollections\nCounter\nX\x10\x27\x00\x00" + b"ab" * 5000 + b"\x85R."
    nested = b"\x80\x02" + b")" + b"\x85" * 900_000 + b"."
    nested_key = b"\x80\x02}" + b")" + b"\x85" * 900_000 + b"K\x01s."
    many = b"\x80\x02](" + b"}" * 900_000 + b"e."
    storage = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00K\x02\x85K\x01\x85\x89}tR"
    huge = tensor.replace(b"K\x02\x85", b"\x8a\x05\x00\x28\x6b\xee\x00\x85")
    outside = tensor.replace(b"K\x00K\x02", b"K\x64K\x02")
    copies = b"\x80\x02}(" + b"".join(b"X\x05\x00\x00\x00" + b"%05d" % n + tensor for n in range(5000)) + b"u."
    names = io.BytesIO()
    with zipfile.ZipFile(names, "w") as archive:
        for number in range(30_000):
            archive.writestr(str(number), b"")
    return {
        "bytearray of 4 GB": four_gigabytes,
        "bytearray of 4 GB in a zip": zipped(four_gigabytes),
        "counting": zipped(counting),
        "nested tuples": zipped(nested),
        "a nested key": zipped(nested_key),
        "a million containers": zipped(many),
        "a tensor of 4 GB": zipped(b"\x80\x02" + huge + b".", **{"0": bytes(16)}),
        "a tensor outside its numbers": zipped(b"\x80\x02" + outside + b".", **{"0": bytes(16)}),
        "5000 tensors of one storage": zipped(copies, **{"0": bytes(16 * 2**20)}),
        "zeros, deflated": zipped(b"\x80\x02}.", zipfile.ZIP_DEFLATED, **{"0": bytes(250 * 2**20)}),
        "30,000 members": names.getvalue(),
        "bytes longer than the file": zipped(b"\x80\x05\x96\x00\x00\x00\x00\x01\x00\x00\x00."),
        "a memo that is not there": zipped(b"\x80\x02h\x07."),
        "no mark": zipped(b"\x80\x02K\x01t."),
    }


MEASURE = """
import json, resource, sys, time
from pathlib import Path
from zfnet_core.models import zoo
from zfnet_core.models.checkpoints import load_checkpoint
from zfnet_core.errors import CheckpointError
entry, found = zoo.entry("zfnet-classroom"), {}
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
entry.build(classes=2, units=(4, 4))
for path in sorted(Path(sys.argv[1]).iterdir()):
    data, before, began, said = path.read_bytes(), peak(), time.process_time(), ""
    try:
        load_checkpoint(data, entry, name="mine.pth")
    except CheckpointError as refusal:
        said = str(refusal)
    found[path.name] = [said, peak() - before, time.process_time() - began]
print(json.dumps(found))
"""


def test_every_attack_is_one_sentence_and_costs_little(tmp_path: Path) -> None:
    """In a process of its own: at most 200 MB and five seconds of it each, and never a crash."""
    for name, data in attacks().items():
        (tmp_path / name).write_bytes(data)
    done = subprocess.run([sys.executable, "-c", MEASURE, str(tmp_path)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-1500:]
    found = json.loads(done.stdout)
    assert found.keys() == attacks().keys()
    for name, (said, megabytes, seconds) in found.items():
        assert "mine.pth" in said and len(said) < 250, (name, said)
        assert megabytes < 200 and seconds < 5, (name, megabytes, seconds)


def test_mutations_of_real_files_are_opened_or_refused(plain: nn.Sequential) -> None:
    """A hundred of each kind, seeded: one sentence, or weights."""
    small = {"conv1.weight": torch.randn(4, 3, 7, 7), "conv1.bias": torch.zeros(4)}
    old = io.BytesIO()
    torch.save(small, old, _use_new_zipfile_serialization=False)
    rng = np.random.default_rng(5)
    for whole in (pth(small), old.getvalue(), save(small)):
        for _ in range(100):
            broken = bytearray(whole)
            for place in rng.integers(0, len(whole), 4):
                broken[place] = rng.integers(256)
            refusal(bytes(broken))

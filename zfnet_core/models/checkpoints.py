"""Weights from a file into a network: safely, and with a sentence that names the first thing that does not fit."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import safetensors
import safetensors.torch
import torch
from torch import nn

from zfnet_core.errors import CheckpointError
from zfnet_core.images import printable
from zfnet_core.models.batch_norm_folding import folded
from zfnet_core.models.network import Network, present

if TYPE_CHECKING:
    from zfnet_core.models.zoo import Entry

MOST_PARAMETERS = 250_000_000  # VGG-16 has 138 million
LARGEST_BYTES = 4 * MOST_PARAMETERS
MOST_CLASSES, MOST_UNITS = 100_000, 16_384
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
COUNTER = "num_batches_tracked"  # of a batch norm: the one number of a state dict that is no weight
WRAPPINGS = ("state_dict", "model_state_dict", "model", "weights")
PREFIXES = ("module.", "network.", "model.")
FOR_TRAINING_ONLY = ("aux1.", "aux2.", "pooled_head.")  # helper classifiers of GoogLeNet and of this project's training


@dataclass(frozen=True, eq=False)
class Weights:
    """What a checkpoint file holds: tensors by name, and what it says about itself (`labels`, `preprocessing` …)."""

    state: Mapping[str, torch.Tensor]
    about: Mapping[str, Any] = field(default_factory=dict)


def load_checkpoint(
    source: bytes | Path,
    architecture: Entry,
    *,
    name: str = "",
    labels: Sequence[str] | None = None,
    device: torch.device | str = "cpu",
) -> Network:
    """Somebody's own weights, a `.safetensors` or `.pth` state dict, in an architecture of the zoo.

    The number of classes, the widths of fc6 and fc7, and batch norm (which is folded away) are read off the shapes.
    `labels` default to those in the file's metadata, else “class 0”, “class 1” …
    Raises CheckpointError, naming the first layer that is missing or has another shape than expected, and where the
    weights are so large that the scores of a picture are not numbers.
    """
    name = printable(name or (source.name if isinstance(source, Path) else "")) or "your checkpoint"
    weights = read_weights(source, name)
    module = built(architecture, weights.state, name)
    classes = class_count(module)
    told = weights.about.get("labels")
    named = isinstance(told, list) and all(isinstance(label, str) for label in told)
    labels = labels or (told if named else [f"class {index}" for index in range(classes)])
    if len(labels) != classes:
        raise CheckpointError(f"“{name}” tells {classes} classes apart, but {len(labels)} labels were given.")
    network = present(
        f"own-{_digest(source)[:12]}",
        f"{name} · {architecture.family}",
        module,
        architecture.layers(module),
        labels,
        preprocessing=architecture.preprocessing,
        source=f"Your own weights from “{name}”, in the architecture of {architecture.title}.",
        trained=True,
        device=device,
    )
    side = network.preprocessing.input_px
    if (
        not network.probabilities(torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0)))
        .isfinite()
        .all()
    ):
        raise CheckpointError(f"The scores that “{name}” gives are not numbers: its weights are too large.")
    return network


def read_weights(source: bytes | Path, name: str) -> Weights:
    """Read tensors, and nothing but tensors, from a safetensors or PyTorch file. Raises CheckpointError."""
    with _opened(source) as file:
        head = file.read(9)
        file.seek(0)
        if head[8:] == b"{" and not head.startswith(b"PK"):
            return _read_safetensors(source, name)
        return Weights(_tensors(_read_torch(file, source, name), name))


def built(architecture: Entry, state: Mapping[str, torch.Tensor], name: str) -> nn.Module:
    """The architecture with these weights, in evaluation mode, batch norms of towers folded away.

    Accepts this project's names, pytorchcv's for AlexNet and ZFNet, and torchvision's. Raises CheckpointError; `name`
    is the file's.
    """
    state = {tower_key(key): value for key, value in state.items()}
    batch_norm = architecture.classifier == "fc8" and any(re.match(r"bn\d", key) for key in state)
    with torch.device("meta"):
        module = architecture.build(
            **_options(architecture, state, name), **({"batch_norm": True} if batch_norm else {})
        )
    expected = module.state_dict()
    for key in expected:
        if key.endswith(COUNTER):
            state.setdefault(key, torch.tensor(0))
    _check(expected, state, architecture, name)
    module.load_state_dict(
        {key: state[key].to(expected[key].dtype).contiguous() for key in expected}, strict=True, assign=True
    )
    return folded(module) if batch_norm else module.eval()


def class_count(module: nn.Module) -> int:
    """Outputs of the last fully connected layer."""
    return [part for part in module.modules() if isinstance(part, nn.Linear)][-1].out_features


def tower_key(key: str) -> str:
    """pytorchcv's name of a weight of its AlexNet or ZFNet in our words; any other name unchanged.

    >>> tower_key("features.stage3.unit2.conv.weight"), tower_key("output.fc3.bias")
    ('conv4.weight', 'fc8.bias')
    """
    if found := re.fullmatch(r"features\.stage([123])\.unit([123])\.conv\.(weight|bias)", key):
        stage, unit, kind = found.groups()
        return f"conv{int(stage) + int(unit) - 1}.{kind}"
    if found := re.fullmatch(r"output\.fc([123])(?:\.fc)?\.(weight|bias)", key):
        number, kind = found.groups()
        return f"fc{5 + int(number)}.{kind}"
    return key


def _options(architecture: Entry, state: Mapping[str, torch.Tensor], name: str) -> dict[str, Any]:
    """Class count and widths as the shapes tell them; nothing where the shapes are missing, which is noticed later."""

    def outputs(key: str, most: int) -> int | None:
        shape = state[key].shape if key in state else ()
        if shape and not 0 < shape[0] <= most:
            raise CheckpointError(f"{key} in “{name}” has {shape[0]} rows, but at most {most} can be used here.")
        return shape[0] if shape else None

    last = f"{architecture.classifier}.weight"
    classes = outputs(last, MOST_CLASSES)
    units = tuple(outputs(f"fc{number}.weight", MOST_UNITS) for number in (6, 7)) if last == "fc8.weight" else ()
    return ({"classes": classes} if classes else {}) | ({"units": units} if units and all(units) else {})


def _check(
    expected: Mapping[str, torch.Tensor], state: Mapping[str, torch.Tensor], architecture: Entry, name: str
) -> None:
    title = architecture.title
    if sum(wanted.numel() for wanted in expected.values()) > MOST_PARAMETERS:
        raise CheckpointError(f"“{name}” has more than {MOST_PARAMETERS // 10**6} million weights, which is too much.")
    for key, wanted in expected.items():
        if key not in state:
            raise CheckpointError(
                f"“{name}” has no {key}, which {title} needs ({_size(wanted)}); "
                "choose the architecture it was saved from."
            )
        given = state[key]
        if given.shape != wanted.shape:
            raise CheckpointError(
                f"“{name}” does not fit {title}: {key} is {_size(given)}, but {_size(wanted)} is expected; "
                "choose the architecture it was saved from."
            )
        if given.is_floating_point() and not given.isfinite().all():
            raise CheckpointError(f"{key} in “{name}” holds values that are not numbers; the training has diverged.")
    if extra := next((key for key in state if key not in expected), None):
        raise CheckpointError(
            f"“{name}” holds {extra}, which {title} does not have; choose the architecture it was saved from."
        )


def _check_kind(key: str, given: torch.Tensor, name: str) -> None:
    """Ordinary numbers in memory of their own. Others fail at the first thing that is done with them, and a tensor
    that repeats one stored number would become as large as it says."""
    kinds = (torch.int64,) if key.endswith(COUNTER) else FLOATS
    ordinary = not given.is_nested and given.layout == torch.strided and given.device.type == "cpu"
    if not ordinary or given.dtype not in kinds:
        where = "nested" if given.is_nested else f"{given.layout} on {given.device}".replace("torch.", "")
        raise CheckpointError(
            f"{printable(key)} in “{name}” is stored as {str(given.dtype).removeprefix('torch.')}, {where}; "
            "save it as ordinary float32 numbers."
        )
    if given.untyped_storage().nbytes() < given.numel() * given.element_size():
        raise CheckpointError(f"{printable(key)} in “{name}” has fewer numbers than its shape says; save it again.")


def _size(tensor: torch.Tensor) -> str:
    return "×".join(str(side) for side in tensor.shape) or "one number"


def _opened(source: bytes | Path) -> io.BufferedIOBase:
    if isinstance(source, Path):
        if not source.is_file():
            raise CheckpointError(f"There is no file {source}; check the path.")
        return source.open("rb")
    return io.BytesIO(source)


def _digest(source: bytes | Path) -> str:
    with _opened(source) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_safetensors(source: bytes | Path, name: str) -> Weights:
    try:
        state = (
            safetensors.torch.load_file(source) if isinstance(source, Path) else safetensors.torch.load(bytes(source))
        )
        with _opened(source) as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    except Exception as error:  # as for the other kind of file
        raise CheckpointError(f"“{name}” is a damaged safetensors file; save or copy it again.") from error
    return Weights(_tensors(state, name), {k: _decoded(v) for k, v in header.get("__metadata__", {}).items()})


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _read_torch(file: io.BufferedIOBase, source: bytes | Path, name: str) -> Any:
    """Only with PyTorch's restricted unpickler, which builds tensors and containers and runs no code."""
    try:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > max(LARGEST_BYTES, file.seek(0, io.SEEK_END)):  # PyTorch itself does not compress
                raise CheckpointError(f"“{name}” unpacks to {unpacked / 1e9:.1f} GB, which is too much.")
        file.seek(0)
        return torch.load(file, map_location="cpu", weights_only=True)
    except CheckpointError:
        raise
    except pickle.UnpicklingError as error:
        if "Weights only load failed" in str(error) and "Unsupported global" in str(error):
            raise CheckpointError(
                f"“{name}” holds more than weights, which could run a program, so it is not opened; "
                "save the model’s state_dict(), best as .safetensors."
            ) from error
        raise CheckpointError(_unreadable(name)) from error
    except Exception as error:  # the reader fails on damaged files with almost any exception
        raise CheckpointError(_unreadable(name)) from error


def _unreadable(name: str) -> str:
    return f"“{name}” is damaged or is no checkpoint; choose a .safetensors file or a .pth with a state dict."


def _tensors(loaded: Any, name: str) -> dict[str, torch.Tensor]:
    """The state dict inside what was loaded, without the wrappings and prefixes that training programs add."""
    while isinstance(loaded, Mapping) and (
        inside := next((k for k in WRAPPINGS if isinstance(loaded.get(k), Mapping)), "")
    ):
        loaded = loaded[inside]
    state = {}
    if isinstance(loaded, Mapping):
        state = {str(key): value for key, value in loaded.items() if isinstance(value, torch.Tensor)}
        state = {key: value for key, value in state.items() if not key.startswith(FOR_TRAINING_ONLY)}
    for key, value in state.items():
        _check_kind(key, value, name)
    if not state:
        raise CheckpointError(f"“{name}” holds no weights; save the model’s state_dict().")
    for prefix in PREFIXES:
        if all(key.startswith(prefix) for key in state):
            state = {key.removeprefix(prefix): value for key, value in state.items()}
    return state

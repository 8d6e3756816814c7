"""Weights from a file into a network: safely, and with a sentence that names the first thing that does not fit."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import nn

from zfnet_core.errors import CheckpointError
from zfnet_core.language import Phrase, phrase
from zfnet_core.models import torch_file
from zfnet_core.models.batch_norm_folding import folded
from zfnet_core.models.entry import Entry
from zfnet_core.models.imagenet_classes import imagenet_labels
from zfnet_core.models.inert_pickle import Call
from zfnet_core.models.network import Network, present
from zfnet_core.models.torch_file import OddTensor
from zfnet_core.photos.decoding import printable
from zfnet_core.photos.preprocessing import Colour, Preprocessing

MOST_PARAMETERS = 250_000_000  # VGG-19 has 144 million
LARGEST_HEADER = 8 * 2**20  # of a safetensors file: 20,000 tensors need about 3
MOST_CLASSES, MOST_UNITS = 10_000, 16_384
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
WHOLE = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
COUNTER = "num_batches_tracked"  # of a batch norm: the one number of a state dict that is no weight
WRAPPINGS = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "model_ema", "ema")
WRAPPED = re.compile(r"(?:^|(?<=\.))(?:module|_orig_mod)\.")  # what DataParallel and torch.compile put into names
FOR_TRAINING_ONLY = ("aux1.", "aux2.", "pooled_head.")  # helper classifiers of GoogLeNet and of this project's training


@dataclass(frozen=True, eq=False)
class Weights:
    """What a checkpoint file holds: tensors by name, and what it says about itself (`labels`, `preprocessing` …).

    `ignored` are the names of things in it that were not read, since only running them would tell what they are.
    """

    state: Mapping[str, torch.Tensor]
    about: Mapping[str, Any] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


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
    labels = labels or _labels(weights.about, classes)
    if len(labels) != classes:
        raise CheckpointError(
            phrase(
                "“{name}” tells {classes} classes apart, but {labels} labels were given.",
                name=name,
                classes=classes,
                labels=len(labels),
            )
        )
    network = present(
        f"own-{_digest(source)[:12]}",
        f"{name} · {architecture.family}",
        module,
        architecture.layers(module),
        labels,
        preprocessing=_preprocessing(weights.about, architecture.preprocessing, name),
        source=_source(name, weights, architecture),
        trained=True,
        device=device,
        architecture=architecture.name,
    )
    side = network.preprocessing.input_px
    if (
        not network.probabilities(torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0)))
        .isfinite()
        .all()
    ):
        raise CheckpointError(
            phrase("The scores that “{name}” gives are not numbers: its weights are too large.", name=name)
        )
    return network


def read_weights(source: bytes | Path, name: str) -> Weights:
    """Read tensors, and nothing but tensors, from a safetensors or PyTorch file. Raises CheckpointError."""
    with _opened(source) as file:
        head = file.read(9)
        file.seek(0)
        if head[8:] == b"{" and not head.startswith(b"PK"):
            return _read_safetensors(source, name)
        data = source.read_bytes() if isinstance(source, Path) else bytes(source)
    if not torch_file.is_torch_file(head) and data[257:262] != b"ustar":
        raise CheckpointError(torch_file.unreadable(name))
    loaded, ignored = torch_file.read(data, name)
    if isinstance(loaded, Call):
        raise CheckpointError(
            phrase(
                "“{name}” holds more than weights, which could run a program, so it is not opened; save "
                "the model’s state_dict(), best as .safetensors.",
                name=name,
            )
        )
    return Weights(_tensors(loaded, name), torch_file.plain(loaded), ignored)


def built(architecture: Entry, state: Mapping[str, torch.Tensor], name: str) -> nn.Module:
    """The architecture with these weights, in evaluation mode, batch norms of towers folded away.

    Accepts this project's names, pytorchcv's for AlexNet and ZFNet, and torchvision's. Raises CheckpointError; `name`
    is the file's.
    """
    inside, _ = in_place(_names(architecture), state)
    state = {tower_key(key): value for key, value in inside.items() if not key.startswith(FOR_TRAINING_ONLY)}
    for key, value in state.items():
        _check_kind(key, value, name)
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
    return folded(module) if batch_norm and isinstance(module, nn.Sequential) else module.eval()


@cache
def _names(architecture: Entry) -> frozenset[str]:
    """What the weights of an architecture are called, with and without batch norm where it can have it."""
    with torch.device("meta"):
        found = set(architecture.build().state_dict())
        if architecture.classifier == "fc8":
            found |= set(architecture.build(batch_norm=True).state_dict())
    return frozenset(found)


def recognised(state: Mapping[str, torch.Tensor], architectures: Iterable[Entry], name: str) -> Entry:
    """The architecture whose names and shapes these are.

    Raises CheckpointError, with the first thing that does not fit the nearest one, where it is none of them.
    """
    nearest, most = phrase("“{name}” fits none of the architectures here.", name=name), 0
    for architecture in architectures:
        try:
            built(architecture, state, name)
        except CheckpointError as problem:
            shared = len(in_place(_names(architecture), state)[0].keys() & _names(architecture))
            nearest, most = (problem.args[0], shared) if shared > most else (nearest, most)
        else:
            return architecture
    raise CheckpointError(nearest)


def _labels(about: Mapping[str, Any], classes: int) -> list[str]:
    """Names of the classes, as the file tells them under one of the usual words; ImageNet's for a thousand."""
    told: Any = about.get("labels") or about.get("classes") or about.get("class_names")
    numbered = about.get("class_to_idx")
    if told is None and isinstance(numbered, dict) and sorted(numbered.values()) == list(range(classes)):
        told = sorted(numbered, key=numbered.__getitem__)
    if isinstance(told, list | tuple) and told and all(isinstance(label, str) for label in told):
        return [printable(label) or f"class {index}" for index, label in enumerate(told)]
    names = imagenet_labels()
    return list(names) if classes == len(names) else [f"class {index}" for index in range(classes)]


def _preprocessing(about: Mapping[str, Any], usual: Preprocessing, name: str) -> Preprocessing:
    """As the file tells it, else the architecture's. Raises CheckpointError for values that cannot be."""
    told = about.get("preprocessing")
    if not isinstance(told, dict):
        return usual
    resize_px, input_px = told.get("resize_px", usual.resize_px), told.get("input_px", usual.input_px)
    mean, std = _colour(told.get("mean", usual.mean)), _colour(told.get("std", usual.std))
    sides = all(isinstance(side, int) and not isinstance(side, bool) for side in (resize_px, input_px))
    if not sides or mean is None or std is None or min(std) <= 0 or not input_px <= resize_px <= 4 * input_px:
        raise CheckpointError(
            phrase("The preprocessing in “{name}” makes no sense; give resize_px, input_px, mean and std.", name=name)
        )
    if input_px != usual.input_px:
        raise CheckpointError(
            phrase(
                "“{name}” was made for pictures of {given} px, but this architecture takes {expected} px.",
                name=name,
                given=input_px,
                expected=usual.input_px,
            )
        )
    return Preprocessing(resize_px, input_px, mean, std)


def _colour(told: Any) -> Colour | None:
    if isinstance(told, list | tuple) and len(told) == 3 and all(isinstance(value, int | float) for value in told):
        red, green, blue = (float(value) for value in told)
        return (red, green, blue) if max(abs(red), abs(green), abs(blue)) < 1000 else None
    return None


def _source(name: str, weights: Weights, architecture: Entry) -> Phrase:
    """Where the weights come from, and what of the file was not used."""
    said = phrase(
        "Your own weights from “{name}”, in the architecture of {title}.", name=name, title=architecture.title
    )
    _, strangers = in_place(_names(architecture), weights.state)
    things = [printable(thing) for thing in (*strangers, *weights.ignored)]
    named, more = ", ".join(things[:3]), len(things) - 3
    if more > 0:
        return phrase("{source} Not used: {things} and {n} more.", source=said, things=named, n=more)
    return phrase("{source} Not used: {things}.", source=said, things=named) if things else said


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
            raise CheckpointError(
                phrase(
                    "{key} in “{name}” has {shape:,} rows, but at most {most:,} can be used here.",
                    key=key,
                    name=name,
                    shape=shape[0],
                    most=most,
                )
            )
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
        raise CheckpointError(
            phrase(
                "“{name}” has more than {most_parameters} million weights, which is too much.",
                name=name,
                most_parameters=MOST_PARAMETERS // 10**6,
            )
        )
    for key, wanted in expected.items():
        if key not in state:
            raise CheckpointError(
                phrase(
                    "“{name}” has no {key}, which {title} needs ({wanted}); choose the architecture it was saved from.",
                    name=name,
                    key=key,
                    title=title,
                    wanted=_size(wanted),
                )
            )
        given = state[key]
        if given.shape != wanted.shape:
            raise CheckpointError(
                phrase(
                    "“{name}” does not fit {title}: {key} is {given}, but {wanted} is expected; choose the "
                    "architecture it was saved from.",
                    name=name,
                    title=title,
                    key=key,
                    given=_size(given),
                    wanted=_size(wanted),
                )
            )
        if given.is_floating_point() and not given.isfinite().all():
            raise CheckpointError(
                phrase(
                    "{key} in “{name}” holds values that are not numbers; the training has diverged.",
                    key=key,
                    name=name,
                )
            )
    if extra := next((key for key in state if key not in expected), None):
        raise CheckpointError(
            phrase(
                "“{name}” holds {extra}, which {title} does not have; choose the architecture it was saved from.",
                name=name,
                extra=printable(extra),
                title=title,
            )
        )


def _check_kind(key: str, given: torch.Tensor, name: str) -> None:
    """Ordinary numbers in memory of their own. Others fail at the first thing that is done with them, and a tensor
    that repeats one stored number would become as large as it says."""
    kinds = (*FLOATS, *WHOLE) if key.endswith(COUNTER) else FLOATS
    ordinary = not given.is_nested and given.layout == torch.strided and given.device.type == "cpu"
    if not ordinary or given.dtype not in kinds:
        where = "nested" if given.is_nested else f"{given.layout} on {given.device}".replace("torch.", "")
        raise CheckpointError(
            phrase(
                "{key} in “{name}” is stored as {kind}, {where}; save it as ordinary float32 numbers.",
                key=printable(key),
                name=name,
                kind=str(given.dtype).removeprefix("torch."),
                where=where,
            )
        )
    if given.untyped_storage().nbytes() < given.numel() * given.element_size():
        raise CheckpointError(
            phrase(
                "{key} in “{name}” has fewer numbers than its shape says; save it again.", key=printable(key), name=name
            )
        )


def _size(tensor: torch.Tensor) -> str:
    return "×".join(str(side) for side in tensor.shape) or "one number"


def _opened(source: bytes | Path) -> io.BufferedReader | io.BytesIO:
    if isinstance(source, Path):
        if not source.is_file():
            raise CheckpointError(phrase("There is no file {source}; check the path.", source=source))
        return source.open("rb")
    return io.BytesIO(source)


def _digest(source: bytes | Path) -> str:
    with _opened(source) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_safetensors(source: bytes | Path, name: str) -> Weights:
    with _opened(source) as file:
        size = int.from_bytes(file.read(8), "little")
        if size > LARGEST_HEADER or file.read(size).count(b'"data_offsets"') > torch_file.MOST_TENSORS:
            raise CheckpointError(phrase("“{name}” lists more tensors than any network here has.", name=name))
    try:
        state = (
            safetensors.torch.load_file(source) if isinstance(source, Path) else safetensors.torch.load(bytes(source))
        )
        with _opened(source) as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    except Exception as error:  # as for the other kind of file
        raise CheckpointError(
            phrase("“{name}” is a damaged safetensors file; save or copy it again.", name=name)
        ) from error
    return Weights(_tensors(state, name), {k: _decoded(v) for k, v in header.get("__metadata__", {}).items()})


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _tensors(loaded: Any, name: str) -> dict[str, torch.Tensor]:
    """The state dict inside what was loaded, without the wrappings and the words that training programs add."""
    found = _state_dict(loaded)
    for key, value in found.items():
        if isinstance(value, OddTensor):
            raise CheckpointError(
                phrase(
                    "{key} in “{name}” is stored as {kind}; save it as ordinary float32 numbers.",
                    key=printable(key),
                    name=name,
                    kind=value.kind,
                )
            )
    if not found:
        raise CheckpointError(phrase("“{name}” holds no weights; save the model’s state_dict().", name=name))
    return {WRAPPED.sub("", key): value for key, value in found.items()}


def _state_dict(loaded: Any, depth: int = 0) -> dict[str, Any]:
    """The mapping with most tensors, up to four wrappings deep; the usual names of wrappings before others."""
    if not isinstance(loaded, Mapping) or depth > 4:
        return {}
    own = {
        key: value
        for key, value in loaded.items()
        if isinstance(key, str) and isinstance(value, torch.Tensor | OddTensor)
    }
    for usual in WRAPPINGS:
        if not own and (inside := _state_dict(loaded.get(usual), depth + 1)):
            return inside
    others = [] if own else [_state_dict(value, depth + 1) for value in list(loaded.values())[:1000]]
    return max([own, *others], key=len)


def in_place(expected: Collection[str], state: Mapping[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], list[str]]:
    """The weights under the names that a network expects, and the names of strangers beside them.

    A checkpoint may hold the network below a path of its own (`backbone.`, `model.net.`): the path below which most of
    the expected names are found is taken off, and what lies elsewhere belongs to others.
    """
    votes: Counter[str] = Counter()
    for key in state:
        parts = key.split(".")
        for start in range(min(len(parts), 8)):
            if tower_key(".".join(parts[start:])) in expected:
                votes[".".join((*parts[:start], "")) if start else ""] += 1
    path = max(votes, key=lambda path: (votes[path], -len(path)), default="")
    inside = {key.removeprefix(path): value for key, value in state.items() if key.startswith(path)}
    return inside, [key for key in state if not key.startswith(path)]

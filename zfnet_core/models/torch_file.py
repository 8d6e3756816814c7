"""PyTorch's own files (.pth, .pt): their tensors and plain values, read without running or trusting anything in them.

`torch.load(weights_only=True)` still calls some functions with the file's own arguments, such as `bytearray(4e9)`. Here
nothing is called: the pickle is read as a description (`inert_pickle`), and the tensors it describes are cut out of the
file after their sizes were compared with what is there.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from zfnet_core.errors import CheckpointError
from zfnet_core.language import Phrase, phrase
from zfnet_core.models import inert_pickle
from zfnet_core.models.inert_pickle import Call, Global, Reference, UnreadablePickle

MOST_TENSORS = 20_000
LARGEST_DIRECTORY = 4 * 2**20  # of a zip file: 20,000 tensors need about half
LEGACY = b"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."  # before PyTorch 1.6
ZIP_END, ZIP_END_BYTES = b"PK\5\6", 22
DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64,
    "ComplexDoubleStorage": torch.complex128,
}


@dataclass(frozen=True)
class OddTensor:
    """A tensor that is no plain table of numbers; `kind` says what it is instead."""

    kind: str


def is_torch_file(head: bytes) -> bool:
    """Whether a file that begins so is one of PyTorch's."""
    return head.startswith((b"PK", LEGACY[:8], b"\x80"))


def read(data: bytes, name: str) -> tuple[Any, tuple[str, ...]]:
    """What was saved: containers, texts, numbers, tensors and `OddTensor`s; and the names of things that were ignored.

    `name` is the file's. Raises CheckpointError for files that are damaged or hold something else.
    """
    if len(data) > 262 and data[257:262] == b"ustar":
        raise CheckpointError(
            phrase(
                "“{name}” was saved by PyTorch in 2017 or before; open it once there and save its state_dict() anew.",
                name=name,
            )
        )
    ignored: list[str] = []
    try:
        if data.startswith(LEGACY):
            return _read_legacy(data, name, ignored), tuple(dict.fromkeys(ignored))
        return _read_zip(data, name, ignored), tuple(dict.fromkeys(ignored))
    except (IndexError, KeyError, ValueError, TypeError, AttributeError, OverflowError, RuntimeError) as problem:
        if not isinstance(problem, UnreadablePickle):
            raise CheckpointError(unreadable(name)) from None
        raise CheckpointError(
            phrase(
                "“{name}” is damaged ({problem}); copy it again or save it anew.", name=name, problem=problem.args[0]
            )
        ) from None


def _read_zip(data: bytes, name: str, ignored: list[str]) -> Any:
    _check_directory(data, name)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:
        raise CheckpointError(unreadable(name)) from error
    with archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        if any(path.endswith("constants.pkl") for path in entries):
            raise CheckpointError(
                phrase(
                    "“{name}” is a TorchScript program; open it once with torch.jit.load and save its state_dict().",
                    name=name,
                )
            )
        if sum(entry.file_size for entry in entries.values()) > len(data) or len(entries) > MOST_TENSORS:
            largest = sum(entry.file_size for entry in entries.values())
            raise CheckpointError(
                phrase(
                    "“{name}” unpacks to {largest:.1f} GB, which is more than it holds.",
                    name=name,
                    largest=largest / 1000000000.0,
                )
            )
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries.values()):
            raise CheckpointError(
                phrase("“{name}” is a compressed archive, which PyTorch never makes; save it anew.", name=name)
            )
        pickles = [path for path in entries if path == "data.pkl" or path.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise CheckpointError(unreadable(name))
        folder = pickles[0].removesuffix("data.pkl")

        def member(path: str) -> bytes:
            try:
                return archive.read(path)
            except Exception as error:
                raise CheckpointError(unreadable(name)) from error

        order = f"{folder}byteorder"
        if order in entries and member(order).strip() != b"little":
            raise CheckpointError(
                phrase("“{name}” was saved on a machine with another byte order; save it as .safetensors.", name=name)
            )
        kept: dict[str, bytes] = {}

        def stored(key: str) -> bytes:
            if key not in kept:
                kept[key] = member(f"{folder}data/{key}")
            return kept[key]

        made = _Maker(name, stored, ignored)
        return _finished(inert_pickle.read(member(pickles[0]), made=made)[0], made)


def _check_directory(data: bytes, name: str) -> None:
    """Bound the archive's list of contents before anything reads it."""
    at = data.rfind(ZIP_END, max(0, len(data) - ZIP_END_BYTES - 65_535))
    if at < 0 or at + ZIP_END_BYTES > len(data):
        raise CheckpointError(unreadable(name))
    count, size = int.from_bytes(data[at + 10 : at + 12], "little"), int.from_bytes(data[at + 12 : at + 16], "little")
    large = (count == 0xFFFF or size == 0xFFFFFFFF) and _large_directory(data, at) > LARGEST_DIRECTORY
    if large or (size != 0xFFFFFFFF and size > LARGEST_DIRECTORY):
        raise CheckpointError(phrase("“{name}” lists more parts than any network has.", name=name))


def _large_directory(data: bytes, at: int) -> int:
    """Size of the directory of a zip64 file, whose locator stands before the usual end."""
    place = int.from_bytes(data[at - 12 : at - 4], "little") if data[at - 20 : at - 16] == b"PK\6\7" else -1
    if place < 0 or data[place : place + 4] != b"PK\6\6":
        return 0
    return int.from_bytes(data[place + 40 : place + 48], "little")


def _read_legacy(data: bytes, name: str, ignored: list[str]) -> Any:
    """Files before PyTorch 1.6: three small pickles, the saved thing, the list of its storages, then their numbers."""
    place = len(LEGACY)
    for _ in range(2):
        _, place = inert_pickle.read(data, place)
    kept: dict[str, bytes] = {}
    made = _Maker(name, kept.__getitem__, ignored, later=True)
    saved, place = inert_pickle.read(data, place, made)
    keys, place = inert_pickle.read(data, place)
    if not isinstance(keys, list) or len(keys) > MOST_TENSORS:
        raise CheckpointError(unreadable(name))
    for key in keys:
        item = made.sizes.get(str(key), 0)
        count = int.from_bytes(data[place : place + 8], "little")
        size = count * item
        if not item or place + 8 + size > len(data):
            raise CheckpointError(unreadable(name))
        kept[str(key)] = data[place + 8 : place + 8 + size]
        place += 8 + size
    made.later = False
    return _finished(saved, made)


class _Maker:
    """Says what stands for the things that a checkpoint's pickle wants made; makes tensors out of `stored(key)`."""

    def __init__(self, name: str, stored: Callable[[str], bytes], ignored: list[str], later: bool = False) -> None:
        self.name, self.stored, self.ignored, self.later = name, stored, ignored, later
        self.sizes: dict[str, int] = {}
        self.flat: dict[tuple[str, torch.dtype], torch.Tensor] = {}
        self.tensors = 0

    def __call__(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        path = function.path if isinstance(function, Global) else ""
        match path:
            case "torch._utils._rebuild_tensor_v2" | "torch._utils._rebuild_tensor":
                self._remember(arguments)
                return Call(function, arguments) if self.later else self.tensor(arguments)
            case "torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state" if arguments:
                return arguments[0]
            case "collections.OrderedDict" | "collections.defaultdict" | "builtins.dict":
                return {}
        if path.startswith("torch._utils._rebuild") or path.startswith("torch.nested"):
            return OddTensor(path.rpartition("_rebuild_")[2].replace("_", " ") or "special")
        self.ignored.append(path or "something unnamed")
        return Call(function, ())

    def _remember(self, arguments: tuple[Any, ...]) -> None:
        about: Any = arguments[0].about if arguments and isinstance(arguments[0], Reference) else ()
        if len(about) >= 5 and isinstance(about[1], Global) and about[1].name in DTYPES:
            self.sizes[str(about[2])] = DTYPES[about[1].name].itemsize

    def tensor(self, arguments: tuple[Any, ...]) -> torch.Tensor | OddTensor:
        """The tensor that `_rebuild_tensor_v2(storage, offset, size, stride, …)` describes."""
        storage, offset, size, stride = arguments[:4]
        _, kind, key, *_rest = storage.about
        key = str(key)
        if not isinstance(kind, Global) or kind.name not in DTYPES:
            return OddTensor(kind.name.removesuffix("Storage") if isinstance(kind, Global) else "special")
        whole = (offset, *size, *stride)
        if len(size) != len(stride) or not all(isinstance(one, int) and 0 <= one < 2**40 for one in whole):
            raise UnreadablePickle(phrase("a tensor whose shape makes no sense"))
        self.tensors += 1
        if self.tensors > MOST_TENSORS:
            raise CheckpointError(
                phrase(
                    "“{name}” holds more than {most_tensors:,} tensors, which no network here has.",
                    name=self.name,
                    most_tensors=MOST_TENSORS,
                )
            )
        dtype, data = DTYPES[kind.name], self.stored(key)
        there = len(data) // dtype.itemsize
        last = offset + sum((sides - 1) * step for sides, step in zip(size, stride, strict=True)) if all(size) else -1
        if last >= there:
            raise UnreadablePickle(phrase("a tensor that reaches beyond its numbers"))
        if not there:
            return torch.empty(tuple(size), dtype=dtype)
        if (key, dtype) not in self.flat:  # tensors may share their numbers; so they share them here
            self.flat[key, dtype] = torch.frombuffer(bytearray(data), dtype=dtype, count=there)
        return self.flat[key, dtype].as_strided(tuple(size), tuple(stride), offset)


def _finished(value: Any, made: _Maker) -> Any:
    """What was read, with the tensors that had to wait for their numbers, a few containers deep."""

    def walk(one: Any, depth: int) -> Any:
        if (
            isinstance(one, Call)
            and isinstance(one.function, Global)
            and one.function.name.startswith("_rebuild_tensor")
        ):
            return made.tensor(one.arguments)
        if isinstance(one, dict) and depth < 4:
            return {key: walk(inside, depth + 1) for key, inside in one.items()}
        return one

    return walk(value, 0)


def unreadable(name: str) -> Phrase:
    """The sentence for a file that is none of the kinds that are read here."""
    return phrase(
        "“{name}” is damaged or is no checkpoint; choose a .safetensors file or a .pth with a state dict.", name=name
    )


def plain(value: Any) -> Mapping[str, Any]:
    """The texts, numbers and lists of texts that stand beside the tensors at the top of what was saved."""
    if not isinstance(value, dict):
        return {}
    kept: dict[str, Any] = {}
    for key, one in value.items():
        texts = isinstance(one, list | tuple) and all(isinstance(item, str) for item in one)
        numbered = isinstance(one, dict) and all(isinstance(k, str) and isinstance(v, int) for k, v in one.items())
        if isinstance(key, str) and (isinstance(one, str | int | float | bool) or texts or numbered):
            kept[key] = one
    return kept

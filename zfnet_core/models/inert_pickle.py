"""Reading a pickle without running anything: a small interpreter of its instructions that calls no function at all.

Containers, texts and numbers become what they are. What a pickle wants to have called or made stays a description, a
`Call` or an `Object`, for the reader to look at. Every instruction takes a step forward in the bytes, lengths are
compared with what is there before anything is allocated, and keys are texts or numbers, so that nothing is ever hashed
or compared that could be nested without end.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zfnet_core.language import phrase

MOST_STEPS = 1_000_000
MOST_BYTES = 16 * 2**20
KEYS = (str, int, float, bool, type(None))


class UnreadablePickle(ValueError):
    """The bytes are no pickle, break off, or hold more instructions than any state dict needs."""


@dataclass(frozen=True, eq=False)
class Global:
    """A class or function that is only named."""

    module: str
    name: str

    @property
    def path(self) -> str:
        """Its full name."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, eq=False)
class Call:
    """What calling `function` (anything at all) with `arguments` would have given."""

    function: Any
    arguments: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Reference:
    """Something kept outside the pickle."""

    about: Any


_MARK = object()


class _Reader:
    def __init__(self, data: bytes, place: int) -> None:
        self.data, self.place, self.end = data, place, min(len(data), place + MOST_BYTES)

    def take(self, count: int) -> bytes:
        if count < 0 or self.place + count > self.end:
            raise UnreadablePickle(phrase("it breaks off"))
        self.place += count
        return self.data[self.place - count : self.place]

    def number(self, size: int, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)

    def line(self) -> str:
        stop = self.data.find(b"\n", self.place, min(self.end, self.place + 1000))
        if stop < 0:
            raise UnreadablePickle(phrase("a name without end"))
        text, self.place = self.data[self.place : stop], stop + 1
        return text.decode("utf-8", "replace")

    def text(self, size: int) -> str:
        return self.take(self.number(size)).decode("utf-8", "replace")


def read(data: bytes, place: int = 0, made: Callable[[Any, tuple[Any, ...]], Any] = Call) -> tuple[Any, int]:
    """What the pickle that begins at `place` describes, and the place behind it.

    `made(function, arguments)` is asked what to put where the pickle wants something called or made; it must not call
    what it is given. Raises UnreadablePickle.

    >>> import pickle
    >>> read(pickle.dumps({"epoch": 3, "sides": (7, 7)}))[0]
    {'epoch': 3, 'sides': (7, 7)}
    >>> read(pickle.dumps(print))[0].path
    'builtins.print'
    """
    try:
        return _read(_Reader(data, place), made)
    except UnreadablePickle:
        raise
    except (IndexError, KeyError, ValueError, struct.error, TypeError, AttributeError, OverflowError) as error:
        raise UnreadablePickle(
            phrase("its instructions do not fit together ({kind})", kind=type(error).__name__)
        ) from None


def _read(reader: _Reader, made: Callable[[Any, tuple[Any, ...]], Any]) -> tuple[Any, int]:
    stack: list[Any] = []
    memo: dict[int, Any] = {}

    def above_mark() -> list[Any]:
        at = len(stack) - 1
        while stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise UnreadablePickle(phrase("a missing mark"))
        values = stack[at + 1 :]
        del stack[at:]
        return values

    def set_items(values: list[Any]) -> None:
        if isinstance(stack[-1], dict):
            for key, value in zip(values[::2], values[1::2], strict=True):
                if isinstance(key, KEYS):
                    stack[-1][key] = value

    def extend(values: list[Any]) -> None:
        if isinstance(stack[-1], list):
            stack[-1].extend(values)

    def put(number: int) -> None:
        memo[number] = stack[-1]

    def call() -> None:
        arguments, function = stack.pop(), stack.pop()
        stack.append(made(function, arguments if isinstance(arguments, tuple) else ()))

    for _ in range(MOST_STEPS):
        code = reader.take(1)
        match code:
            case b"\x80":
                reader.take(1)
            case b"\x95":
                reader.take(8)
            case b".":
                return stack.pop(), reader.place
            case b"(":
                stack.append(_MARK)
            case b"0":
                stack.pop()
            case b"1":
                above_mark()
            case b"2":
                stack.append(stack[-1])
            case b"N":
                stack.append(None)
            case b"\x88" | b"\x89":
                stack.append(code == b"\x88")
            case b"K" | b"M":
                stack.append(reader.number(1 if code == b"K" else 2))
            case b"J":
                stack.append(reader.number(4, signed=True))
            case b"\x8a" | b"\x8b":
                stack.append(
                    int.from_bytes(reader.take(reader.number(1 if code == b"\x8a" else 4)), "little", signed=True)
                )
            case b"I" | b"L":
                stack.append(_whole(reader.line()))
            case b"F":
                stack.append(_decimal(reader.line()))
            case b"G":
                stack.append(struct.unpack(">d", reader.take(8))[0])
            case b"X" | b"\x8c" | b"\x8d":
                stack.append(reader.text({b"X": 4, b"\x8c": 1, b"\x8d": 8}[code]))
            case b"V":
                stack.append(reader.line())
            case b"T" | b"U":
                stack.append(reader.text(4 if code == b"T" else 1))
            case b"S":
                stack.append(reader.line().strip("'\""))
            case b"B" | b"C" | b"\x8e" | b"\x96":
                stack.append(reader.take(reader.number({b"B": 4, b"C": 1}.get(code, 8))))
            case b"]":
                stack.append([])
            case b"}":
                stack.append({})
            case b")":
                stack.append(())
            case b"\x8f":
                stack.append([])
            case b"l":
                stack.append(above_mark())
            case b"t":
                stack.append(tuple(above_mark()))
            case b"\x91":
                stack.append(tuple(above_mark()))
            case b"d":
                values = above_mark()
                stack.append({})
                set_items(values)
            case b"\x85" | b"\x86" | b"\x87":
                count = code[0] - 0x84
                values = stack[-count:]
                del stack[-count:]
                stack.append(tuple(values))
            case b"a":
                extend([stack.pop()])
            case b"e" | b"\x90":
                extend(above_mark())
            case b"s":
                value, key = stack.pop(), stack.pop()
                set_items([key, value])
            case b"u":
                set_items(above_mark())
            case b"q" | b"r":
                put(reader.number(1 if code == b"q" else 4))
            case b"p":
                put(_whole(reader.line()))
            case b"\x94":
                put(len(memo))
            case b"h" | b"j":
                stack.append(memo[reader.number(1 if code == b"h" else 4)])
            case b"g":
                stack.append(memo[_whole(reader.line())])
            case b"c":
                stack.append(Global(reader.line(), reader.line()))
            case b"\x93":
                name, module = stack.pop(), stack.pop()
                stack.append(
                    Global(str(module) if isinstance(module, str) else "", name if isinstance(name, str) else "")
                )
            case b"R" | b"\x81":
                call()
            case b"\x92":
                stack.pop()
                call()
            case b"i" | b"o":
                function = Global(reader.line(), reader.line()) if code == b"i" else None
                arguments = above_mark()
                if function is None:
                    function = arguments.pop(0)
                stack.append(made(function, tuple(arguments)))
            case b"b":
                stack.pop()  # a state to be given to what is below it: nothing here takes one
            case b"Q":
                stack.append(Reference(stack.pop()))
            case b"P":
                stack.append(Reference(reader.line()))
            case _:
                raise UnreadablePickle(phrase("an instruction that no checkpoint needs"))
    raise UnreadablePickle(phrase("more instructions than any state dict needs"))


def _whole(text: str) -> int:
    text = text.removesuffix("L")
    return int(text) if len(text) < 20 and text.lstrip("-").isdecimal() else 0


def _decimal(text: str) -> float:
    try:
        return float(text[:40])
    except ValueError:
        return 0.0

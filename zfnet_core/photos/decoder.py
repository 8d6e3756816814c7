"""The process that decodes strangers' photos for a server (`apart` starts it), and the letters between the two.

A question is a line of JSON and the file; an answer is a line of JSON and, where there is a photo, its pixels. The
server believes nothing of an answer: it is counted before there is room for it, and what it says is put together anew.
"""

from __future__ import annotations

import json
import os
import signal
import string
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from PIL import AvifImagePlugin

from zfnet_core.errors import ImageError
from zfnet_core.language import Phrase, phrase
from zfnet_core.photos.decoding import MAX_JPEG_PIXELS, MAX_JPEG_SIDE, MAX_PIXELS, Decoded, decode

READY = b"ready\n"
LONGEST_LINE = 2**16  # bytes; the longest honest one has a few hundred
MOST_NOTES, MOST_VALUES, LARGEST_NUMBER = 20, 20, 2**31
MEMORY_BYTES = 2 * 2**30
"""Address space of a decoder (our choice): the heaviest pictures of MAX_PIXELS take 0.75 GB."""
MOST_FILES = 64
MOST_THREADS = 4  # of one decoder; on a machine of a hundred cores their stacks alone would take the memory
ALARM_LATER_S = 5


class Question(NamedTuple):
    """What is asked for with a file of `size` bytes: as `decode` takes it, within `cpu_s` seconds of the processor and
    `wall_s` of the clock. A large picture is decoded only with `large`."""

    name: str
    size: int
    short_side: int | None
    large: bool
    cpu_s: int
    wall_s: int


class NotItsTurn(ImageError):
    """The answer to a large picture that was not asked for as one."""


class Nonsense(Exception):
    """An answer that no decoder of ours gives."""


def ask(stream: BinaryIO, question: Question, data: bytes) -> None:
    """Write a question. Raises OSError where nobody reads it."""
    stream.write(json.dumps(question).encode() + b"\n")
    stream.write(data)
    stream.flush()


def answer(stream: BinaryIO, question: Question) -> Decoded | ImageError:
    """Read the answer to a question; one to a large picture may be NotItsTurn. Raises EOFError where there is none, and
    Nonsense."""
    line = stream.readline(LONGEST_LINE)
    if not line:
        raise EOFError
    try:
        match json.loads(line):
            case {"error": said}:
                return ImageError(_heard(said))
            case {"later": True} if not question.large:
                return NotItsTurn()
            case {"size": size, "original": original, "notes": list(notes)} if len(notes) <= MOST_NOTES:
                width, height = _sides(size, MAX_PIXELS)
                texts, shape = tuple(map(_heard, notes)), _sides(original, MAX_JPEG_PIXELS)
            case _:
                raise Nonsense
    except (ValueError, RecursionError):
        raise Nonsense from None
    pixels = np.empty((height, width, 3), np.uint8)
    if stream.readinto(pixels.data.cast("B")) != pixels.nbytes:  # type: ignore[attr-defined]
        raise EOFError
    pixels.flags.writeable = False
    return Decoded(pixels, texts, shape)


def _sides(said: Any, most: int) -> tuple[int, int]:
    match said:
        case [int(width), int(height)]:
            if 0 < width <= MAX_JPEG_SIDE and 0 < height <= MAX_JPEG_SIDE and width * height <= most:
                return width, height
    raise Nonsense


def _told(text: str) -> str | list[Any]:
    """A text as it travels: a phrase as [message, values], so that it can be spoken in the reader's language."""
    if not isinstance(text, Phrase):
        return text
    values = {name: _told(part) if isinstance(part, str) else part for name, part in text.values.items()}
    return [text.message, values]


def _heard(said: Any, deep: int = 2) -> str:
    """The text again. Its values are plain texts, numbers and phrases, its fields plain names: `{a.b}` and `{a:9999}`
    would have `format` do other things than put them in place. Raises Nonsense and ValueError."""
    match said:
        case str(text):
            text.encode()  # half a surrogate is no text
            return text
        case [str(message), dict(values)] if len(values) <= MOST_VALUES and "message" not in values and deep:
            message.encode()
            for _, field, form, conversion in string.Formatter().parse(message) if values else ():
                if field is not None and (field not in values or not field.isidentifier() or form or conversion):
                    raise Nonsense
            return phrase(message, **{name: _value(part, deep - 1) for name, part in values.items()})
    raise Nonsense


def _value(said: Any, deep: int) -> str | int:
    if isinstance(said, int) and abs(said) <= LARGEST_NUMBER:
        return said
    return _heard(said, deep)


def _limit_process() -> None:
    """Take from this process what decoding does not need, where the system can (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, MOST_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        most = _at_most(resource.getrlimit(what)[1], most)
        with suppress(ValueError, OSError):  # macOS has some of them by name only
            resource.setrlimit(what, (most, most))


def _at_most(hard: int, wanted: int) -> int:
    """What is wanted, within what the one who started the server allows; -1 is no limit."""
    return wanted if hard < 0 else min(hard, wanted)


def _limit_time(cpu_s: int, wall_s: int) -> None:
    """Have the system end this process after so many seconds more, of the processor and of the clock."""
    try:
        import resource
    except ImportError:
        return
    used, hard = resource.getrusage(resource.RUSAGE_SELF), resource.getrlimit(resource.RLIMIT_CPU)[1]
    until = int(used.ru_utime + used.ru_stime) + 1 + cpu_s
    resource.setrlimit(resource.RLIMIT_CPU, (_at_most(hard, until), hard))
    signal.alarm(wall_s)


@contextmanager
def _not_now() -> Iterator[None]:
    raise NotItsTurn
    yield


def _answered(question: Question, data: bytes) -> tuple[dict[str, Any], np.ndarray | None]:
    turn: AbstractContextManager[None] = nullcontext() if question.large else _not_now()
    try:
        made = decode(data, question.name, short_side=question.short_side, turn=turn)
    except NotItsTurn:
        return {"later": True}, None
    except ImageError as refusal:
        return {"error": _told(refusal.args[0])}, None
    height, width, _ = made.pixels.shape
    notes = [_told(note) for note in made.notes]
    return {"size": [width, height], "original": made.original_size, "notes": notes}, made.pixels


def main() -> None:
    """Answer questions until there are no more: the server has ended, however it did."""
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    _limit_process()
    AvifImagePlugin.DEFAULT_MAX_THREADS = MOST_THREADS
    answers.write(READY)
    answers.flush()
    while line := questions.readline():
        _answer_one(Question(*json.loads(line)), questions, answers)


def _answer_one(question: Question, questions: BinaryIO, answers: BinaryIO) -> None:
    """A function of its own, so that nothing of a photo is kept until the next one."""
    data = questions.read(question.size)
    if len(data) < question.size:
        return
    _limit_time(question.cpu_s, question.wall_s + ALARM_LATER_S)
    said, pixels = _answered(question, data)
    answers.write(json.dumps(said).encode() + b"\n")
    if pixels is not None:
        answers.write(pixels.data.cast("B"))
    answers.flush()
    _limit_time(question.cpu_s, 0)

"""The lessons that are there: one file for each and each language, in English where a language is missing."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from ui.lessons.lesson import MOST_BYTES, NAME, Lesson, LessonError, read_lesson
from zfnet_core.assets import ASSETS
from zfnet_core.language import ENGLISH, later, phrase, spoken, t
from zfnet_core.photos.decoding import printable

FOLDER = ASSETS / "lessons"
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "first-steps": later("First steps"),
        "what-is-a-filter": later("What is a filter?"),
        "from-edges-to-things": later("From edges to things"),
        "which-pixels": later("Which pixels did it come from?"),
        "the-grey-square": later("What does the answer depend on?"),
        "shift-scale-turn": later("Shift, scale, turn"),
        "smaller-windows": later("Why 7×7 with stride 2 beats 11×11 with stride 4"),
        "how-features-grow": later("How features grow"),
        "random-weights": later("What survives random weights"),
        "from-lenet-to-resnet": later("From LeNet to ResNet"),
        "your-own-classes": later("Teach it your own classes"),
    }
)
"""The lessons in the order of a course, and what they are called where a language has only the title."""
ORDER = tuple(TITLES)


@functools.cache
def names() -> tuple[str, ...]:
    """The lessons' names, the ones for a beginning first."""
    found = {match[1] for path in FOLDER.glob("*.md") if (match := NAME.fullmatch(path.name))}
    return tuple(sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name)))


def lesson(name: str) -> Lesson:
    """The lesson in the language that is spoken, or in English. Raises LessonError where there is none."""
    if name not in names():
        raise LessonError(phrase("There is no lesson “{name}”; the page “Lessons” lists them.", name=printable(name)))
    if (FOLDER / f"{name}.{spoken()}.md").is_file():
        return _read(name, spoken())
    english = _read(name, ENGLISH)
    return replace(english, title=t(english.title))


def read_file(path: Path) -> Lesson:
    """The lesson in a file. Raises LessonError, which says what is wrong and in which line."""
    if not (match := NAME.fullmatch(path.name)):
        raise LessonError(
            phrase(
                "The file is to be called NAME.LANGUAGE.md, like first-steps.en.md, and not “{name}”.", name=path.name
            )
        )
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1).decode("utf-8-sig")
    except OSError as error:
        raise LessonError(phrase("“{path}” cannot be read: {why}.", path=path, why=error.strerror)) from None
    except UnicodeDecodeError as error:
        raise LessonError(
            phrase("“{path}” is not written in UTF-8 (byte {byte}); save it as UTF-8.", path=path, byte=error.start)
        ) from None
    return read_lesson(text, match[1], match[2])


@functools.cache
def _read(name: str, language: str) -> Lesson:
    return read_file(FOLDER / f"{name}.{language}.md")

"""A lesson as it stands in its file: title, what a teacher wants to know, and the steps.

    # What is a filter?
    minutes: 8
    about: One photo, seen through 96 small windows.
    aims: …
    prepare: …

    ## Sharp edges
    page: look-inside
    view: photo=chelsea layer=conv1
    light: layers
    guess: What does map 5 answer to?
    - any red spot
    * an edge that stands upright
    then: unit=5-20-20
    do: Click another map.
    done: unit changes
    notice: …
    expect: …

A field goes on until the next one begins. `*` marks the right option. `view` is set when the step begins, `then` when
the guess was given: what would betray the answer belongs there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ui.lessons.condition import Condition, read_conditions
from zfnet_core.errors import ExplorerError
from zfnet_core.language import phrase
from zfnet_core.photos.decoding import printable

MOST_BYTES = 100_000
MOST_STEPS = 40
HEAD = ("minutes", "about", "aims", "prepare", "caveats")
STEP = ("page", "view", "light", "guess", "then", "do", "done", "notice", "expect")
NAME = re.compile(r"([a-z0-9-]{1,60})\.([a-z]{2})\.md")
LINE = re.compile(r"([a-z]+):(?:\s+(.*))?$")
SETTING = re.compile(r"([a-z][a-z0-9_]*)=(\S*)")


class LessonError(ExplorerError):
    """What is wrong with a lesson's file, for whoever writes it."""


@dataclass(frozen=True)
class Step:
    """One step.

    `page` is a page's address; `view` and `then` are settings (name in the address, value); `lights` the controls that
    it speaks of; `right` the index of the right option, None where there is no guess. `line` is where it begins.
    """

    title: str
    page: str
    view: tuple[tuple[str, str], ...]
    lights: tuple[str, ...]
    question: str
    options: tuple[str, ...]
    right: int | None
    then: tuple[tuple[str, str], ...]
    task: str
    done: tuple[Condition, ...]
    notice: str
    expect: str
    line: int


@dataclass(frozen=True)
class Lesson:
    """A lesson in one language; `name` is the same in all of them."""

    name: str
    language: str
    title: str
    minutes: int
    about: str
    aims: str
    prepare: str
    caveats: str
    steps: tuple[Step, ...]


@dataclass
class _Part:
    """A heading with its fields and options, as they are read line by line."""

    title: str
    line: int
    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    options: list[tuple[bool, str]] = field(default_factory=list)


def read_lesson(text: str, name: str, language: str) -> Lesson:
    """The lesson in `text`. Raises LessonError, which says what is wrong and in which line."""
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise LessonError(phrase("The lesson is longer than {most} kB; make two of it.", most=MOST_BYTES // 1000))
    parts = _parts(text)
    head, steps = parts[0], parts[1:]
    if not steps:
        raise LessonError(phrase("The lesson has no step; a step begins with a line like “## Sharp edges”."))
    if len(steps) > MOST_STEPS:
        raise LessonError(phrase("The lesson has {n} steps; {most} are the most.", n=len(steps), most=MOST_STEPS))
    _check_known(head, HEAD)
    minutes = head.values.get("minutes", "")
    if not (minutes.isascii() and minutes.isdigit() and 1 <= int(minutes) <= 600):
        raise LessonError(
            phrase("Line {line}: “minutes” is to be a number from 1 to 600.", line=head.lines.get("minutes", head.line))
        )
    for needed in ("about", "aims"):
        if not head.values.get(needed):
            raise LessonError(phrase("Line {line}: the lesson has no “{field}:”.", line=head.line, field=needed))
    return Lesson(
        name=name,
        language=language,
        title=head.title,
        minutes=int(minutes),
        about=head.values["about"],
        aims=head.values["aims"],
        prepare=head.values.get("prepare", ""),
        caveats=head.values.get("caveats", ""),
        steps=tuple(_step(part) for part in steps),
    )


def _parts(text: str) -> list[_Part]:
    parts: list[_Part] = []
    last = ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line:
            continue
        if line.startswith("## ") or line.startswith("# "):
            if line.startswith("# ") == bool(parts):
                raise LessonError(
                    phrase(
                        "Line {line}: a lesson begins with one line “# Title”; every step after it with “## Title”.",
                        line=number,
                    )
                )
            parts.append(_Part(line.lstrip("# ").strip(), number))
            last = ""
        elif not parts:
            raise LessonError(
                phrase(
                    "Line {line}: a lesson begins with “# Title”, and not with “{text}”.",
                    line=number,
                    text=printable(line[:40]),
                )
            )
        elif (found := LINE.match(line)) and found[1] in (*HEAD, *STEP):
            last = found[1]
            if last in parts[-1].values:
                raise LessonError(phrase("Line {line}: “{field}” stands twice in this step.", line=number, field=last))
            parts[-1].values[last], parts[-1].lines[last] = (found[2] or "").strip(), number
        elif found and " " not in line.split(":")[0] and not last:
            known = ", ".join(HEAD if len(parts) == 1 else STEP)
            raise LessonError(
                phrase(
                    "Line {line}: “{field}” is not known; known are {known}.", line=number, field=found[1], known=known
                )
            )
        elif line[:2] in ("- ", "* ") and last == "guess":
            parts[-1].options.append((line[0] == "*", line[2:].strip()))
        elif last:
            parts[-1].values[last] = f"{parts[-1].values[last]} {line}".strip()
        else:
            raise LessonError(
                phrase("Line {line}: “{text}” belongs to no field.", line=number, text=printable(line[:40]))
            )
    if not parts:
        raise LessonError(phrase("The file is empty; a lesson begins with “# Title”."))
    return parts


def _step(part: _Part) -> Step:
    _check_known(part, STEP)
    values = part.values
    for needed in ("page", "do", "done", "notice"):
        if not values.get(needed):
            raise LessonError(
                phrase(
                    "Line {line}: the step “{title}” has no “{field}:”.",
                    line=part.line,
                    title=printable(part.title),
                    field=needed,
                )
            )
    right = [index for index, (is_right, _) in enumerate(part.options) if is_right]
    if values.get("guess") and (not 2 <= len(part.options) <= 6 or len(right) != 1):
        raise LessonError(
            phrase(
                "Line {line}: a guess has two to six options, each in a line of its own that begins with “- ”, and "
                "the right one with “* ”.",
                line=part.lines["guess"],
            )
        )
    if values.get("then") and not values.get("guess"):
        raise LessonError(
            phrase("Line {line}: “then” is set after a guess, and there is none.", line=part.lines["then"])
        )
    return Step(
        title=part.title,
        page=values["page"],
        view=_settings(part, "view"),
        lights=tuple(values.get("light", "").split()),
        question=values.get("guess", ""),
        options=tuple(text for _, text in part.options),
        right=right[0] if right else None,
        then=_settings(part, "then"),
        task=values["do"],
        done=_conditions(part),
        notice=values["notice"],
        expect=values.get("expect", ""),
        line=part.line,
    )


def _check_known(part: _Part, known: tuple[str, ...]) -> None:
    if unknown := [name for name in part.values if name not in known]:
        raise LessonError(
            phrase("Line {line}: “{field}” does not belong here.", line=part.lines[unknown[0]], field=unknown[0])
        )


def _settings(part: _Part, name: str) -> tuple[tuple[str, str], ...]:
    found = []
    for word in part.values.get(name, "").split():
        if not (setting := SETTING.fullmatch(word)):
            raise LessonError(
                phrase(
                    "Line {line}: “{word}” is no setting like layer=conv2.",
                    line=part.lines[name],
                    word=printable(word[:40]),
                )
            )
        found.append((setting[1], setting[2].replace("+", " ")))
    return tuple(found)


def _conditions(part: _Part) -> tuple[Condition, ...]:
    try:
        return read_conditions(part.values["done"])
    except ValueError as error:
        raise LessonError(phrase("Line {line}: {error}", line=part.lines["done"], error=error.args[0])) from None

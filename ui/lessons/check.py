"""Whether a lesson can be taught: everything in its file exists, and nothing is done before it is begun."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ui.exhibits import EXHIBITS
from ui.lessons.condition import PAGE, hold
from ui.lessons.lesson import NAME, Lesson, LessonError, Step
from ui.lessons.shelf import read_file
from ui.shell import address
from ui.shell.controls import CONTROLS, is_known
from ui.shell.deeds import DEEDS
from zfnet_core.language import LANGUAGES
from zfnet_core.photos.decoding import printable


def problems(path: Path) -> Iterator[str]:
    """Everything that is wrong with the lesson in a file, one sentence each."""
    try:
        lesson = read_file(path)
    except LessonError as error:
        yield str(error)
        return
    if lesson.language not in LANGUAGES:
        yield f"“{lesson.language}” is no language of the dashboard; it speaks {', '.join(LANGUAGES)}."
    for number, step in enumerate(lesson.steps, 1):
        yield from (f"Step {number} (line {step.line}): {problem}" for problem in step_problems(step))


def step_problems(step: Step) -> Iterator[str]:
    """What is wrong with one step."""
    pages = [exhibit.path for exhibit in EXHIBITS]
    if step.page not in pages:
        yield f"there is no page “{printable(step.page)}”; there are {', '.join(pages)}."
    for name, value in (*step.view, *step.then):
        if name not in address.KNOWN:
            yield f"there is no setting “{name}”; an address on the page shows what its settings are called."
        elif not _fits(name, value):
            yield f"“{name}” cannot be “{printable(value)}”."
    for light in step.lights:
        if not is_known(light):
            yield f"there is no control “{printable(light)}” to light up; there are {', '.join(CONTROLS)}."
    for condition in step.done:
        if condition.kind == "happens" and condition.name not in DEEDS:
            yield f"“done” speaks of “{condition.name}”, which is no deed; there are {', '.join(DEEDS)}."
        elif condition.kind in ("is", "changes") and condition.name not in (PAGE, *address.KNOWN):
            yield f"“done” speaks of “{condition.name}”, which is no setting."
        for value in condition.values:
            right = value in pages if condition.name == PAGE else _fits(condition.name, value)
            if not right:
                yield f"“{condition.name}” is never “{printable(value)}”."
    start = {**dict(step.view), **dict(step.then), PAGE: step.page}
    if any(condition.kind == "is" for condition in step.done) and hold(step.done, start, start):
        yield "it is done before anything was done: its view says already what “done” asks for."


def differences(one: Lesson, other: Lesson) -> Iterator[str]:
    """Where a lesson in another language is not the same lesson."""
    if len(one.steps) != len(other.steps):
        yield f"it has {len(other.steps)} steps in {other.language} and {len(one.steps)} in {one.language}."
        return
    for number, (step, same) in enumerate(zip(one.steps, other.steps, strict=True), 1):
        for name in ("page", "view", "then", "done", "lights", "right"):
            if getattr(step, name) != getattr(same, name):
                yield f"step {number}: “{name}” differs between {one.language} and {other.language}."
        if len(step.options) != len(same.options):
            yield f"step {number}: not as many options in {other.language} as in {one.language}."


def check(paths: Sequence[Path]) -> list[str]:
    """All problems of these files, each with its file's name before it."""
    found = [f"{path.name}: {problem}" for path in paths for problem in problems(path)]
    read: dict[str, list[Lesson]] = {}
    for path in paths:
        if (match := NAME.fullmatch(path.name)) and not any(line.startswith(path.name) for line in found):
            read.setdefault(match[1], []).append(read_file(path))
    for name, lessons in read.items():
        found += [f"{name}: {text}" for other in lessons[1:] for text in differences(lessons[0], other)]
    return found


def _fits(name: str, value: str) -> bool:
    if name not in address.KNOWN:
        return False
    try:
        address.decoded(*address.KNOWN[name], value)
    except ValueError:
        return False
    return True

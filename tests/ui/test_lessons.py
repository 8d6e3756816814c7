"""Lessons: what their files may say, when a step is done, and what stands on paper."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from ui.lessons import worksheet
from ui.lessons.check import check
from ui.lessons.condition import Condition, hold, read_conditions
from ui.lessons.lesson import LessonError, Step, read_lesson
from ui.lessons.shelf import FOLDER, ORDER, TITLES, lesson, names, read_file
from ui.shell import address
from ui.shell.deeds import DEEDS
from zfnet_core.language import speak, t

HEAD = "# A lesson\nminutes: 5\nabout: About it.\naims: To try.\n"
STEP = "## A step\npage: look-inside\nview: layer=conv1\nlight: layers\ndo: Go.\ndone: layer=conv2\nnotice: Look.\n"
FILES = sorted(FOLDER.glob("*.md"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_bundled_lessons_can_be_taught(path: Path) -> None:
    assert check([path]) == []


def test_a_lesson_is_the_same_in_every_language() -> None:
    assert check(FILES) == []
    assert set(names()) <= set(ORDER)
    for path in FILES:
        if path.name.endswith(".en.md"):
            assert read_file(path).title == TITLES[path.name.split(".")[0]]
    assert {path.name for path in FILES} == {f"{name}.{language}.md" for name in ORDER for language in ("en", "zh")}


def test_a_language_without_the_lesson_has_its_title() -> None:
    speak("de")
    try:
        shown = lesson("first-steps")
    finally:
        speak("")
    assert shown.language == "en" and shown.title != TITLES["first-steps"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("words first", "begins with"),
        (HEAD, "no step"),
        (HEAD.replace("5", "soon") + STEP, "a number from 1 to 600"),
        (HEAD.replace("about: About it.\n", "") + STEP, "no “about:”"),
        (HEAD + STEP.replace("do: Go.\n", ""), "no “do:”"),
        (HEAD + STEP.replace("layer=conv2", "when it rains"), "no condition"),
        (HEAD + STEP + "guess: Which?\n- a\n", "two to six options"),
        (HEAD + STEP + "guess: Which?\n- a\n- b\n", "the right one"),
        (HEAD + STEP + "then: layer=conv3\n", "there is none"),
        (HEAD + STEP.replace("layer=conv1", "layer conv1"), "no setting like"),
        (HEAD + STEP + "do: Again.\n", "stands twice"),
        (HEAD + STEP + "# Another title\n", "one line “# Title”"),
        (HEAD + "## A step\nvideo: x\n", "not known"),
        (HEAD + STEP * 41, "41 steps"),
        (HEAD + "x" * 100_001, "longer than"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(LessonError) as caught:
        read_lesson(text, "a-lesson", "en")
    assert says in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("page: look-inside", "page: nowhere"), "no page “nowhere”"),
        (("view: layer=conv1", "view: colour=red"), "no setting “colour”"),
        (("view: layer=conv1", "view: photo=nobody"), "cannot be “nobody”"),
        (("light: layers", "light: moon"), "no control “moon”"),
        (("done: layer=conv2", "done: colour changes"), "no setting"),
        (("done: layer=conv2", "done: page=nowhere"), "never “nowhere”"),
        (("done: layer=conv2", "done: a_cake_baked happens"), "no deed; there are digit_drawn"),
        (("done: layer=conv2", "done: digit_drawn changes"), "no setting"),
        (("view: layer=conv1", "view: layer=conv2"), "done before anything was done"),
    ],
)
def test_the_checker_knows_pages_settings_and_controls(change: tuple[str, str], says: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.en.md"
    path.write_text(HEAD + STEP.replace(*change))
    (problem,) = check([path])
    assert says in problem and problem.startswith("mine.en.md: Step 1 (line 5)")


def test_files_that_are_no_lessons(tmp_path: Path) -> None:
    (tmp_path / "wrong name.txt").write_text(HEAD + STEP)
    (tmp_path / "latin.en.md").write_bytes((HEAD + STEP).replace("Look", "Schön").encode("latin-1"))
    (tmp_path / "mine.xx.md").write_text(HEAD + STEP)
    (tmp_path / "two.en.md").write_text(HEAD + STEP)
    (tmp_path / "two.zh.md").write_text(HEAD + STEP.replace("done: layer=conv2", "done: layer=conv3"))
    said = check([*sorted(tmp_path.iterdir()), tmp_path / "missing.en.md"])
    for words in ("NAME.LANGUAGE.md", "not written in UTF-8", "no language", "“done” differs", "cannot be read"):
        assert any(words in line for line in said), (words, said)


def test_conditions_hold_exactly_when_the_thing_was_done() -> None:
    before = {"layer": "conv1", "unit": "", "page": "look-inside"}
    done = read_conditions("layer=conv2,conv3 and unit changes")
    assert not hold(done, before, before)
    assert not hold(done, before, {**before, "layer": "conv2"})
    assert not hold(done, before, {**before, "unit": "1-2-3"})
    assert hold(done, before, {**before, "layer": "conv3", "unit": "1-2-3"})
    assert hold(read_conditions("read"), {}, {})
    drawn = read_conditions("digit_drawn happens")
    assert not hold(drawn, {"digit_drawn": "2"}, {"digit_drawn": "2"})
    assert hold(drawn, {"digit_drawn": "2"}, {"digit_drawn": "3"})
    assert hold(read_conditions("architectures_k1=11"), {}, {"architectures_k1": "11"})
    assert hold(read_conditions("faces_photos=a+b"), {}, {"faces_photos": "a b"})


def usual() -> dict[str, str]:
    """Every setting as it is before anybody has chosen, and no deed done."""
    known = {name: address.encoded(address.default(*place)) for name, place in address.KNOWN.items()}
    return {**known, **dict.fromkeys(DEEDS, "0")}


def done_by(condition: Condition, state: dict[str, str]) -> dict[str, str]:
    """The state after the one thing was done that the condition asks for."""
    if condition.kind == "is":
        return {**state, condition.name: condition.values[0]}
    other = str(int(state[condition.name]) + 1) if condition.kind == "happens" else f"not {state[condition.name]}"
    return {**state, condition.name: other}


STEPS = [(path.name, number, step) for path in FILES for number, step in enumerate(read_file(path).steps, 1)]


@pytest.mark.parametrize(("file", "number", "step"), STEPS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_step_is_done_when_all_of_it_was_done_and_nothing_else_does_it(file: str, number: int, step: Step) -> None:
    begun = {**usual(), **dict(step.view), **dict(step.then), "page": step.page}
    asked = [condition for condition in step.done if not hold([condition], begun, begun)]
    assert asked, "it is done before anything was done"
    for missing in asked:
        state = begun
        for condition in asked:
            state = state if condition is missing else done_by(condition, state)
        assert not hold(step.done, begun, state), f"done without {missing}"
        assert hold(step.done, begun, done_by(missing, state))
    named = {condition.name for condition in step.done}
    elsewhere = {name: value if name in named else f"another {value}" for name, value in begun.items()}
    assert not hold(step.done, begun, elsewhere)


def test_each_lesson_asks_for_guesses_and_each_deed_is_asked_for() -> None:
    asked = {condition.name for _, _, step in STEPS for condition in step.done if condition.kind == "happens"}
    assert asked == set(DEEDS)
    for name in ORDER:
        assert any(step.question for file, _, step in STEPS if file.startswith(f"{name}.en")), name


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("teacher", [False, True])
def test_sheets_say_what_the_lesson_says(language: str, teacher: bool) -> None:
    text = (HEAD + STEP + "guess: Which?\n- left <b>\n* right\nexpect: Just so.\n").replace(
        "About it.", "一只猫 and ü."
    )
    lesson = read_lesson(text, "mine", language)
    speak("de")  # what is spoken around it does not matter
    try:
        files = {name: make() for _, name, make in worksheet.files(lesson, "http://school.example/lab/lessons?x=1")}
    finally:
        speak("")
    kind = "teacher" if teacher else "worksheet"
    page = files[f"mine-{kind}-{language}.html"].decode()
    assert "一只猫" in page and "left &lt;b&gt;" in page and "<svg" in page
    assert ("Just so." in page) is teacher and ("[x] right" in page) is teacher
    assert not re.search(r'(src|href)="http', page)
    pdf = files[f"mine-{kind}-{language}.pdf"]
    assert pdf.startswith(b"%PDF") and pdf.count(b"/FontFile2") == 2  # both alphabets, inside
    assert worksheet.address(lesson, 1, "http://school.example/lab/") == (
        f"http://school.example/lab/look-inside?lesson=mine&step=1&lang={language}"
    )
    assert io.BytesIO(pdf).read(4) == b"%PDF"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_pupils_sheet_is_one_page_with_a_link_to_each_step(path: Path) -> None:
    lesson = read_file(path)
    assert len(re.findall(rb"/Type /Page\b", worksheet.pdf(lesson, "http://192.168.100.100:8501/", False))) == 1
    page = worksheet.page(lesson, "http://192.168.100.100:8501/", False)
    assert page.count("<svg") == len(lesson.steps)
    for words in (worksheet.TIME, worksheet.SEEN):
        speak(lesson.language)
        try:
            assert t(words) in page
        finally:
            speak("")

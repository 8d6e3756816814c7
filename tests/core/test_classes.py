"""Classes: thirty pupils join, vote, follow, leave and come back; nothing is left when the class has ended."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from random import Random
from typing import Any

import pytest

from zfnet_core.serving.classes import (
    A_DAY_S,
    MOST_CLASSES,
    MOST_MEMBERS,
    MOST_QUESTIONS,
    PRESENT_S,
    ClassError,
    Classes,
)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["memory", "file"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path / "classes.sqlite" if request.param == "file" else None


def test_thirty_pupils(path: Path | None) -> None:
    clock = Clock()
    classes = Classes(path, clock)
    code = classes.begin("teacher")
    pupils = [f"pupil {number}" for number in range(30)]
    for number, pupil in enumerate(pupils):
        classes.seen(code, pupil, follows=number % 3 == 0)
    assert (classes.attendance(code).present, classes.attendance(code).following) == (30, 10)
    for number, pupil in enumerate(pupils):
        classes.vote(code, pupil, "first", number % 3)
    assert classes.votes(code, "first", 3) == (10, 10, 10)
    classes.vote(code, pupils[0], "first", 2)  # another thought: the last one counts, and only once
    assert classes.votes(code, "first", 3) == (9, 10, 11)
    clock.now += 60  # a minute without network: nobody is seen, no vote is lost
    assert classes.attendance(code).present == 0
    for pupil in pupils[:12]:
        classes.seen(code, pupil, follows=True)
    assert (classes.attendance(code).present, classes.attendance(code).following) == (12, 12)
    classes.seen(code, pupils[0], follows=False)  # lets go
    assert classes.attendance(code).following == 11
    classes.leave(code, pupils[1])
    assert classes.attendance(code).present == 11
    assert sum(classes.votes(code, "first", 3)) == 30
    classes.end(code, "teacher")
    assert classes.rows() == 0
    with pytest.raises(ClassError, match="has ended"):
        classes.vote(code, pupils[0], "first", 1)


def test_only_the_teacher_leads_asks_and_ends() -> None:
    classes = Classes()
    code = classes.begin("teacher")
    classes.seen(code, "pupil", follows=True)
    assert classes.is_teacher(code, "teacher") and not classes.is_teacher(code, "pupil")
    for deed in (
        lambda: classes.lead(code, "pupil", "occlusion?photo=coffee"),
        lambda: classes.ask(code, "pupil", "q", "Which?", ("a", "b"), None),
        lambda: classes.end(code, "pupil"),
    ):
        with pytest.raises(ClassError, match="Only whoever began"):
            deed()
    assert classes.place(code) == (0, "")
    classes.lead(code, "teacher", "occlusion?photo=coffee")
    classes.lead(code, "teacher", "occlusion?photo=coffee")  # nothing new is no step
    assert classes.place(code) == (1, "occlusion?photo=coffee")


def test_what_was_asked_stands_beside_the_votes() -> None:
    classes = Classes()
    code = classes.begin("teacher")
    classes.seen(code, "pupil", follows=True)
    classes.ask(code, "teacher", "q", "Which?", ("a", "b"), None)
    classes.vote(code, "pupil", "q", 1)
    classes.ask(code, "teacher", "q", "Which?", ("a", "b"), 1)
    (asked,) = classes.asked(code)
    assert (asked.words, asked.options, asked.votes, asked.answer) == ("Which?", ("a", "b"), (0, 1), 1)


def test_a_flood_from_one_browser_is_one_vote_and_bounds_hold() -> None:
    classes = Classes()
    code = classes.begin("teacher")
    classes.seen(code, "loud", follows=False)
    for number in range(10_000):
        classes.vote(code, "loud", "q", number % 2)
    assert classes.votes(code, "q", 2) == (0, 1)
    for number in range(MOST_QUESTIONS - 1):
        classes.vote(code, "loud", f"q{number}", 0)
    with pytest.raises(ClassError, match="the most there may be"):
        classes.vote(code, "loud", "one more", 0)
    for number in range(MOST_MEMBERS - 1):
        classes.seen(code, f"member {number}", follows=False)
    with pytest.raises(ClassError, match="full"):
        classes.seen(code, "one more", follows=False)
    classes.seen(code, "loud", follows=True)  # whoever is in stays in
    with pytest.raises(ClassError, match="no such answer"):
        classes.vote(code, "loud", "q", 99)
    with pytest.raises(ClassError, match="not joined"):
        classes.vote(code, "stranger", "q", 0)
    with pytest.raises(ClassError, match="no class"):
        classes.seen("NEVER", "pupil", follows=True)
    for _ in range(MOST_CLASSES - 1):
        classes.begin("somebody")
    with pytest.raises(ClassError, match="end one first"):
        classes.begin("somebody")


def test_after_a_day_nothing_is_left() -> None:
    clock = Clock()
    classes = Classes(clock=clock)
    code = classes.begin("teacher")
    classes.seen(code, "pupil", follows=True)
    clock.now += A_DAY_S + 1
    assert not classes.exists(code)
    assert classes.rows() == 0


def test_several_server_processes_share_a_file_and_tickets_do_not_stand_in_it(tmp_path: Path) -> None:
    path = tmp_path / "classes.sqlite"
    one, other = Classes(path), Classes(path)
    code = one.begin("the teacher's ticket")
    errors: list[Exception] = []

    def vote(classes: Classes, first: int) -> None:
        try:
            for number in range(first, 60, 2):
                classes.seen(code, f"pupil {number}", follows=True)
                classes.vote(code, f"pupil {number}", "q", number % 2)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=vote, args=pair) for pair in ((one, 0), (other, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert one.votes(code, "q", 2) == other.votes(code, "q", 2) == (30, 30)
    kept = "".join(map(str, sqlite3.connect(path).execute("SELECT * FROM members").fetchall()))
    assert "pupil" not in kept and "ticket" not in kept


class PlainClass:
    """The same, written as one would tell it: who was seen when, who follows, who said what."""

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}
        self.follows: dict[str, bool] = {}
        self.said: dict[str, dict[str, int]] = {}

    def attendance(self, now: float) -> tuple[int, int]:
        there = [pupil for pupil, when in self.seen.items() if now - when < PRESENT_S]
        return len(there), sum(self.follows[pupil] for pupil in there)

    def votes(self, question: str) -> tuple[int, ...]:
        said = list(self.said.get(question, {}).values())
        return tuple(said.count(option) for option in range(4))


def test_the_chart_is_right_at_every_step_of_a_long_lesson(path: Path | None) -> None:
    clock, dice, plain = Clock(), Random(12), PlainClass()
    classes = Classes(path, clock)
    code = classes.begin("teacher")
    pupils, questions = [f"pupil {number}" for number in range(30)], ("first", "second", "third")
    connected = dict.fromkeys(pupils, False)
    deeds = ("join", "vote", "vote", "vote", "follow", "let go", "leave", "pull the cable", "come back", "wait")
    for _ in range(400):
        pupil, deed, question, option = (
            dice.choice(pupils),
            dice.choice(deeds),
            dice.choice(questions),
            dice.randrange(4),
        )
        if deed in ("join", "follow", "let go") or (deed == "come back" and pupil in plain.seen):
            connected[pupil] = True
            plain.follows[pupil] = plain.follows.get(pupil, True) if deed == "come back" else deed != "let go"
        elif deed == "leave" and pupil in plain.seen:
            classes.leave(code, pupil)
            connected[pupil] = False
            del plain.seen[pupil], plain.follows[pupil]
        elif deed == "pull the cable":
            connected[pupil] = False
        elif deed == "wait":
            clock.now += dice.choice((2.0, 60.0))
        elif deed == "vote" and pupil in plain.seen:
            classes.vote(code, pupil, question, option)
            plain.said.setdefault(question, {})[pupil] = option
        elif deed == "vote":
            with pytest.raises(ClassError, match="not joined"):
                classes.vote(code, pupil, question, option)
        for one in (one for one in pupils if connected[one]):  # what a connected page says every two seconds
            classes.seen(code, one, plain.follows[one])
            plain.seen[one] = clock.now
        there = classes.attendance(code)
        assert (there.present, there.following) == plain.attendance(clock.now)
        assert [classes.votes(code, one, 4) for one in questions] == [plain.votes(one) for one in questions]
    assert all(sum(plain.votes(one)) > 10 for one in questions)
    classes.end(code, "teacher")
    assert classes.rows() == 0


def test_nothing_of_a_class_is_left_in_memory_or_on_the_disk(
    path: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def remembered(*arguments: Any, **options: Any) -> sqlite3.Connection:
        opened.append(connect(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", remembered)
    classes = Classes(path)
    other, code = classes.begin("another teacher"), classes.begin("teacher")
    classes.seen(code, "pupil", follows=True)
    classes.lead(code, "teacher", "occlusion?photo=coffee")
    classes.ask(code, "teacher", "a question", "Which of the two?", ("Tweedledum", "Tweedledee"), 1)
    classes.vote(code, "pupil", "a question", 1)

    def kept() -> bytes:
        files = sorted(path.parent.glob(f"{path.name}*")) if path else []
        return opened[0].serialize() + b"".join(file.read_bytes() for file in files)

    traces = [text.encode() for text in (code, "photo=coffee", "a question", "Tweedledum")]
    assert all(trace in kept() for trace in traces)
    classes.end(code, "teacher")
    left = kept()
    assert [trace for trace in traces if trace in left] == [] and other.encode() in left

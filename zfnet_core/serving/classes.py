"""Classes: a code that pupils join by, their guesses counted, and where the teacher's page stands.

No names, no accounts. A member is a number that its browser drew by lot, kept only as a digest together with the
class's code. Everything of a class is gone when it ends, at the latest after a day. One server keeps it in memory;
several server processes share a file (SQLite).
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zfnet_core.errors import ExplorerError
from zfnet_core.language import phrase

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 5
A_DAY_S = 86_400.0
PRESENT_S = 20.0
MOST_CLASSES = 100
MOST_MEMBERS = 500
MOST_QUESTIONS = 300
MOST_OPTIONS = 12
LONGEST_TEXT = 4_000
TABLES = """
CREATE TABLE IF NOT EXISTS classes (
  code TEXT PRIMARY KEY, teacher TEXT NOT NULL, begun REAL NOT NULL, version INTEGER NOT NULL DEFAULT 0,
  place TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS members (
  code TEXT NOT NULL, member TEXT NOT NULL, seen REAL NOT NULL, follows INTEGER NOT NULL, PRIMARY KEY (code, member));
CREATE TABLE IF NOT EXISTS questions (
  code TEXT NOT NULL, question TEXT NOT NULL, words TEXT NOT NULL, answer INTEGER, PRIMARY KEY (code, question));
CREATE TABLE IF NOT EXISTS votes (
  code TEXT NOT NULL, question TEXT NOT NULL, member TEXT NOT NULL, choice INTEGER NOT NULL,
  PRIMARY KEY (code, question, member));
"""


class ClassError(ExplorerError):
    """Why a class cannot be joined, led or voted in, in a sentence for the person who tried."""


@dataclass(frozen=True)
class Asked:
    """A question with the class's votes: how often each option was chosen; `answer` is the right one, if shown."""

    question: str
    words: str
    options: tuple[str, ...]
    votes: tuple[int, ...]
    answer: int | None


@dataclass(frozen=True)
class Attendance:
    """How many pupils were seen lately, and how many of them follow."""

    present: int
    following: int


class Classes:
    """All classes of a server.

    `path` is the SQLite file that several server processes share; without one everything is kept in memory. `clock`
    gives seconds.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._clock, self._lock, self._forgot = clock, threading.Lock(), False
        self._rows = sqlite3.connect(path or ":memory:", timeout=10.0, check_same_thread=False, isolation_level=None)
        self._rows.execute("PRAGMA secure_delete = ON")
        if path is not None:
            self._rows.execute("PRAGMA journal_mode = WAL")
            self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.executescript(TABLES)

    def begin(self, ticket: str) -> str:
        """Begin a class; whoever holds `ticket` is its teacher. Returns the code."""
        with self._writing():
            (many,) = self._one("SELECT COUNT(*) FROM classes")
            if many >= MOST_CLASSES:
                raise ClassError(phrase("There are {n} classes on this server already; end one first.", n=many))
            while True:
                code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
                if self._find(code) is None:
                    break
            self._rows.execute(
                "INSERT INTO classes (code, teacher, begun) VALUES (?, ?, ?)",
                (code, _digest(code, ticket), self._clock()),
            )
        return code

    def exists(self, code: str) -> bool:
        """Whether that class is going on."""
        with self._writing():
            return self._find(code) is not None

    def is_teacher(self, code: str, ticket: str) -> bool:
        """Whether the holder of `ticket` leads the class."""
        with self._writing():
            found = self._find(code)
        return found is not None and secrets.compare_digest(found[0], _digest(code, ticket))

    def seen(self, code: str, ticket: str, follows: bool) -> None:
        """A pupil is there, and follows or not. Raises ClassError where there is no such class, or it is full."""
        member = _digest(code, ticket)
        with self._writing():
            self._needed(code)
            known = self._rows.execute("SELECT 1 FROM members WHERE code = ? AND member = ?", (code, member)).fetchone()
            if known is None:
                (many,) = self._one("SELECT COUNT(*) FROM members WHERE code = ?", code)
                if many >= MOST_MEMBERS:
                    raise ClassError(phrase("This class is full: {n} have joined it.", n=many))
            self._rows.execute(
                "INSERT INTO members VALUES (?, ?, ?, ?) ON CONFLICT (code, member) "
                "DO UPDATE SET seen = excluded.seen, follows = excluded.follows",
                (code, member, self._clock(), int(follows)),
            )

    def leave(self, code: str, ticket: str) -> None:
        """A pupil goes; the votes stay, without anything that tells whose they were."""
        with self._writing():
            self._rows.execute("DELETE FROM members WHERE code = ? AND member = ?", (code, _digest(code, ticket)))

    def attendance(self, code: str) -> Attendance:
        """Who is there now."""
        with self._writing():
            present, following = self._one(
                "SELECT COUNT(*), COALESCE(SUM(follows), 0) FROM members WHERE code = ? AND seen > ?",
                code,
                self._clock() - PRESENT_S,
            )
        return Attendance(present, following)

    def lead(self, code: str, ticket: str, place: str) -> None:
        """The teacher's page stands at `place` now (a page and its address). Raises ClassError for anybody else."""
        with self._writing():
            self._led(code, ticket)
            if len(place) <= LONGEST_TEXT:
                self._rows.execute(
                    "UPDATE classes SET place = ?, version = version + 1 WHERE code = ? AND place <> ?",
                    (place, code, place),
                )

    def place(self, code: str) -> tuple[int, str]:
        """(version, where the teacher's page stands); the version grows with every step."""
        with self._writing():
            found = self._needed(code)
        return found[1], found[2]

    def ask(
        self, code: str, ticket: str, question: str, words: str, options: Sequence[str], answer: int | None
    ) -> None:
        """The teacher's page asks, or shows the answer: what the chart and the table afterwards say."""
        with self._writing():
            self._led(code, ticket)
            (many,) = self._one("SELECT COUNT(*) FROM questions WHERE code = ?", code)
            if many >= MOST_QUESTIONS:
                return
            text = json.dumps([words, *options], ensure_ascii=False)[:LONGEST_TEXT]
            self._rows.execute(
                "INSERT INTO questions VALUES (?, ?, ?, ?) ON CONFLICT (code, question) "
                "DO UPDATE SET words = excluded.words, answer = excluded.answer",
                (code, question[:200], text, answer),
            )

    def vote(self, code: str, ticket: str, question: str, choice: int) -> None:
        """One vote of one member to one question; the last one counts. Raises ClassError."""
        if not 0 <= choice < MOST_OPTIONS:
            raise ClassError(phrase("There is no such answer."))
        member = _digest(code, ticket)
        with self._writing():
            self._needed(code)
            joined = self._rows.execute(
                "SELECT 1 FROM members WHERE code = ? AND member = ?", (code, member)
            ).fetchone()
            if joined is None:
                raise ClassError(phrase("You have not joined this class; open its link again."))
            (many,) = self._one("SELECT COUNT(DISTINCT question) FROM votes WHERE code = ?", code)
            known = self._rows.execute(
                "SELECT 1 FROM votes WHERE code = ? AND question = ? LIMIT 1", (code, question[:200])
            ).fetchone()
            if known is None and many >= MOST_QUESTIONS:
                raise ClassError(
                    phrase("This class has voted on {n} questions already, the most there may be.", n=many)
                )
            self._rows.execute(
                "INSERT INTO votes VALUES (?, ?, ?, ?) ON CONFLICT (code, question, member) "
                "DO UPDATE SET choice = excluded.choice",
                (code, question[:200], member, choice),
            )

    def votes(self, code: str, question: str, options: int) -> tuple[int, ...]:
        """How often each of the options was chosen."""
        with self._writing():
            return self._counted(code, question[:200], options)

    def asked(self, code: str) -> tuple[Asked, ...]:
        """Every question that the teacher's page asked, in that order."""
        with self._writing():
            rows = self._rows.execute(
                "SELECT question, words, answer FROM questions WHERE code = ? ORDER BY rowid", (code,)
            ).fetchall()
            found = []
            for question, text, answer in rows:
                try:
                    words, *options = json.loads(text)
                except ValueError:  # longer than may be kept
                    words, options = question, []
                votes = self._counted(code, question, len(options) or MOST_OPTIONS)
                found.append(Asked(question, words, tuple(options), votes, answer))
        return tuple(found)

    def end(self, code: str, ticket: str) -> None:
        """End the class: nothing of it is kept. Raises ClassError for anybody but its teacher."""
        with self._writing():
            self._led(code, ticket)
            self._forget(code)

    def rows(self) -> int:
        """How many rows are kept of all classes together."""
        with self._writing():
            tables = ("classes", "members", "questions", "votes")
            return sum(self._one(f"SELECT COUNT(*) FROM {table}")[0] for table in tables)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            self._rows.execute("BEGIN IMMEDIATE")
            try:
                old = self._rows.execute(
                    "SELECT code FROM classes WHERE begun < ?", (self._clock() - A_DAY_S,)
                ).fetchall()
                for (code,) in old:
                    self._forget(code)
                yield
            finally:
                self._rows.execute("COMMIT")
                if self._forgot:  # in a file, pages as they were before stand in its log until that is cut
                    self._forgot = False
                    self._rows.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _one(self, question: str, *values: object) -> tuple[int, ...]:
        return self._rows.execute(question, values).fetchone()

    def _find(self, code: str) -> tuple[str, int, str] | None:
        return self._rows.execute("SELECT teacher, version, place FROM classes WHERE code = ?", (code,)).fetchone()

    def _needed(self, code: str) -> tuple[str, int, str]:
        if (found := self._find(code)) is None:
            raise ClassError(
                phrase("There is no class {code} here; it has ended, or the code is mistyped.", code=code[:12])
            )
        return found

    def _led(self, code: str, ticket: str) -> None:
        if not secrets.compare_digest(self._needed(code)[0], _digest(code, ticket)):
            raise ClassError(phrase("Only whoever began the class can do that."))

    def _counted(self, code: str, question: str, options: int) -> tuple[int, ...]:
        rows = self._rows.execute(
            "SELECT choice, COUNT(*) FROM votes WHERE code = ? AND question = ? GROUP BY choice", (code, question)
        )
        counts = dict(rows.fetchall())
        return tuple(counts.get(option, 0) for option in range(options))

    def _forget(self, code: str) -> None:
        for table in ("classes", "members", "questions", "votes"):
            self._rows.execute(f"DELETE FROM {table} WHERE code = ?", (code,))
        self._forgot = True


def _digest(code: str, ticket: str) -> str:
    return hashlib.sha256(f"{code}:{ticket}".encode()).hexdigest()[:32]

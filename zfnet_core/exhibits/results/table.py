"""A table of results: each cell with what the paper prints, what ours gives, and what the visitor's own run gave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zfnet_core.paper.values import Claim
from zfnet_core.tables import csv_text

NONE = "–"
OTHERS = ("ours", "public", "yours")


@dataclass(frozen=True)
class Value:
    """One number as it is shown, and in a sentence how it was made."""

    text: str
    how: str


@dataclass(frozen=True)
class Cell:
    """A cell: the paper's value ("" for a dash), ours, that of published weights of such a network, the visitor's."""

    paper: str = ""
    ours: tuple[Value, ...] = ()
    public: tuple[Value, ...] = ()
    yours: tuple[Value, ...] = ()

    @property
    def others(self) -> tuple[tuple[str, tuple[Value, ...]], ...]:
        """(whose, values) of everybody but the paper."""
        return tuple(zip(OTHERS, (self.ours, self.public, self.yours), strict=True))


@dataclass(frozen=True)
class Row:
    """A row by its name in the paper, or, where the paper has none like it, by ours; `claim` is what the paper says."""

    name: str
    cells: tuple[Cell, ...]
    printed: bool = True
    claim: str = ""


@dataclass(frozen=True)
class Table:
    """One exhibit of the paper with our values beside the printed ones. `about` says in plain words what it shows.

    `why` says in one line why ours differ, `missing` what is not there and how to get it, `verdict`
    whether ours bears out the paper; `live` are the exhibits of
    this program in which the same can be measured by oneself.
    """

    name: str
    title: str
    unit: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    about: str
    why: str
    note: str = ""
    missing: str = ""
    verdict: str = ""
    claims: tuple[Claim, ...] = ()
    live: tuple[str, ...] = ()
    confidence: str = "A"

    def values(self) -> Iterator[tuple[str, str, str, Value]]:
        """(row, column, whose, value) of everything that is not the paper's."""
        for row in self.rows:
            for column, cell in zip(self.columns, row.cells, strict=True):
                for source, values in cell.others:
                    yield from ((row.name, column, source, value) for value in values)

    @property
    def settings(self) -> tuple[str, ...]:
        """How the values were made, each sentence once, in the order of the cells."""
        return tuple(dict.fromkeys(value.how for *_, value in self.values()))


def table_csv(table: Table) -> str:
    """One line for each number: row, column, whose it is, the number, how it was made."""
    lines: list[tuple[str, str, str, str, str]] = []
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells, strict=True):
            if cell.paper:
                lines.append((row.name, column, "paper", cell.paper, table.title))
    lines += [(row, column, source, value.text, value.how) for row, column, source, value in table.values()]
    order = {row.name: number for number, row in enumerate(table.rows)}
    lines.sort(key=lambda line: (order[line[0]], table.columns.index(line[1])))
    return csv_text(["row", "column", "whose", f"value ({table.unit})" if table.unit else "value", "how"], lines)

"""The table as the browser draws it: the paper’s number and everybody else’s in each cell, with letters for how."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from string import ascii_lowercase

from ui.results.question import Question
from zfnet_core.exhibits.results.table import NONE, Cell, Row, Table
from zfnet_core.language import t


def letters(table: Table) -> dict[str, str]:
    """How a value was made → its letter: a, b … z, aa, ab …"""
    names = [*ascii_lowercase, *(first + second for first in ascii_lowercase for second in ascii_lowercase)]
    return dict(zip(table.settings, names, strict=False))


def scene(question: Question, table: Table) -> str:
    """HTML of the table and of its letters; every text from outside is escaped."""
    if not table.rows:
        return ""
    known = letters(table)
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in table.columns)
    lines = "".join(_row(row, known) for row in table.rows)
    caption = escape(f"{table.title}, {table.unit}" if table.unit else table.title)
    region = escape(t("{title}: paper, ours, yours", title=table.title), quote=True)
    return (
        f'<div class="zf-results" role="region" tabindex="0" aria-label="{region}"><table><caption>{caption}</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{lines}</tbody></table></div>{_how(known)}"
    )


def _row(row: Row, known: Mapping[str, str]) -> str:
    claim = f"<small>{escape(t('Paper:'))} {escape(t(row.claim))}</small>" if row.claim else ""
    printed = "" if row.printed or row.claim else f"<small>{escape(t('not in the paper'))}</small>"
    cells = "".join(f"<td>{_cell(cell, known)}</td>" for cell in row.cells)
    return f'<tr><th scope="row">{escape(row.name)}{claim}{printed}</th>{cells}</tr>'


def _cell(cell: Cell, known: Mapping[str, str]) -> str:
    words = {"ours": t("ours"), "public": t("public weights"), "yours": t("yours")}
    parts = [f'<span class="paper" translate="no">{escape(cell.paper)}</span>'] if cell.paper else []
    for kind, values in cell.others:
        parts += [
            f'<span class="{kind}"><i>{escape(words[kind])}</i> <span translate="no">{escape(value.text)}</span>'
            f"<sup>{known[value.how]}</sup></span>"
            for value in values
        ]
    return "".join(parts) or f'<span class="paper">{NONE}</span>'


def _how(known: Mapping[str, str]) -> str:
    if not known:
        return ""
    items = "".join(f"<li><b>{letter}</b> {escape(how)}</li>" for how, letter in known.items())
    return f'<p class="zf-how">{escape(t("How these were made:"))}</p><ul class="zf-how">{items}</ul>'

"""What an evaluation has answered so far, in a file that it goes on from.

One line of JSON for each batch, behind a first line that says of which photos, weights and settings it is. Half a line
at the end, as a killed process leaves it, is thrown away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zfnet_core.errors import ResultError
from zfnet_core.language import later, t


@dataclass(frozen=True)
class Shape:
    """How many photos are evaluated by how many judges (networks or several averaged), and of how many classes."""

    photos: int
    judges: int
    classes: int

    def fits(self, line: Any) -> bool:
        """Whether a line can be one of such an evaluation's."""
        if not isinstance(line, dict) or line.keys() != {"photos", "unread", "best"}:
            return False
        photos, unread, best = line["photos"], line["unread"], line["best"]
        if not isinstance(photos, list) or not isinstance(unread, dict) or not isinstance(best, list):
            return False
        rows = [row for judge in best if isinstance(judge, list) for row in judge]
        return (
            all(_below(photo, self.photos) for photo in photos)
            and len(best) == (self.judges if photos else 0)
            and len(rows) == len(photos) * len(best)
            and all(isinstance(row, list) and row and all(_below(one, self.classes) for one in row) for row in rows)
        )


def _below(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < most


@dataclass(eq=False)
class Journal:
    """What the file held when it was opened, and where the next line goes; nothing where there is no file."""

    path: Path | None
    lines: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, path: Path | None, heading: Mapping[str, Any], shape: Shape) -> Journal:
        """Open or begin a journal. Raises ResultError if there is one of something else, or no room for one."""
        if path is None:
            return cls(None)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            kept = path.read_bytes() if path.exists() else b""
            whole = kept[: kept.rfind(b"\n") + 1].splitlines(keepends=True)
            if not whole:
                path.write_bytes(json.dumps(heading).encode() + b"\n")
                return cls(path)
            lines = _checked(path, whole, heading, shape)
            os.truncate(path, sum(map(len, whole)))
        except OSError as error:
            raise unwritable(path, error) from error
        return cls(path, lines)

    def __enter__(self) -> Journal:
        self._file = self.path.open("ab") if self.path else None
        return self

    def add(self, line: Mapping[str, Any]) -> None:
        """Keep one batch's answers."""
        if self._file:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()


def unwritable(path: Path, error: OSError) -> ResultError:
    """What to say where nothing can be written."""
    return ResultError(
        t("{path} cannot be written ({why}); name another --out.", path=str(path), why=error.strerror or str(error))
    )


def _checked(path: Path, whole: list[bytes], heading: Mapping[str, Any], shape: Shape) -> list[dict[str, Any]]:
    try:
        found, lines = json.loads(whole[0]), [json.loads(line) for line in whole[1:]]
    except (ValueError, RecursionError):
        found, lines = None, []
    if not isinstance(found, dict) or found.keys() != heading.keys():
        raise ResultError(t("{path} is no interrupted evaluation; name another --out.", path=str(path)))
    for part, sentence in OTHERWISE.items():
        if found[part] != heading[part]:
            raise ResultError(t(sentence, path=str(path)))
    if not all(map(shape.fits, lines)):
        raise ResultError(
            t("The interrupted evaluation in {path} is damaged; name another --out, or add --anew.", path=str(path))
        )
    return lines


OTHERWISE = {
    "photos": later("The interrupted evaluation in {path} is of other photos; name another --out, or add --anew."),
    "networks": later("The interrupted evaluation in {path} is of other weights; name another --out, or add --anew."),
    "crops": later("The interrupted evaluation in {path} is of other crops; name another --out, or add --anew."),
    "together": later(
        "The interrupted evaluation in {path} averages other networks; name another --out, or add --anew."
    ),
}

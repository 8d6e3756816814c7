"""What the paper prints, from one data file, so that every exhibit can show paper / ours / your run.

`assets/paper.json` holds the tables and claims of Zeiler & Fergus (arXiv 1311.2901 v3), each with how sure we are of
the transcription, and the errors published with public weights.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from zfnet_core.assets import ASSETS
from zfnet_core.errors import UnknownName
from zfnet_core.language import later, phrase

PAPER = ASSETS / "paper.json"
CLAIMS = (
    later(
        "A small transformation changes layer 1 dramatically and layer 7 much less; layer 7 is quasi-linear in "
        "translation and scale."
    ),
    later(
        "The output is stable to translation and scaling, but not to rotation, except for objects with rotational "
        "symmetry."
    ),
    later("fewer “dead” features than AlexNet"),
    later("AlexNet has “little coverage of the mid frequencies”"),
    later("“aliasing artifacts” in AlexNet, caused by the stride of 4 in layer 1"),
    later("layer-2 features of ZFNet without aliasing"),
    later("“cleaner” layer-2 pictures of ZFNet"),
    later("without the limit on the filters’ RMS, one filter dominates layer 1 of ZFNet"),
    later("AlexNet with the limit: very high and very low frequencies, “dead” filters"),
    later("ZFNet with the limit: more distinctive filters, fewer “dead” ones"),
    later("a lower error than AlexNet"),
    later(
        "Hiding an eye or the nose changes layer 5 more consistently than hiding random places: a degree of "
        "correspondence."
    ),
    later("At layer 7 the scores are more similar, perhaps because the upper layers try to tell breeds of dogs apart."),
    later("Lower layers converge within a few epochs; upper layers develop only after 40 to 50."),
    later("Hiding the object lowers the correct class's probability: the network localises the object."),
)
"""What `paper.json` says in words, so that it has a translation."""


@dataclass(frozen=True)
class PaperValue:
    """One printed number in the exhibit's unit; `spread` is the ± beside it, None where there is none."""

    value: float
    spread: float | None = None

    def __str__(self) -> str:
        return f"{self.value:g}" if self.spread is None else f"{self.value:g} ± {self.spread:g}"


@dataclass(frozen=True)
class Exhibit:
    """A printed table: `cells[row][column]`, None for a dash. `confidence` A: read twice independently, B: once."""

    title: str
    unit: str
    confidence: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    cells: tuple[tuple[PaperValue | None, ...], ...]
    note: str

    def value(self, row: str, column: str) -> PaperValue | None:
        """The number in that row and column. Raises UnknownName."""
        if row not in self.rows or column not in self.columns:
            raise UnknownName(
                phrase(
                    "{title} has no value for “{row}” in “{column}”; its rows: {rows}.",
                    title=self.title,
                    row=row,
                    column=column,
                    rows=", ".join(self.rows),
                )
            )
        return self.cells[self.rows.index(row)][self.columns.index(column)]


@dataclass(frozen=True)
class Claim:
    """What the paper says in words, where, and about which exhibit."""

    exhibit: str
    about: str
    claim: str
    confidence: str
    where: str

    def __str__(self) -> str:
        return phrase("{claim} ({where})", claim=phrase(self.claim), where=self.where)


@cache
def _paper() -> Mapping[str, Any]:
    return json.loads(PAPER.read_text(encoding="utf-8"))


def names() -> tuple[str, ...]:
    """The exhibits there are: table-1 … table-7, figure-5."""
    return tuple(_paper()["exhibits"])


def exhibit(name: str) -> Exhibit:
    """One exhibit of the paper. Raises UnknownName."""
    if name not in names():
        raise UnknownName(
            phrase("There is no exhibit “{name}”; choose one of {names}.", name=name, names=", ".join(names()))
        )
    found = _paper()["exhibits"][name]
    return Exhibit(
        found["title"],
        found["unit"],
        found["confidence"],
        tuple(found["columns"]),
        tuple(row["name"] for row in found["rows"]),
        tuple(tuple(cell and PaperValue(**cell) for cell in row["values"]) for row in found["rows"]),
        found["note"],
    )


def claims(exhibit: str) -> tuple[Claim, ...]:
    """What the paper says about a figure or table; empty where it says nothing that is kept here."""
    return tuple(Claim(**claim) for claim in _paper()["claims"] if claim["exhibit"] == exhibit)


def claim(exhibit: str, about: str) -> Claim:
    """What the paper says about one aspect of a figure or table. Raises UnknownName."""
    found = {one.about: one for one in claims(exhibit)}
    if about not in found:
        raise UnknownName(
            phrase(
                "No claim about “{about}” is kept for {exhibit}; there are {found}."
                if found
                else "No claim about “{about}” is kept for {exhibit}; there are none.",
                about=about,
                exhibit=exhibit,
                found=", ".join(found),
            )
        )
    return found[about]


def printed_as(network: str) -> str:
    """The row of Table 2 with the architecture of the zoo's network of that name; empty where the paper has none."""
    return _paper()["printed_as"]["rows"].get(network, "")


def public_weights() -> Mapping[str, Mapping[str, Any]]:
    """ImageNet validation errors in % (`top1_error`, `top5_error`) published with weights, by the zoo's names."""
    return _paper()["public_weights"]["networks"]


def public_photos() -> int:
    """How many validation photos stand behind the published errors."""
    return _paper()["public_weights"]["photos"]

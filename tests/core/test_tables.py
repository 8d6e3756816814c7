"""CSV files: read back by Python's reader, and harmless in a spreadsheet."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from zfnet_core.tables import csv_text


def read(text: str) -> list[list[str]]:
    return list(csv.reader(text.splitlines()))


def test_a_table_can_be_read_back() -> None:
    rows = [("a, “b”", 1 / 3, np.float32(0.1), 7, None), ("小猫", -2.0, 1e-9, -7, True)]
    assert read(csv_text(["name", "x", "y", "n", "none"], rows)) == [
        ["name", "x", "y", "n", "none"],
        ["a, “b”", "0.333333", "0.1", "7", ""],
        ["小猫", "-2", "1e-09", "-7", "True"],
    ]
    assert read(csv_text((), [[1 / 3]], digits=3)) == [["0.333"]]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(…)"])
def test_text_is_never_a_formula(text: str) -> None:
    assert read(csv_text(["name"], [[text]]).replace("\r=", "R=").replace("\t", "T"))[1][0].startswith("'")
    assert read(csv_text([text.strip()], []))[0][0].startswith("'")


@pytest.mark.parametrize("text", ["-3", "+0.5", "-1e-5", "a-b", "−3", "-inf"])
def test_numbers_and_plain_words_stay_as_they_are(text: str) -> None:
    assert read(csv_text(["name"], [[text]]))[1] == [text]

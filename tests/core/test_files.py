"""A file is replaced as a whole or not at all, whoever writes it at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from zfnet_core.files import ABANDONED_S, clear_abandoned, replaced

ROOT = Path(__file__).parents[2]


def test_what_fails_while_it_is_written_leaves_the_old_file(tmp_path):
    path = tmp_path / "new folder" / "card.json"
    with replaced(path) as place:
        place.write_text("old")
        assert not path.exists()
    with pytest.raises(ZeroDivisionError), replaced(path) as place:
        place.write_text("half of the n")
        1 / 0  # noqa: B018
    assert path.read_text() == "old" and list(path.parent.iterdir()) == [path]


def test_a_process_killed_in_the_middle_leaves_the_old_file_and_what_it_leaves_is_cleared_up(tmp_path):
    path = tmp_path / "state.pt"
    path.write_text("old")
    program = f"""
import os, pathlib
from zfnet_core.files import replaced
with replaced(pathlib.Path({str(path)!r})) as place:
    place.write_text("half of the n")
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == -9
    assert path.read_text() == "old"
    (left,) = set(tmp_path.iterdir()) - {path}
    clear_abandoned(tmp_path)
    assert left.exists()  # it may still be being written
    os.utime(left, (time.time() - ABANDONED_S - 60,) * 2)
    clear_abandoned(tmp_path, of="another.pt")
    assert left.exists()
    clear_abandoned(tmp_path, of="state.pt")
    assert list(tmp_path.iterdir()) == [path]


def test_two_who_write_the_same_file_do_not_meet(tmp_path):
    path = tmp_path / "found.npz"
    with replaced(path) as first, replaced(path) as second:
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first" and list(tmp_path.iterdir()) == [path]

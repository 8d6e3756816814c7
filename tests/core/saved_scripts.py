"""Running a saved script as a visitor would: in a folder of its own, against the project's files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def in_a_fresh_python(text: str, folder: Path) -> str:
    """What the script prints."""
    (folder / "repeat.py").write_text(text, encoding="utf-8")
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "repeat.py"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_this_python(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the script prints; it sees nothing but its own imports, and starts without waiting for PyTorch."""
    before = Path.cwd()
    capsys.readouterr()
    try:
        os.chdir(folder)
        exec(compile(text, "repeat.py", "exec"), {"__name__": "__main__"})
    finally:
        os.chdir(before)
    return capsys.readouterr().out

"""What people start or build the dashboard with: its steps work as far as they can without the internet."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CUDA = re.compile(r"^(cuda-|nvidia-|torch==|torchvision==|triton==)")


def steps() -> list[str]:
    """The Dockerfile's instructions, continued lines joined."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def names(lock: str) -> set[str]:
    return {line.split("==")[0] for line in lock.splitlines() if re.match(r"[a-z]", line)}


def test_the_small_install_is_the_lock_without_cuda(tmp_path: Path) -> None:
    (install,) = [step.removeprefix("RUN ") for step in steps() if "requirements.lock >" in step]
    first = install.split("&&")[0].replace("/tmp/cpu.lock", str(tmp_path / "cpu.lock"))
    subprocess.run(["sh", "-c", first], cwd=ROOT, check=True)
    whole, small = (ROOT / "requirements.lock").read_text(), (tmp_path / "cpu.lock").read_text()
    left_out = names(whole) - names(small)
    assert left_out == {name for name in names(whole) if CUDA.match(f"{name}==")} and {"torch", "triton"} <= left_out
    assert {"streamlit", "numpy", "pillow", "sympy", "filelock"} <= names(small)
    for line in small.splitlines():  # every package with all of its hashes, none of another's
        assert line.startswith(("#", "    --hash=sha256:")) or re.match(r"[a-z0-9.-]+==", line) or not line.strip()
    assert whole.count("--hash") > small.count("--hash") > 500
    chosen = subprocess.run(["sh", "-c", "grep -E '^torch(vision)?==' requirements.txt"], cwd=ROOT, capture_output=True)
    assert len(chosen.stdout.split()) == 2, "torch and torchvision, a matching pair"


def test_make_and_the_container_install_alike() -> None:
    told = subprocess.run(
        ["make", "-n", "-B", "app", "CPU=1", "VENV=nowhere"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    docker = (ROOT / "Dockerfile").read_text()
    for part in (
        "/^[a-z]/ {skip = /^(cuda-|nvidia-|torch==|torchvision==|triton==)/} !skip",
        "--no-compile --no-deps --require-hashes -r",
        "--no-compile --no-deps --index-url https://download.pytorch.org/whl/cpu $(grep",
        "$(grep -E '^torch(vision)?==' requirements.txt)",
    ):
        assert part in told and part in docker
    usual = subprocess.run(["make", "-n", "-B", "app", "VENV=nowhere"], cwd=ROOT, capture_output=True, text=True).stdout
    assert "--require-hashes -r requirements.lock" in usual and "download.pytorch.org" not in usual


def test_the_container_compiles_what_the_server_uses_after_it_is_there() -> None:
    found = steps()
    (at,) = [number for number, step in enumerate(found) if "warming" in step]
    assert found.index("COPY . .") < at < found.index("USER explorer")  # whoever serves may not write there
    assert found[at].startswith("RUN env -u PYTHONDONTWRITEBYTECODE python -c ")
    program = shlex.split(found[at])[-1]
    (module, call) = re.fullmatch(r"from ui import (\w+); \1\.(\w+)\(\)", program).groups()  # type: ignore[union-attr]
    assert f"def {call}() -> None:" in (ROOT / "ui" / f"{module}.py").read_text()


def test_what_the_container_copies_and_starts_is_there() -> None:
    for step in steps():
        if step.startswith("COPY") and "requirements" in step:
            assert all((ROOT / name).is_file() for name in step.split()[1:-1])
    (entry,) = [step for step in steps() if step.startswith("ENTRYPOINT")]
    command = [part.strip('"') for part in re.findall(r'"[^"]+"', entry)]
    compose = (ROOT / "compose.yaml").read_text()
    (given,) = re.findall(r"command: \[(.*?)\]", compose)
    words = [*command[1:], *shlex.split(given.replace(",", " "))]
    told = subprocess.run([sys.executable, *words, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0 and all(word in told.stdout for word in words if word.startswith("--"))
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".venv", "tests"} <= set(ignored) and not {"assets", "pages", ".streamlit"} & set(ignored)
    assert "8501:8501" in compose and "EXPOSE 8501" in steps()


@pytest.mark.parametrize("name", ["start.command", "start.bat"])
def test_start_files_install_the_lock_and_start_the_server(name: str) -> None:
    data = (ROOT / name).read_bytes()
    text = data.decode("ascii")
    assert "--require-hashes -r requirements.lock" in text and "serve.py" in text and "3.11" in text
    if name.endswith(".bat"):
        assert data.count(b"\r\n") == data.count(b"\n"), "Windows reads labels wrongly otherwise"
    else:
        assert (ROOT / name).stat().st_mode & 0o111
        subprocess.run(["sh", "-n", str(ROOT / name)], check=True)


def test_the_start_file_starts_what_is_installed(tmp_path: Path) -> None:
    """With an environment that is there already: it is not made anew, and the words are handed on."""
    for name in ("start.command", "requirements.lock"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    place = tmp_path / ".venv" / "bin"
    place.mkdir(parents=True)
    (place / "python").write_text('#!/bin/sh\necho "$@"\n')
    (place / "python").chmod(0o755)
    (tmp_path / "start.command").chmod(0o755)
    first, second = (
        subprocess.run([tmp_path / "start.command", "--port", "9"], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert "-m pip install" in first and first.splitlines()[-1] == second.strip() == "serve.py --port 9"

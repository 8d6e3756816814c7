"""The README's example runs as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

README = Path(__file__).parents[2] / "README.md"


def test_the_example_runs() -> None:
    code = re.search(r"```python\n(.*?)```", README.read_text(), re.S).group(1)
    names: dict[str, object] = {}
    exec(code, names)
    assert names["picture"].shape == (224, 224, 3) and names["picture"].dtype == np.uint8


def test_everything_it_shows_and_names_is_there() -> None:
    text = README.read_text()
    for file in re.findall(r"\]\(([^)#]+)\)", text):
        assert (README.parent / file).exists(), file
    for module in set(re.findall(r"`benchmarks\.(\w+)`", text)):
        assert (README.parent / "benchmarks" / f"{module}.py").exists(), module
    assert "<!--" not in text

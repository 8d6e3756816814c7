"""Where the bundled files lie: weights, galleries, films and our results."""

from __future__ import annotations

from pathlib import Path

_TOP = Path(__file__).parents[1]
HOME = _TOP if (_TOP / "app.py").exists() else _TOP / "zfnet_explorer_home"
ASSETS = HOME / "assets"

"""Where the bundled files lie: weights, galleries, films and our results."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "ZFNET_EXPLORER_HOME"  # where this package was sent to a machine without them, which may see them elsewhere
_TOP = Path(__file__).parents[1]
HOME = _TOP if (_TOP / "app.py").exists() else Path(os.environ.get(VARIABLE) or _TOP / "zfnet_explorer_home")
ASSETS = HOME / "assets"

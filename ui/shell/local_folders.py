"""Whether visitors may name files and folders of the machine that the server runs on.

Only where the person who started the server said so: `serve.py --folders`, or ZFNET_EXPLORER_FOLDERS=1 for another
launcher. Nothing is concluded from addresses or headers: behind a proxy every stranger comes from this machine.
"""

from __future__ import annotations

import os
from urllib.parse import unquote

ASKED_FOR = "ZFNET_EXPLORER_FOLDERS"
QUOTES = "\"'`“”„‘’‚«»"


def allowed() -> bool:
    """Whether a path that a visitor types may be opened; to be asked again wherever one is used."""
    return os.environ.get(ASKED_FOR, "") == "1"


def typed_path(text: object) -> str:
    """A path as somebody typed or pasted it: without blanks and the quotes that “Copy as path” puts around it.

    >>> typed_path(' "C:\\\\photos\\\\my cats" '), typed_path("‘/home/me’"), typed_path("file:///home/my%20cats")
    ('C:\\\\photos\\\\my cats', '/home/me', '/home/my cats')
    """
    path = str(text or "").strip()
    while len(path) > 1 and path[0] in QUOTES and path[-1] in QUOTES:
        path = path[1:-1].strip()
    return unquote(path.removeprefix("file://")) if path.startswith("file:///") else path

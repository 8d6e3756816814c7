"""Which lesson is open beside the page, and at which step: both stand in every page's address."""

from __future__ import annotations

import re

from ui.shell.address import choice, fields


@fields("")
class Place:
    """`lesson` is the name of its file, or "" for none; `step` counts from 1."""

    lesson: str = choice("", accepts=lambda name: bool(re.fullmatch(r"[a-z0-9-]{0,60}", name)), url="lesson")
    step: int = choice(1, accepts=lambda step: 1 <= step <= 99, url="step")

"""What a teacher has put away, and after how long an exhibition's screen begins anew; both stand in every address."""

from __future__ import annotations

import re

from ui.shell.address import choice, fields


@fields("")
class Visible:
    """`hide` are names of controls and, behind “page:”, of pages, with commas; `kiosk` is in seconds, 0 for never."""

    hide: str = choice("", accepts=lambda names: bool(re.fullmatch(r"[a-z0-9_:,-]{0,1500}", names)), url="hide")
    kiosk: int = choice(0, accepts=lambda seconds: seconds == 0 or 10 <= seconds <= 3600, url="kiosk")

"""What was done in this visit and stands in no address: a lesson can wait for it all the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ui.shell.session import session

DEEDS = ("digit_drawn", "set_taken", "misplaced_photo_chosen", "network_made")
"""A digit drawn on the board; a bundled set taken as one's classes; a photo chosen that was taken for another class; a
network made of one's classes."""


@dataclass(eq=False)
class _Done:
    times: Counter[str] = field(default_factory=Counter)


def note(deed: str) -> None:
    """It was done once more. Raises KeyError for one that is not in `DEEDS`."""
    if deed not in DEEDS:
        raise KeyError(deed)
    session().memory(_Done).times[deed] += 1


def counts() -> dict[str, str]:
    """How often each was done in this visit, as text like the settings of an address."""
    times = session().memory(_Done).times
    return {deed: str(times[deed]) for deed in DEEDS}

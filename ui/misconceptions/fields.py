"""What can be chosen on the page, and stands in its address."""

from __future__ import annotations

from ui.shell.address import choice, fields

QUIZ, READ = "quiz", "read"


@fields("misconceptions")
class Fields:
    """Whether one is asked or reads, and which game it is: a class with the same link gets the same order."""

    mode: str = choice(QUIZ, options=(QUIZ, READ))
    game: int = choice(1, accepts=lambda number: 1 <= number <= 999)

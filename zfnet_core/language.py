"""What is said to people, in their language. English is the message itself; other languages have a catalogue.

Every text that a person reads goes through `t` (or `tn`, where a number decides between one and many), with values by
name: `t("{n} of the paper’s claims hold", n=6)`. Texts of modules and dataclasses stay English and are marked with
`later`, which changes nothing; `t` translates them when they are shown. What is said where nobody knows who will read
it, an error in a worker's thread above all, is a `phrase("{n} photos are missing", n=3)`, which `t` speaks where it is
shown. `make texts` collects them all.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from types import MappingProxyType

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from zfnet_core.assets import ASSETS

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {"en": "English", "zh": "中文", "de": "Deutsch", "fr": "Français", "es": "Español"}
)
ENGLISH = "en"
_told: ContextVar[str] = ContextVar("language", default="")
_ask: list[Callable[[], str]] = []


def speak(language: str) -> None:
    """From now on this thread (or task) speaks `language`; an unknown one is English, "" is whoever `ask` asks."""
    _told.set(language if language in LANGUAGES or not language else ENGLISH)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """The same for as long as the block lasts: for a worker's thread, which no visitor's run stands behind."""
    before = _told.set(language if language in LANGUAGES or not language else ENGLISH)
    try:
        yield
    finally:
        _told.reset(before)


def ask(whom: Callable[[], str]) -> None:
    """Where nobody told, `whom()` knows the language: the dashboard asks the visit whose run this is."""
    _ask[:] = [whom]


def spoken() -> str:
    """The language that `t` answers in now."""
    if told := _told.get():
        return told
    asked = _ask[0]() if _ask else ENGLISH
    return asked if asked in LANGUAGES else ENGLISH


class Phrase(str):
    """A message with its values in place, in English, that can still be spoken in another language.

    `message` is it without them, `values` are they; one that is a phrase itself is spoken with it.
    """

    message: str
    values: Mapping[str, object]

    def __reduce__(self) -> tuple[Callable[..., Phrase], tuple[str, dict[str, object]]]:
        return _phrase_again, (self.message, dict(self.values))


def phrase(message: str, **values: object) -> Phrase:
    """The message for whoever will read it, wherever that is: `t` of it speaks the reader's language."""
    text = Phrase(message.format(**values) if values else message)
    text.message, text.values = message, values
    return text


def _phrase_again(message: str, values: dict[str, object]) -> Phrase:
    return phrase(message, **values)


def t(message: str, **values: object) -> str:
    """The message in the language that is spoken now, with its values in place; English where it has no translation."""
    if isinstance(message, Phrase):
        spoken_values = {name: t(part) if isinstance(part, Phrase) else part for name, part in message.values.items()}
        return t(message.message, **spoken_values)
    text = _catalogue(spoken()).gettext(message) if message else ""
    return text.format(**values) if values else text


def tn(one: str, many: str, n: int, **values: object) -> str:
    """`one` or `many`, as the language counts; `n` stands for itself in both: `tn("{n} photo", "{n} photos", 3)`."""
    return _catalogue(spoken()).ngettext(one, many, n).format(n=n, **values)


def later(message: str) -> str:
    """The message itself, marked for the catalogues; `t` translates it when it is shown."""
    return message


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    path = ASSETS / "languages" / f"{language}.po"
    if not path.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)

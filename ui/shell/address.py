"""What a visitor has chosen, as typed fields that write themselves into the page's address and read themselves back.

Every exhibit declares its own fields:

    @fields("occlusion")
    class Fields:
        stride: int = choice(8, options=(4, 8, 16, 32))

which stand in the address as `occlusion_stride=16`, or under the name given with `url`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import MISSING
from typing import Any, TypeVar, dataclass_transform

Kind = TypeVar("Kind")
Accepts = Callable[[Any], bool]
KNOWN: dict[str, tuple[type, str]] = {}


def choice(default: Any, *, options: Sequence[Any] | None = None, accepts: Accepts | None = None, url: str = "") -> Any:
    """A field with its default, and what else it may be: one of `options`, or whatever `accepts` is true of."""
    return dataclasses.field(default=default, metadata={"options": options, "accepts": accepts, "url": url})


@dataclass_transform(frozen_default=True)
def fields(exhibit: str) -> Callable[[type[Kind]], type[Kind]]:
    """Make a class the frozen fields of an exhibit ("" for those of every page)."""

    def made(kind: type[Kind]) -> type[Kind]:
        frozen = dataclasses.dataclass(frozen=True)(kind)
        frozen.exhibit = exhibit  # type: ignore[attr-defined]
        for name in names(frozen):
            address = url_name(frozen, name)
            taken = KNOWN.get(address)
            if taken is not None and taken[0].__qualname__ + taken[0].__module__ != kind.__qualname__ + kind.__module__:
                raise ValueError(f"“{address}” stands for two fields: one of {taken[0]} and one of {frozen}.")
            KNOWN[address] = (frozen, name)
        return frozen

    return made


def kinds() -> tuple[type, ...]:
    """All classes of fields: a link may say more than the page it leads to shows."""
    return tuple(dict.fromkeys(kind for kind, _ in KNOWN.values()))


def names(kind: type) -> tuple[str, ...]:
    """The fields' names."""
    return tuple(item.name for item in dataclasses.fields(kind))


def url_name(kind: type, name: str) -> str:
    """What a field is called in the address."""
    item = _field(kind, name)
    return item.metadata.get("url") or "_".join(part for part in (kind.exhibit, name) if part)  # type: ignore[attr-defined]


def url_names(kind: type) -> tuple[str, ...]:
    """What the fields of a kind are called in the address."""
    return tuple(url_name(kind, name) for name in names(kind))


def default(kind: type, name: str) -> Any:
    """A field's value before anybody has chosen."""
    return _field(kind, name).default


def accepted(kind: type, name: str, value: Any) -> bool:
    """Whether a field may have this value; checks its type first, so that `accepts` never sees another one."""
    item = _field(kind, name)
    return _of_type(value, item.default) and _allowed(item, value)


def encoded(value: Any) -> str:
    """A value as text for the address: (12, 5, 7) is 12-5-7, True is 1."""
    if isinstance(value, tuple):
        return "-".join(f"{part:g}" if isinstance(part, float) else str(part) for part in value)
    return str(int(value)) if isinstance(value, bool) else str(value)


def decoded(kind: type, name: str, text: str) -> Any:
    """The inverse of `encoded`. Raises ValueError for text that the field cannot mean."""
    value = _parsed(text, _field(kind, name).default)
    if not accepted(kind, name, value):
        raise ValueError(text)
    return value


def _field(kind: type, name: str) -> dataclasses.Field[Any]:
    found = next((item for item in dataclasses.fields(kind) if item.name == name), None)
    if found is None or found.default is MISSING:
        raise KeyError(f"{kind} has no field “{name}”.")
    return found


def _allowed(item: dataclasses.Field[Any], value: Any) -> bool:
    options, accepts = item.metadata.get("options"), item.metadata.get("accepts")
    return (options is None or value in options) and (accepts is None or bool(accepts(value)))


def _of_type(value: Any, example: Any) -> bool:
    if isinstance(example, tuple):
        number = float if any(isinstance(part, float) for part in example) else int
        right = isinstance(value, tuple) and all(_is_number(part, number) for part in value)
        return right and (not example or len(value) == len(example))
    if isinstance(example, bool):
        return isinstance(value, bool)
    if isinstance(example, int | float):
        return _is_number(value, type(example))
    return isinstance(value, type(example))


def _is_number(value: Any, kind: type) -> bool:
    allowed = (int, float) if kind is float else (int,)
    return isinstance(value, allowed) and not isinstance(value, bool) and abs(value) < 1e6


def _parsed(text: str, example: Any) -> Any:
    if isinstance(example, tuple):
        number = float if any(isinstance(part, float) for part in example) else int
        return tuple(number(part) for part in text.split("-")) if text else ()
    if isinstance(example, bool):
        return bool(int(text))
    return type(example)(text)

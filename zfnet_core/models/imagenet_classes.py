"""ImageNet's 1000 classes by name: one name each for people, in the order of the published weights, and the others.

The names are those of ILSVRC 2012 and, as other names, WordNet's; where a name says nothing by itself (“crane”, twice;
“ear”; “ice bear”) another was chosen (our choice), and the first one stays among the others, so that it can be found.
In `assets/languages/classes.<language>.tsv` are the names in another language (our translation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from zfnet_core.assets import ASSETS
from zfnet_core.language import LANGUAGES, spoken


@dataclass(frozen=True)
class ImageNetClass:
    """One class. `wordnet_id` is ImageNet's own name for it (n02124075), `others` are further names of the same."""

    wordnet_id: str
    label: str
    others: tuple[str, ...]


@cache
def imagenet_classes() -> tuple[ImageNetClass, ...]:
    """All 1000, class index by class index."""
    rows = (line.split("\t") for line in (ASSETS / "imagenet_classes.tsv").read_text("utf-8").splitlines())
    return tuple(ImageNetClass(id, label, tuple(filter(None, others.split("; ")))) for id, label, others in rows)


def imagenet_labels() -> tuple[str, ...]:
    """The names of the 1000 classes, each a different one, in the order of the published weights."""
    return tuple(one.label for one in imagenet_classes())


def spoken_names(labels: Sequence[str]) -> Sequence[str]:
    """What people read for these classes, in the language that is spoken now.

    Only ImageNet's 1000 as a whole have other names than `labels`: somebody's own class “tabby” is called as they like.
    """
    translated = names_in(spoken())
    whole = len(labels) == len(translated) and tuple(labels) == imagenet_labels()
    return translated if whole else labels


def with_english(labels: Sequence[str]) -> Sequence[str]:
    """The same for lists that one searches by typing: behind a translated name stands the English one."""
    names = spoken_names(labels)
    if names is labels:
        return labels
    return tuple(f"{name} · {label}" for name, label in zip(names, labels, strict=True))


@cache
def names_in(language: str) -> tuple[str, ...]:
    """The names of the 1000 classes in another language, in the same order; () where there are none."""
    path = ASSETS / "languages" / f"classes.{language}.tsv"
    if language not in LANGUAGES or not path.is_file():
        return ()
    return tuple(line.split("\t")[1] for line in path.read_text("utf-8").splitlines())


def matching(query: str, labels: Sequence[str]) -> list[int]:
    """The class indices among `labels` that a person may mean, in their order; all of them for an empty query.

    Capitals do not matter; where the labels are ImageNet's their other names count as well, and those that are spoken.
    """
    wanted, names = query.strip().casefold(), spoken_names(labels)
    return [
        index
        for index, label in enumerate(labels)
        if any(wanted in name.casefold() for name in (label, names[index], *other_names(label)))
    ]


def other_names(label: str) -> tuple[str, ...]:
    """Further names of the class with that label; none for a label that is not ImageNet's."""
    return _others().get(label, ())


@cache
def _others() -> dict[str, tuple[str, ...]]:
    return {one.label: one.others for one in imagenet_classes()}

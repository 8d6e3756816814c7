"""What the chosen network knows: every class it has a word for, to be searched, with how well it knows each of them."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

import streamlit as st

from zfnet_core.evaluate.answers import answers_path, read_answers
from zfnet_core.language import later, t
from zfnet_core.models.imagenet_classes import matching, other_names
from zfnet_core.models.network import Network

WORD, OTHERS, PHOTOS = later("word"), later("also"), later("photos")
FIRST, FIVE = later("first guess right"), later("among its first five")


def known_words(network: Network) -> None:
    """The list, and a field to search it by."""
    query = st.text_input(t("Search"), key="known-words-query", placeholder=t("dog, phone, boat …"))
    rows = word_rows(network, query)
    st.dataframe(
        rows,
        hide_index=True,
        height=320,
        column_config={
            **{part: st.column_config.Column(t(part)) for part in (WORD, OTHERS, PHOTOS)},
            **{
                part: st.column_config.ProgressColumn(t(part), format="%.0f %%", min_value=0, max_value=100)
                for part in (FIRST, FIVE)
            },
        },
    )
    measured = sum(row[PHOTOS] > 0 for row in rows)
    st.caption(
        t(
            "{n:,} words, {measured:,} of them measured. Most of those on one photo only, which says little: look "
            "at the number of photos.",
            n=len(rows),
            measured=measured,
        )
    )


def word_rows(network: Network, query: str = "") -> list[dict[str, Any]]:
    """A row for each class that matches: its names and, where photos of it were tried, their number and shares (%).

    Classes with more photos come first.
    """
    tried = _tried(network.name)
    rows: list[dict[str, Any]] = []
    names, labels = network.names, network.labels
    english = () if names is labels else labels
    for index in matching(query, network.labels):
        photos, first, five = tried.get(index, (0, 0, 0))
        rows.append(
            {
                WORD: names[index],
                OTHERS: ", ".join(dict.fromkeys((*english[index : index + 1], *other_names(network.labels[index])))),
                PHOTOS: photos,
                FIRST: 100 * first / photos if photos else None,
                FIVE: 100 * five / photos if photos else None,
            }
        )
    return sorted(rows, key=lambda row: -row[PHOTOS])


@cache
def _tried(name: str) -> dict[int, tuple[int, ...]]:
    """Class index → (photos, right at the first guess, among five), over all sets that came with a network."""
    path = answers_path(name)
    if not path.exists():
        return {}
    counts: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for answers in read_answers(path).values():
        for truth, first, five in zip(answers.truth, answers.right, answers.among_five, strict=True):
            counts[int(truth)].append((1, int(first), int(five)))
    return {truth: tuple(map(sum, zip(*photos, strict=True))) for truth, photos in counts.items()}

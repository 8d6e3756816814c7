"""What a bundled network is, from the card written when it was exported: how good first, then how it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import streamlit as st

from zfnet_core.language import later, t
from zfnet_core.models.network import Network

PARTS = {  # of a card, as it was written → as people read it
    "architecture": later("architecture"),
    "preprocessing": later("preparation of photos"),
    "sha256": later("digest of the file (SHA-256)"),
    "data": later("photos"),
    "teacher": later("teacher"),
    "recipe": later("recipe"),
    "photos_per_s": later("photos a second"),
    "parameters": later("weights"),
    "dead_filters": later("dead filters"),
    "repeat": later("how to do it again"),
}
SOURCES = {"what": later("what"), "photos": later("photos"), "terms": later("terms")}
# Not told a second time:
TOLD = ("labels", "accuracy", "epochs", "minutes", "device", "date", "summary", "summary_values", "name")
PHOTO, RIGHT, ACCEPTED, GUESSES = later("photo"), later("right"), later("accepted"), later("its guesses")


def model_card(network: Network) -> None:
    """Show the card of `network`: accuracy, photos and training at once, every class in a table, the recipe below."""
    card, accuracy = network.card, network.card.get("accuracy", {})
    st.markdown(f"**{network.title}**")
    st.markdown("\n".join(f"- {line}" for line in headlines(card)))
    if photos := accuracy.get("outside"):
        st.markdown(t("**The sample photos**, none of which it was taught on"))
        columns = {part: st.column_config.Column(t(part)) for part in (PHOTO, RIGHT, ACCEPTED, GUESSES)}
        names = dict(zip(network.labels, network.names, strict=True))
        st.dataframe(outside_rows(photos, names), hide_index=True, column_config=columns)
    if sources := card.get("data", {}).get("sources"):
        st.markdown(t("**The photos it was taught on**, and their terms"))
        columns = {part: st.column_config.Column(t(words)) for part, words in SOURCES.items()}
        st.dataframe(sources, hide_index=True, height=200, column_config=columns)
    st.caption(t(network.source))
    with st.expander(t("Data, recipe and everything else")):
        parts = {t(PARTS.get(name, name)): value for name, value in card.items() if name not in TOLD}
        st.json(parts, expanded=1)


def headlines(card: Mapping[str, Any]) -> Iterator[str]:
    """The card's main numbers, a line each; what the card does not say is left out."""
    accuracy, data = card.get("accuracy", {}), card.get("data", {})
    if even := accuracy.get("even"):
        yield t(
            "**{first:.1f} % top-1, {five:.1f} % top-5** on {photos:,} photos of as many different things, all "
            "{classes:,} classes to choose from: what to expect of a photo of your own",
            **_measured(even),
            classes=len(card["labels"]),
        )
    if val := accuracy.get("val"):
        classes = card.get("architecture", {}).get("classes")
        yield (
            t(
                "**{first:.1f} % top-1, {five:.1f} % top-5** on {photos:,} validation photos with all {classes:,} "
                "classes to choose from",
                **_measured(val),
                classes=classes,
            )
            if classes
            else t(
                "**{first:.1f} % top-1, {five:.1f} % top-5** on {photos:,} validation photos",
                **_measured(val),
            )
        )
        if "mean_per_class" in val:
            yield t(
                "{share:.1f} % top-1 as the mean over the classes, whose sizes differ widely",
                share=100 * val["mean_per_class"],
            )
    for name, part in accuracy.get("val_among", {}).items():
        yield t(
            "{share:.1f} % top-1 among the {classes} classes of {name} alone ({photos:,} photos)",
            share=100 * part["top1"],
            classes=len(part["classes"]),
            name=name.title(),
            photos=part["photos"],
        )
    if "sure_from" in accuracy:
        yield t(
            "An answer counts as sure from {share:.0f} % on: of those, half or more were right",
            share=100 * accuracy["sure_from"],
        )
    if "train_photos" in data:
        photos = data["train_photos"]
        yield (
            t("Taught on {n:,} photos, by the answers of {teacher}", n=photos, teacher=card["teacher"]["name"])
            if "teacher" in card
            else t("Taught on {n:,} photos", n=photos)
        )
    made = [t("{n} epochs", n=card["epochs"])] if "epochs" in card else []
    if "minutes" in card:
        made += [t("{n} minutes on {device}", n=card["minutes"], device=card.get("device", "?"))]
    made += [t("{n:,} photos a second", n=card["photos_per_s"])] if "photos_per_s" in card else []
    made += [str(card["date"])] if "date" in card else []
    if made:
        yield ", ".join(made)


def outside_rows(
    photos: Mapping[str, Mapping[str, Any]], names: Mapping[str, str] = MappingProxyType({})
) -> list[dict[str, str]]:
    """A row for each photo {"accepted": labels, "guesses": [(label, probability), …]}: was one of them accepted?

    `names` are what people read for the labels, where that is something else.
    """
    rows = []
    for photo, told in photos.items():
        guesses, accepted = told.get("guesses", []), told.get("accepted", [])
        place = next((place for place, (label, _) in enumerate(guesses, 1) if label in accepted), 0)
        rows.append(
            {
                PHOTO: photo,
                RIGHT: _right(place, len(guesses)),
                ACCEPTED: ", ".join(names.get(label, label) for label in accepted),
                GUESSES: ", ".join(f"{names.get(label, label)} {100 * share:.0f} %" for label, share in guesses),
            }
        )
    return rows


def _right(place: int, guesses: int) -> str:
    """Which of the guesses, counted from 1, was right; 0 for none."""
    if not place:
        return t("not among {n}", n=guesses)
    return t("first guess") if place == 1 else t("guess {n}", n=place)


def _measured(part: Mapping[str, float]) -> dict[str, float]:
    """The shares in per cent and the number of photos, by their names in the sentences."""
    return {"first": 100 * part["top1"], "five": 100 * part["top5"], "photos": part["photos"]}

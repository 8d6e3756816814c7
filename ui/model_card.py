"""What a bundled network is, from the card written when it was exported: how good first, then how it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st

from zfnet_core.models.network import Network

TOLD = ("labels", "accuracy", "epochs", "minutes", "device", "date", "summary", "name")  # not told a second time


def model_card(network: Network) -> None:
    """Show the card of `network`: accuracy, photos and training at once, every class in a table, the recipe below."""
    card, accuracy = network.card, network.card.get("accuracy", {})
    st.markdown(f"**{network.title}**")
    st.markdown("\n".join(f"- {line}" for line in headlines(card)))
    if photos := accuracy.get("outside"):
        st.markdown("**Photos from outside its data**")
        st.dataframe(outside_rows(photos), hide_index=True)
    if classes := accuracy.get("val_per_class"):
        st.markdown("**Every class** · click a heading to sort")
        st.dataframe(
            [{"class": name, "right": 100 * share} for name, share in classes.items()],
            column_config={
                "right": st.column_config.ProgressColumn(
                    "right at the first guess", format="%.0f %%", min_value=0, max_value=100
                )
            },
            hide_index=True,
            height=260,
        )
    st.caption(network.source)
    with st.expander("Data, recipe and everything else"):
        st.json({name: value for name, value in card.items() if name not in TOLD}, expanded=1)


def headlines(card: Mapping[str, Any]) -> Iterator[str]:
    """The card's main numbers, a line each; what the card does not say is left out."""
    accuracy, data = card.get("accuracy", {}), card.get("data", {})
    if val := accuracy.get("val"):
        classes = card.get("architecture", {}).get("classes")
        among = f" of {classes} classes" if classes else ""
        yield f"**{_shares(val)}** on {val['photos']:,} validation photos{among}"
        if "mean_per_class" in val:
            yield f"{100 * val['mean_per_class']:.1f} % top-1 as the mean over the classes, whose sizes differ widely"
    for name, part in accuracy.get("val_among", {}).items():
        yield f"{_shares(part)} among the {len(part['classes'])} classes of {name.title()} ({part['photos']:,} photos)"
    if "train_photos" in data:
        yield f"Trained on {data['train_photos']:,} photos"
    made = [f"{card['epochs']} epochs"] if "epochs" in card else []
    made += [f"{card['minutes']} minutes on {str(card.get('device', '?')).upper()}"] if "minutes" in card else []
    made += [str(card["date"])] if "date" in card else []
    if made:
        yield ", ".join(made)


def outside_rows(photos: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """A row for each photo {"accepted": labels, "top3": [(label, probability), …]}: was one of its guesses accepted?"""
    rows = []
    for photo, told in photos.items():
        guesses, accepted = told.get("top3", []), told.get("accepted", [])
        place = next((place for place, (label, _) in enumerate(guesses, 1) if label in accepted), 0)
        rows.append(
            {
                "photo": photo,
                "right": {0: "not among three", 1: "first guess"}.get(place, f"guess {place}"),
                "accepted": ", ".join(accepted),
                "its guesses": ", ".join(f"{label} {100 * share:.0f} %" for label, share in guesses),
            }
        )
    return rows


def _shares(part: Mapping[str, float]) -> str:
    return f"{100 * part['top1']:.1f} % top-1, {100 * part['top5']:.1f} % top-5"

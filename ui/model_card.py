"""What a bundled network is: its data, recipe and accuracy, from the card that was written when it was exported."""

from __future__ import annotations

import streamlit as st

from zfnet_core.models.network import Network

PLAIN = (str, int, float)


def model_card(network: Network) -> None:
    """Show the card of `network` as it is, numbers first."""
    st.markdown(f"**{network.title}**")
    for name, value in network.card.items():
        title = name.replace("_", " ")
        if name in ("labels", "sha256"):
            continue
        if isinstance(value, PLAIN):
            st.markdown(f"**{title}**: {value}")
        elif isinstance(value, list) and all(isinstance(item, PLAIN) for item in value):
            st.markdown(f"**{title}**: " + ", ".join(str(item) for item in value))
        else:
            with st.expander(title):
                st.json(value)

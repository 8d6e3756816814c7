"""From the drawing of a network into the network itself."""

from __future__ import annotations

import streamlit as st

from zfnet_core.language import t
from zfnet_core.models import zoo
from zfnet_core.models.architectures import Architecture

PAGE = "pages/look_inside_page.py"


def way_in(plan: Architecture) -> None:
    """A link that opens the network, or the one that comes nearest to it, on the visitor's photo."""
    network = zoo.entry(plan.zoo or plan.nearest)
    st.page_link(
        PAGE,
        label=t("Look inside: {network}", network=network.title),
        icon=":material/visibility:",
        query_params={"network": network.name},
    )
    if plan.why_not:
        st.caption(t(plan.why_not))

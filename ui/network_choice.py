"""Choosing the network: from the zoo, downloaded on request, or with weights of one's own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import streamlit as st

from ui import engine, state
from ui.apology import apologetic, sentence
from ui.model_card import model_card
from zfnet_core.errors import ExplorerError
from zfnet_core.models import checkpoints, zoo
from zfnet_core.models.downloads import Progress
from zfnet_core.models.network import Network

OWN_MEGABYTES = 64


def network_choice() -> None:
    """The list of networks, what the chosen one is, and the ways to more of them."""
    own = st.session_state.get("own networks", {})
    chosen = state.view().network
    missing = (chosen,) if state.is_own_network(chosen) and chosen not in own else ()
    state.bind(st.selectbox, "network", "Network", (*zoo.names(), *own, *missing), format_func=_title)
    network = engine.network()
    if missing:
        st.info(
            "This link was made with somebody’s own weights, which stay with them. Open the same file under “Your own "
            f"weights”; until then {network.title} is shown."
        )
    size = f"{network.parameters:,} parameters, {network.macs / 1e9:.2f} billion multiply–adds."
    st.caption(f"{_told_shortly(network)} {size}")
    if network.card:
        with st.popover("Model card", icon=":material/description:", width="stretch"):
            model_card(network)
    if network.name in zoo.names() and zoo.entry(network.name).source and not zoo.is_ready(network.name):
        _offer_download(network.name)
    with st.popover("Your own weights", icon=":material/upload_file:", width="stretch"):
        _own_weights()


@dataclass
class _Download:
    """One download of this server, whoever asked for it."""

    progress: Progress = field(default_factory=lambda: Progress(0, 0))
    problem: str = ""
    running: bool = True


_downloads: dict[str, _Download] = {}
_lock = threading.Lock()


@apologetic
def _start_download(name: str) -> None:
    with _lock:
        if (earlier := _downloads.get(name)) and earlier.running:
            return
        download = _downloads[name] = _Download()

    def fetch() -> None:
        try:
            for download.progress in zoo.downloading(name):
                pass
        except ExplorerError as error:
            download.problem = str(error)
        except Exception:
            download.problem = "The download failed; try again later."
        download.running = False

    threading.Thread(target=fetch, name=f"download {name}", daemon=True).start()


def _offer_download(name: str) -> None:
    download = _downloads.get(name)
    megabytes = 4 * engine.network().parameters / 1e6
    if download is None or not download.running:
        st.button(f"Download the weights (about {megabytes:.0f} MB)", on_click=_start_download, args=(name,))
        if download and download.problem:
            st.error(download.problem)
    else:
        st.fragment(_watch, run_every=0.5)(name)


def _watch(name: str) -> None:
    download = _downloads[name]
    done, total = download.progress.done, download.progress.total
    st.progress(
        download.progress.share, f"{done / 1e6:.0f} of {total / 1e6:.0f} MB" if total else f"{done / 1e6:.0f} MB"
    )
    if not download.running:
        st.rerun()


def _own_weights() -> None:
    st.markdown("A `.safetensors` or `.pth` state dict. Nothing but numbers is read from it.")
    architectures = [name for name in zoo.names() if zoo.entry(name).origin != "none"]
    st.selectbox("Architecture", architectures, format_func=lambda name: zoo.entry(name).title, key="own architecture")
    st.file_uploader(
        "Weights",
        key="own weights",
        max_upload_size=OWN_MEGABYTES,
        on_change=_adopt_weights,
    )
    if problem := st.session_state.get("own weights problem"):
        st.error(problem)


def _adopt_weights() -> None:
    """Use somebody's checkpoint for this session; one that does not fit changes nothing but the message."""
    st.session_state.pop("own weights problem", None)
    file = st.session_state.get("own weights")
    if file is None:
        return
    architecture = zoo.entry(st.session_state["own architecture"])
    try:
        network = checkpoints.load_checkpoint(
            file.getvalue(), architecture, name=file.name, device=engine.desk().device
        )
    except Exception as error:  # strangers' files fail in ways that nobody has thought of
        st.session_state["own weights problem"] = sentence(error)
    else:
        st.session_state["own networks"] = {network.name: network}
        state.change(network=network.name)


def _told_shortly(network: Network) -> str:
    """Where the weights come from; of a bundled network only the main facts, as the rest is on its card."""
    card = network.card
    try:
        photos, val = card["data"]["train_photos"], card["accuracy"]["val"]
    except KeyError:
        return network.source
    return (
        f"Trained by this project on {photos:,} photos of {len(network.labels)} classes; "
        f"{100 * val['top1']:.0f} % right at the first guess."
    )


def _title(name: str) -> str:
    own = st.session_state.get("own networks", {})
    if name in own:
        return own[name].title
    if name not in zoo.names():
        return "Somebody’s own weights"
    return zoo.entry(name).title if zoo.is_ready(name) else f"{zoo.entry(name).title} (download)"

"""Choosing the network: from the zoo, downloaded on request, or with weights of one's own.

It stands below the list of pages in a sidebar that may be 720 px high: only the choice itself is always in sight, the
rest is behind two buttons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ui.shell import current, local_folders, own_networks, state
from ui.shell.apology import apologetic, guarded, sentence
from ui.shell.chosen import Chosen, is_own_network
from ui.shell.known_words import known_words
from ui.shell.model_card import model_card
from ui.shell.session import session, session_id, widget_value
from zfnet_core.language import later, t
from zfnet_core.models import checkpoints, zoo
from zfnet_core.models.downloads import Progress
from zfnet_core.models.network import Network
from zfnet_core.serving.tasks import Look

OWN_MEGABYTES = 64
RECOGNISED = "recognised"
LOOK_AGAIN_S = 0.5
SMALL = 10_000_000  # multiply–adds
KINDS = {"ready": later("ready"), "download": later("to be downloaded"), "control": later("random, a control")}
SIGNS = {"ready": "✓", "download": "↓", "control": "⚄"}


def grouped(names: Sequence[str]) -> list[str]:
    """The names, those that are ready first, then those to be downloaded, then the controls."""
    return sorted(names, key=lambda name: list(KINDS).index(kind_of(name)))  # each group in its own order


def kind_of(name: str) -> str:
    """Whether a network is "ready", to be "downloaded" first, or a "control" with random weights."""
    if name not in zoo.names() or (zoo.entry(name).origin != "none" and zoo.is_ready(name)):
        return "ready"
    return "control" if zoo.entry(name).origin == "none" else "download"


def network_choice() -> None:
    """The list of networks, what the chosen one is, and the ways to more of them."""
    own = session().own_networks
    chosen = state.read(Chosen).network
    missing = (chosen,) if is_own_network(chosen) and own_networks.get(session(), chosen) is None else ()
    state.bind(
        st.selectbox,
        Chosen,
        "network",
        t("Network"),
        grouped(tuple(dict.fromkeys((*zoo.names(), *own, *missing)))),
        format_func=_title,
        help=" · ".join(f"{SIGNS[kind]} {t(words)}" for kind, words in KINDS.items()),
    )
    network = current.network()
    if missing and chosen in own:
        st.info(
            t(
                "The memory of “{title}” was needed for others. Open the same file again under “Your own weights”; "
                "until then {network} is shown.",
                title=own[chosen][0],
                network=network.title,
            )
        )
    elif missing:
        st.info(
            t(
                "This link was made with somebody’s own weights, which stay with them. Open the same file under “Your "
                "own weights”; until then {network} is shown.",
                network=network.title,
            )
        )
    told = f"{_told_shortly(network)} {_size(network)}"
    opened = network.name not in zoo.names()  # one's own is told of always, others where the window is high enough
    with st.container(key="network-opened" if opened else "network-told"):
        st.caption(told)
    if network.name in zoo.names() and zoo.entry(network.name).source and not zoo.is_ready(network.name):
        _offer_download(network.name)
    with st.container(horizontal=True, key="network-menus"):
        _card(network, told)
        with st.popover(t("Your own weights"), width="stretch"), guarded():
            _own_weights()


def _card(network: Network, told: str) -> None:
    """What the network is, how good, and which words it knows; made when somebody opens it."""
    menu = st.popover(t("Model card"), width="stretch", on_change="rerun", key="model card menu")
    with (
        menu,
        st.container(key="model-card-room"),
    ):  # as high as it will be, so that it opens where there is room for it
        st.caption(told)
        if not menu.open:
            return
        parts: dict[str, Callable[[Network], None]] = {}
        if network.card:
            parts[t("Model card")] = model_card
        if network.trained:
            parts[t("What it knows ({n:,} words)", n=len(network.labels))] = known_words
        for tab, part in zip(st.tabs(list(parts)) if parts else (), parts.values(), strict=True):
            with tab, guarded():
                part(network)


def download(name: str) -> Look[Progress] | None:
    """How far the download of a network's weights is, whoever asked for it; None when nobody has."""
    return current.scheduler().transfers.newest(_slot(name), name)


@apologetic
def _start_download(name: str) -> None:
    """Begin, or begin again; it goes on when nobody looks."""
    transfers = current.scheduler().transfers
    transfers.forget(_slot(name), name)
    transfers.look(session_id(), _slot(name), name, lambda: zoo.downloading(name))


def _slot(name: str) -> str:
    return f"download:{name}"


def _offer_download(name: str) -> None:
    found = download(name)
    if found and found.live:
        st.fragment(_watch, run_every=LOOK_AGAIN_S)(name)
        return
    megabytes = 4 * current.network().parameters / 1e6
    label = t("Download the weights (about {megabytes:.0f} MB)", megabytes=megabytes)
    st.button(label, on_click=_start_download, args=(name,))
    if found and found.failure:
        st.error(found.failure.sentence)


def _watch(name: str) -> None:
    found = download(name)
    if found is None or not found.live:
        st.rerun()
        return
    so_far = found.result or Progress(0, 0)
    done, total = so_far.done / 1e6, so_far.total / 1e6
    st.progress(so_far.share, t("{done:.0f} of {total:.0f} MB", done=done, total=total) if total else f"{done:.0f} MB")


def _own_weights() -> None:
    st.markdown(t("A `.safetensors` or `.pth` state dict. Nothing but numbers is read from it."))
    st.selectbox(
        t("Architecture"),
        [RECOGNISED, *_architectures()],
        format_func=lambda name: t("Recognise it") if name == RECOGNISED else zoo.entry(name).title,
        key="own architecture",
        on_change=_try_again,  # choosing another one after a file that did not fit is another try
    )
    st.file_uploader(
        t("Weights, up to {megabytes} MB", megabytes=OWN_MEGABYTES),
        key="own weights",
        max_upload_size=OWN_MEGABYTES,
        on_change=_adopt_weights,
    )
    if local_folders.allowed():
        label = t("… or the path of a larger file on this machine")
        st.text_input(label, key="own weights path", on_change=_adopt_path)
    if problem := session().problems.get("own weights"):
        st.error(problem)


@dataclass(eq=False)
class Tried:
    """How weights were given last in this visit: as an upload, or by the path of a file."""

    by_path: bool = False


@apologetic
def _try_again() -> None:
    """The file that was given last once more, as another architecture."""
    (_adopt_path if session().memory(Tried).by_path else _adopt_weights)()


@apologetic
def _adopt_weights() -> None:
    """Use somebody's checkpoint for this session; one that does not fit changes nothing but the message."""
    session().problems.pop("own weights", None)
    session().memory(Tried).by_path = False
    if (file := widget_value("own weights")) is not None:
        _adopt(file.getvalue(), file.name)


@apologetic
def _adopt_path() -> None:
    """The same for a file of the machine that the server runs on, where that is allowed."""
    session().problems.pop("own weights", None)
    session().memory(Tried).by_path = True
    asked = local_folders.typed_path(widget_value("own weights path"))
    if asked and local_folders.allowed():
        try:
            path = Path(asked).expanduser()
        except RuntimeError:  # ~somebody, who is not known here
            session().problems["own weights"] = t("There is no home folder for “{who}” here.", who=Path(asked).parts[0])
        else:
            _adopt(path, path.name)


def _architectures() -> list[str]:
    return [name for name in zoo.names() if zoo.entry(name).origin != "none"]


def _adopt(source: bytes | Path, name: str) -> None:
    chosen = widget_value("own architecture", RECOGNISED)
    try:
        with own_networks.opening:
            if chosen == RECOGNISED:
                weights = checkpoints.read_weights(source, name)
                told = weights.about.get("architecture")  # a network saved here says it: some differ in no shape
                usable = [told] if told in _architectures() else _architectures()
                architecture = checkpoints.recognised(weights.state, map(zoo.entry, usable), name)
            else:
                architecture = zoo.entry(chosen)
            network = checkpoints.load_checkpoint(source, architecture, name=name, device=current.scheduler().device)
        own_networks.keep(session(), network)
    except Exception as error:  # strangers' files fail in ways that nobody has thought of
        session().problems["own weights"] = sentence(error)
    else:
        state.change(Chosen, network=network.name)


def _told_shortly(network: Network) -> str:
    """Where the weights come from; of a bundled network only the main facts, as the rest is on its card."""
    card = network.card
    try:
        photos, even = card["data"]["train_photos"], card["accuracy"]["even"]
    except KeyError:
        return t(network.source)
    return t(
        "Taught by this project on {photos:,} photos; it knows {words:,} words. On a photo of your own expect its "
        "first guess to be right {first:.0f} times in 100, one of its first five {five:.0f} times.",
        photos=photos,
        words=len(network.labels),
        first=100 * even["top1"],
        five=100 * even["top5"],
    )


def _size(network: Network) -> str:
    """Its parameters and its work, in millions where billions would be none."""
    if network.macs < SMALL:
        return t(
            "{parameters:,} parameters, {millions:.2f} million multiply–adds.",
            parameters=network.parameters,
            millions=network.macs / 1e6,
        )
    return t(
        "{parameters:,} parameters, {billions:.2f} billion multiply–adds.",
        parameters=network.parameters,
        billions=network.macs / 1e9,
    )


def _title(name: str) -> str:
    own = session().own_networks
    if name in own:
        return f"{SIGNS['ready']} {own[name][0]}"
    if name not in zoo.names():
        return f"{SIGNS['ready']} {t('Somebody’s own weights')}"
    return f"{SIGNS[kind_of(name)]} {zoo.entry(name).title}"

"""Networks of visitors' own weights, in the server's one budget of memory: the least recently used goes first."""

from __future__ import annotations

import threading

from ui.shell.session import Session
from zfnet_core.errors import ExplorerError
from zfnet_core.language import t
from zfnet_core.models.network import Network
from zfnet_core.serving.cache_budget import Cache, budget
from zfnet_core.serving.memory_size import bytes_of

_kept: Cache[Network] = Cache()
opening = threading.BoundedSemaphore(2)
"""To be held while a file of weights is opened: many at once would take many times their memory."""


def keep(visit: Session, network: Network, size: int | None = None) -> None:
    """Make it the visit's own network, instead of the one before, for as long as the visit lasts and there is room.

    `size` in bytes is what it takes, where it shares tensors with a network that is here anyway. Raises ExplorerError
    where there can never be room.
    """
    size = bytes_of(network) if size is None else size
    _kept.put(network.uid, network, of=visit, size=size)
    if _kept.get(network.uid) is None:
        raise ExplorerError(
            t(
                "{network} takes {size} MB, but this server may keep {most} MB; start it with a larger --memory.",
                network=network.title,
                size=f"{size / 1e6:,.0f}",
                most=f"{budget().max_bytes / 1e6:,.0f}",
            )
        )
    for _, uid in visit.own_networks.values():
        if uid != network.uid:
            _kept.drop(uid)
    visit.own_networks = {network.name: (network.title, network.uid)}


def get(visit: Session, name: str) -> Network | None:
    """The visit's own network of that name; None if it has none, or others have needed its memory since."""
    _, uid = visit.own_networks.get(name, ("", None))
    return None if uid is None else _kept.get(uid)

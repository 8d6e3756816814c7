"""Networks between processes: told apart by what they compute and are called, sent as tensors in an architecture."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import safetensors.torch
import torch

from zfnet_core.models import checkpoints, zoo
from zfnet_core.models.network import Network, present
from zfnet_core.photos.preprocessing import Preprocessing


@dataclass(frozen=True)
class Identity:
    """Which network is meant, on every machine: its name, and a digest of its weights, structure, title and classes."""

    name: str
    digest: str


@dataclass(frozen=True, eq=False)
class Parcel:
    """A network as it is sent: numbers in safetensors' form, the zoo's `architecture` for them, what is said of it."""

    name: str
    title: str
    architecture: str
    labels: tuple[str, ...]
    preprocessing: Preprocessing
    source: str
    trained: bool
    weights: bytes

    @classmethod
    def of(cls, network: Network) -> Parcel:
        """Copies the network's numbers."""
        state = {
            name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
            for name, value in network.module.state_dict().items()
        }
        return cls(
            network.name,
            network.title,
            network.architecture,
            network.labels,
            network.preprocessing,
            network.source,
            network.trained,
            safetensors.torch.save(state),
        )

    def network(self, device: torch.device | str = "cpu") -> Network:
        """Build it. Tensors are all that is read of `weights`. Raises UnknownName, CheckpointError."""
        entry = zoo.entry(self.architecture)
        module = checkpoints.built(entry, checkpoints.read_weights(self.weights, self.title).state, self.title)
        return present(
            self.name,
            self.title,
            module,
            entry.layers(module),
            self.labels,
            preprocessing=self.preprocessing,
            source=self.source,
            trained=self.trained,
            device=device,
            architecture=self.architecture,
        )


class Identities:
    """The identities of networks, each made once, on first use. Keeps no network alive. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: WeakKeyDictionary[Network, Identity] = WeakKeyDictionary()

    def of(self, network: Network) -> Identity:
        """The network's identity. Takes as long as reading its weights for the first time."""
        with self._lock:
            if found := self._known.get(network):
                return found
        told = (network.fingerprint, network.title, network.labels, network.architecture, network.trained)
        made = Identity(network.name, hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest())
        with self._lock:
            return self._known.setdefault(network, made)

    def known(self, network: Network) -> Identity | None:
        """The identity, if it has been asked for before."""
        with self._lock:
            return self._known.get(network)


def found_here(identity: Identity, load: Callable[[str], Network], identities: Identities) -> Network | None:
    """The network, if `load` finds it in this machine's zoo: the same name and the same numbers; else None."""
    if identity.name not in zoo.names():
        return None
    try:
        found = load(identity.name)
    except Exception:  # no labels here, a damaged file: whoever has it will send it
        return None
    return found if identities.of(found) == identity else None

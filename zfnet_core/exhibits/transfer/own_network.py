"""A classifier of one's own as a whole network: every layer as it was, and new classes on top."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from zfnet_core.errors import ExplorerError
from zfnet_core.exhibits.transfer.classifier import Classifier
from zfnet_core.exhibits.transfer.features import last_layer, width
from zfnet_core.language import phrase, t
from zfnet_core.models import zoo
from zfnet_core.models.network import Network, present

LONGEST_TITLE = 40


@dataclass(frozen=True)
class Made:
    """How it was made: the network below, its layer, the classifier, photos of each class, and the right ones among
    those that were asked of classifiers which had not seen them (None where there is no figure)."""

    base: str
    base_fingerprint: str
    layer: str
    classifier: str
    photos: tuple[int, ...]
    right_share: float | None


def own_network(base: Network, classifier: Classifier, names: Sequence[str], made: Made) -> Network:
    """`base` with `classifier`, taught on its last layer's features, in the place of its own.

    All tensors but the new ones are shared with `base`. Raises ExplorerError where the classifier reads another layer,
    or where `base` has no architecture of the zoo.
    """
    if made.layer != last_layer(base) or classifier.weights.shape[1] != width(base, last_layer(base)):
        raise ExplorerError(
            phrase(
                "Only a classifier on {layer} becomes a network of its own; choose that layer.",
                layer=last_layer(base),
            )
        )
    if base.architecture not in zoo.names():
        raise ExplorerError(
            phrase("{title} is built like no network here, so it takes no new classes.", title=base.title)
        )
    entry = zoo.entry(base.architecture)
    shared = {id(value): value for value in (*base.module.parameters(), *base.module.buffers())}
    module = copy.deepcopy(base.module, shared)
    top = nn.Linear(classifier.weights.shape[1], len(names))
    top.weight = nn.Parameter(torch.from_numpy(classifier.weights.copy()), requires_grad=False)
    top.bias = nn.Parameter(torch.from_numpy(classifier.bias.copy()), requires_grad=False)
    parent, _, child = entry.classifier.rpartition(".")
    setattr(module.get_submodule(parent), child, top)
    digest = hashlib.blake2b(digest_size=6)
    digest.update(repr((base.fingerprint, tuple(names))).encode())
    digest.update(classifier.weights.tobytes() + classifier.bias.tobytes())
    title = " · ".join(names)
    title = title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"
    return present(
        f"own-{digest.hexdigest()}",
        t("Yours: {classes}", classes=title),
        module,
        entry.layers(module),
        names,
        preprocessing=base.preprocessing,
        source=t("Your own classes, taught on {layer} of {title}.", layer=made.layer, title=base.title),
        trained=True,
        device=base.device,
        architecture=base.architecture,
    )


def saved(network: Network, made: Made) -> bytes:
    """A network as `.safetensors`, which `load_checkpoint` opens again with its labels and preprocessing.

    Its metadata also tell the architecture and how it was made.
    """
    state = {name: value.detach().cpu().contiguous() for name, value in network.module.state_dict().items()}
    about: Mapping[str, Any] = {
        "labels": list(network.labels),
        "preprocessing": asdict(network.preprocessing),
        "architecture": network.architecture,
        "made": asdict(made),
    }
    return save(state, {name: json.dumps(value, ensure_ascii=False) for name, value in about.items()})


def new_bytes(network: Network) -> int:
    """Memory that a network made here takes beside the one it was made from."""
    last = network.step(network.layers[-1].step)
    return sum(value.numel() * value.element_size() for value in last.tensors.values())

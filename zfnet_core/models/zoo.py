"""The networks by name: which there are, where their weights come from, and loading them behind the common face."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import nn

from zfnet_core.assets import ASSETS
from zfnet_core.errors import CheckpointError, DownloadError, UnknownName
from zfnet_core.language import phrase
from zfnet_core.models import checkpoints, downloads
from zfnet_core.models.alexnet import alexnet
from zfnet_core.models.card import read_card
from zfnet_core.models.entry import Entry, LayerSteps
from zfnet_core.models.imagenet_classes import imagenet_labels
from zfnet_core.models.lenet import LENET5_LAYERS, lenet5
from zfnet_core.models.network import Network, present
from zfnet_core.models.summaries import summary_of
from zfnet_core.models.zfnet import zfnet, zfnet_b
from zfnet_core.photos.preprocessing import Preprocessing

WEIGHTS = ASSETS / "weights"
DEFAULT = "zfnet-classroom"
CLASSROOM_UNITS = (1024, 1024)
DIGITS = "lenet5-digits"
BUNDLED = ("bundled", "digits")


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


def vgg_layers(blocks: Sequence[int]) -> LayerSteps:
    """Every convolution of blocks of so many, each block ended by a pool, and the three fully connected layers."""
    layers, place = [], 0
    for block, count in enumerate(blocks, 1):
        layers += [(f"conv{block}_{n}", f"features_{place + 2 * n - 1}") for n in range(1, count + 1)]
        place += 2 * count + 1
    return (*layers, *_numbered("classifier", (1, 4, 6), ("fc6", "fc7", "fc8")))


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
        partial(zfnet, classes=1000, units=CLASSROOM_UNITS, norm="none"),
        tower_layers,
    ),
    Entry(
        "alexnet-classroom",
        "AlexNet · classroom",
        "AlexNet",
        "bundled",
        partial(alexnet, classes=1000, units=CLASSROOM_UNITS, norm="none"),
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
    *(
        Entry(
            f"vgg{depth}",
            f"VGG-{depth} · ImageNet",
            "VGG",
            "torchvision",
            _torchvision(f"vgg{depth}"),
            _fixed(vgg_layers(blocks)),
            f"vgg{depth}",
            "classifier.6",
        )
        for depth, blocks in ((16, (2, 2, 3, 3, 3)), (19, (2, 2, 4, 4, 4)))
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
    *(
        Entry(
            f"resnet{depth}",
            f"ResNet-{depth} · ImageNet",
            "ResNet",
            "torchvision",
            _torchvision(f"resnet{depth}"),
            _fixed(resnet_layers(blocks, convolutions)),
            f"resnet{depth}",
            "fc",
        )
        for depth, blocks, convolutions in (
            (18, (2, 2, 2, 2), 2),
            (34, (3, 4, 6, 3), 2),
            (50, (3, 4, 6, 3), 3),
            (101, (3, 4, 23, 3), 3),
            (152, (3, 8, 36, 3), 3),
        )
    ),
    Entry(
        DIGITS,
        "LeNet-5 · handwritten digits",
        "LeNet",
        "digits",
        lenet5,
        _fixed(LENET5_LAYERS),
        classifier="output",
        preprocessing=Preprocessing(32, 32, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ),
    Entry("zfnet-random", "ZFNet · random weights (control)", "ZFNet", "none", zfnet, tower_layers),
    Entry("alexnet-random", "AlexNet · random weights (control)", "AlexNet", "none", alexnet, tower_layers),
)


def names() -> tuple[str, ...]:
    """All names of the zoo, the default first."""
    return tuple(entry.name for entry in ENTRIES)


def entry(name: str) -> Entry:
    """The zoo's entry of that name. Raises UnknownName."""
    for candidate in ENTRIES:
        if candidate.name == name:
            return candidate
    raise UnknownName(
        phrase("There is no network called “{name}”; choose one of {names}.", name=name, names=", ".join(names()))
    )


def control_of(name: str, architecture: str) -> Entry:
    """The control beside which a network's pictures are best put: random weights in the same family of architectures,
    or in ZFNet where there are none. `name` and `architecture` are those of the network; its own control is itself."""
    controls = [one for one in ENTRIES if one.origin == "none"]
    known = next((one for one in ENTRIES if one.name in (name, architecture)), None)
    return next((one for one in controls if known and one.family == known.family), controls[0])


def bundled_card(name: str) -> dict[str, Any] | None:
    """The model card of a bundled network, or None while its weights have not been trained. Raises CheckpointError."""
    return read_card(WEIGHTS / f"{name}.json") if _is_bundled(name) else None


def _is_bundled(name: str) -> bool:
    return all((WEIGHTS / f"{name}.{ending}").exists() for ending in ("json", "safetensors"))


def is_ready(name: str) -> bool:
    """Whether `load` gives that network its own weights now, without a download."""
    chosen = entry(name)
    if chosen.origin in BUNDLED:
        return _is_bundled(name)
    return chosen.source is None or downloads.cached(chosen.source) is not None


def downloading(name: str) -> Iterator[downloads.Progress]:
    """Download a network's published weights, reporting a few times a second.

    Raises DownloadError, also when the network has none.
    """
    chosen = entry(name)
    if chosen.source is None:
        raise DownloadError(phrase("{title} has nothing to download.", title=chosen.title))
    yield from downloads.downloading(chosen.source)


def download(name: str, progress: Callable[[downloads.Progress], None] | None = None) -> Path:
    """The same in one call; returns where the weights are."""
    for state in downloading(name):
        if progress:
            progress(state)
    source = entry(name).source
    found = downloads.cached(source) if source else None
    if found is None:
        raise DownloadError(
            phrase("The weights of {title} were downloaded, but are not there; try again.", title=entry(name).title)
        )
    return found


def load(name: str, device: torch.device | str = "cpu") -> Network:
    """Load a network with its bundled or downloaded weights; random ones (`trained=False`) while there are none.

    Never downloads anything. Raises UnknownName, and CheckpointError if a file of weights is damaged; a downloaded one
    is then removed, so that it can be downloaded again.
    """
    chosen = entry(name)
    if chosen.origin in BUNDLED and (card := bundled_card(name)):
        settings: dict[str, Any] = {
            key: tuple(v) if isinstance(v, list) else v for key, v in card.get("preprocessing", {}).items()
        }
        return _trained(
            chosen,
            WEIGHTS / f"{name}.safetensors",
            card["labels"],
            Preprocessing(**settings) if settings else chosen.preprocessing,
            summary_of(card) or phrase("Trained by this project; see the model card."),
            card,
            device,
        )
    if chosen.source and (path := downloads.cached(chosen.source)):
        summary = phrase(
            "Trained on ImageNet, published by {publisher} ({file}).", publisher=chosen.origin, file=path.name
        )
        try:
            return _trained(chosen, path, imagenet_labels(), chosen.preprocessing, summary, {}, device)
        except CheckpointError as error:
            path.unlink(missing_ok=True)
            raise CheckpointError(
                phrase(
                    "The weights of {title} were damaged on the disk and have been removed; download them again.",
                    title=chosen.title,
                )
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
        architecture=chosen.name,
    )


def as_code(name: str, architecture: str, file: str = "my-weights.safetensors") -> str:
    """Python that loads the network called `name` in a saved script, which imports `zoo`, `checkpoints` and `Path`.

    Somebody's own weights, of which only the `architecture` is known there, are read from `file`, to be put there.
    """
    if name in names():
        return f"zoo.load({name!r})"
    own = f'checkpoints.load_checkpoint(Path("{file}"), zoo.entry({architecture or DEFAULT!r}))'
    return f"{own}  # put your own file here"


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
    source = phrase("Untrained: every weight is a random number.")
    if chosen.origin != "none":
        source = (
            phrase("Untrained: every weight is a random number until its own are downloaded.")
            if chosen.source
            else phrase("Untrained: every weight is a random number until its own are trained.")
        )
    return present(
        chosen.name,
        chosen.title,
        module,
        chosen.layers(module),
        labels,
        preprocessing=chosen.preprocessing,
        source=source,
        trained=False,
        device=device,
        architecture=chosen.name,
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

"""The networks of the story, from LeNet-5 to ResNet: real modules, without numbers where only their shape matters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torchvision
from torch import nn

from zfnet_core.errors import UnknownName
from zfnet_core.language import later, phrase
from zfnet_core.models.alexnet import alexnet, alexnet_on_two_gpus
from zfnet_core.models.lenet import lenet5, lenet5_of_1998
from zfnet_core.models.zfnet import zfnet, zfnet_b


@dataclass(frozen=True)
class Architecture:
    """A network as a plan: `build()` gives the module, with 1000 classes or ten digits.

    It reads [N, channels, input_px, input_px]. `zoo` is the zoo's network that is built alike and can be looked into;
    where there is none, `nearest` is the one that comes closest, and `why_not` says why it is another. `aside` holds
    what is told about this form of it; `source` is where it was published. `in_training` builds it as it is trained:
    GoogLeNet's helpers are left out afterwards.
    """

    name: str
    title: str
    year: int
    source: str
    aside: str
    build: Callable[[], nn.Module]
    zoo: str = ""
    nearest: str = ""
    why_not: str = ""
    channels: int = 3
    input_px: int = 224
    in_training: bool = False

    def without_numbers(self) -> nn.Module:
        """The module on the “meta” device: every shape, and no memory for weights."""
        with torch.device("meta"):
            return self.build().train(self.in_training)


def _torchvision(builder: str, **options: Any) -> Callable[[], nn.Module]:
    return lambda: getattr(torchvision.models, builder)(weights=None, **options)


_LENET = "LeCun, Bottou, Bengio & Haffner, Proc. IEEE 86(11), 1998, Fig. 2"
_ALEXNET = "Krizhevsky, Sutskever & Hinton, NIPS 2012, Fig. 2"
_ZFNET = "Zeiler & Fergus, ECCV 2014"
_VGG = "Simonyan & Zisserman, ICLR 2015, Table 1"
_GOOGLENET = "Szegedy et al., CVPR 2015, Table 1"
_RESNET = "He, Zhang, Ren & Sun, CVPR 2016, Table 1"

ARCHITECTURES = (
    Architecture(
        "lenet5-1998",
        "LeNet-5 (1998)",
        1998,
        _LENET,
        later(
            "As published: every map of C3 reads only some maps of S2, subsampling is trained, units are "
            "1.7159 · tanh(2x/3). 60,000 trained numbers as usually counted, without the 840 fixed ones of the output."
        ),
        lenet5_of_1998,
        nearest="lenet5-digits",
        why_not=later(
            "This one cannot be looked into: a deconvnet walks back through ReLUs and max-pools, and it has neither."
        ),
        channels=1,
        input_px=32,
    ),
    Architecture(
        "lenet5",
        "LeNet-5 (as built today)",
        1998,
        _LENET,
        later("The usual simplification: C3 reads all maps, plain max-pools, ReLU, ten scores at the end."),
        lenet5,
        zoo="lenet5-digits",
        input_px=32,
    ),
    Architecture(
        "alexnet-two-gpus",
        "AlexNet (two GPUs)",
        2012,
        _ALEXNET,
        later("As it was trained: layers 2, 4 and 5 see only the maps that lie on their own GPU."),
        alexnet_on_two_gpus,
        nearest="alexnet-classroom",
        why_not=later("Its halves cannot be looked into one by one; the one tower, which the paper replicates, can."),
    ),
    Architecture(
        "alexnet",
        "AlexNet (one tower)",
        2012,
        _ALEXNET,
        later("With dense connections, as Zeiler & Fergus replicate it; norms before pools."),
        lambda: alexnet(norm="before pool"),
        zoo="alexnet-classroom",
    ),
    Architecture(
        "alexnet-2014",
        "AlexNet (torchvision)",
        2014,
        "Krizhevsky, arXiv 1404.5997, as built by torchvision",
        later("A later variant with fewer maps and without norms. It is not the network of 2012."),
        _torchvision("alexnet"),
        zoo="alexnet-torchvision",
    ),
    Architecture(
        "zfnet",
        "ZFNet (Fig. 3)",
        2013,
        f"{_ZFNET}, Fig. 3",
        later(
            "The paper states no padding; with 1 px in conv1 and pools that round up, all sizes are those of Fig. 3."
        ),
        zfnet,
        zoo="zfnet-classroom",
    ),
    Architecture(
        "zfnet-b",
        "ZFNet (b) 512-1024-512",
        2013,
        f"{_ZFNET}, Table 2 (b)",
        later("The paper’s second model, with wider layers 3, 4 and 5. Often taken for ZFNet itself."),
        zfnet_b,
        zoo="zfnetb",
    ),
    Architecture(
        "vgg16",
        "VGG-16",
        2014,
        f"{_VGG}, D",
        later("Only 3×3 windows, and pools that do not overlap."),
        _torchvision("vgg16"),
        zoo="vgg16",
    ),
    Architecture(
        "vgg19",
        "VGG-19",
        2014,
        f"{_VGG}, E",
        later("Three more convolutions than VGG-16."),
        _torchvision("vgg19"),
        zoo="vgg19",
    ),
    Architecture(
        "googlenet",
        "GoogLeNet",
        2014,
        _GOOGLENET,
        later(
            "As built by torchvision: with batch norm, and with 3×3 where the paper has 5×5 in its modules, so "
            "6,624,904 parameters instead of the paper’s 6.99 million."
        ),
        _torchvision("googlenet", aux_logits=False, init_weights=False, transform_input=False),
        zoo="googlenet",
    ),
    Architecture(
        "googlenet-training",
        "GoogLeNet (with its two helpers)",
        2014,
        _GOOGLENET,
        later(
            "As it is trained: two auxiliary classifiers, after 4a and 4d, help the gradient; later they are removed."
        ),
        _torchvision("googlenet", aux_logits=True, init_weights=False, transform_input=False),
        nearest="googlenet",
        why_not=later("The helpers only teach; what is looked into is the network without them."),
        in_training=True,
    ),
    *(
        Architecture(
            f"resnet{depth}",
            f"ResNet-{depth}",
            2015,
            _RESNET,
            later("Blocks of two 3×3 convolutions, each added to what went in.")
            if depth < 50
            else later("Blocks of 1×1, 3×3 and 1×1 convolutions, each added to what went in."),
            _torchvision(f"resnet{depth}"),
            zoo=f"resnet{depth}",
        )
        for depth in (18, 34, 50, 101, 152)
    ),
)


def names() -> tuple[str, ...]:
    """All names, in the order of the story."""
    return tuple(one.name for one in ARCHITECTURES)


def architecture(name: str) -> Architecture:
    """The architecture of that name. Raises UnknownName."""
    for one in ARCHITECTURES:
        if one.name == name:
            return one
    raise UnknownName(
        phrase("There is no architecture called “{name}”; choose one of {names}.", name=name, names=", ".join(names()))
    )

"""What is said about these networks, and what is true: each claim with its source and with the place to see it live.

The numbers in the answers are read from the modules and from the table of the paper's values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from torch import nn

from zfnet_core.language import later, t
from zfnet_core.models import architectures
from zfnet_core.models.receptive_field import ONE_PIXEL
from zfnet_core.paper import values

Values = Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """Where it can be seen: an exhibit's name, and what its address says."""

    exhibit: str
    query: Values = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Claim:
    """A sentence that is heard, whether it is `true`, and what is true, English and marked with `later`.

    `numbers` fills the places in `truth`. `source` is where it can be checked, in its own words.
    """

    key: str
    about: str
    claim: str
    true: bool
    truth: str
    source: str
    live: Place
    numbers: Callable[[], Values] = field(default=lambda: MappingProxyType({}))

    def answer(self) -> str:
        """What is true, with its numbers, in the language that is spoken."""
        return t(self.truth, **self.numbers())


@cache
def _parameters(name: str) -> int:
    return sum(value.numel() for value in architectures.architecture(name).without_numbers().parameters())


@cache
def _convolutions(name: str) -> tuple[tuple[int, int, int], ...]:
    """(kernel, stride, maps) of each convolution."""
    parts = architectures.architecture(name).without_numbers().modules()
    return tuple((one.kernel_size[0], one.stride[0], one.out_channels) for one in parts if isinstance(one, nn.Conv2d))


@cache
def _full(name: str) -> int:
    parts = architectures.architecture(name).without_numbers().modules()
    return sum(one.weight.numel() + one.out_features for one in parts if isinstance(one, nn.Linear))


def _widths() -> Values:
    return {
        "usual": "-".join(str(maps) for _, _, maps in _convolutions("zfnet")[2:]),
        "wide": "-".join(str(maps) for _, _, maps in _convolutions("zfnet-b")[2:]),
        "parameters": f"{_parameters('zfnet'):,}",
        "more": f"{_parameters('zfnet-b'):,}",
    }


def _first_windows() -> Values:
    (old, far, _), (new, near, _) = _convolutions("alexnet")[0], _convolutions("zfnet")[0]
    return {"old": str(old), "new": str(new), "far": str(far), "near": str(near)}


def _depths() -> Values:
    convolutions = len(_convolutions("zfnet"))
    full = sum(isinstance(one, nn.Linear) for one in architectures.architecture("zfnet").without_numbers().modules())
    return {"convolutions": str(convolutions), "full": str(full), "all": str(convolutions + full)}


def _pools() -> Values:
    pool = next(
        one for one in architectures.architecture("zfnet").without_numbers().modules() if isinstance(one, nn.MaxPool2d)
    )
    return {"size": str(pool.kernel_size), "stride": str(pool.stride)}


def _errors() -> Values:
    table = values.exhibit("table-2")
    many = next(row for row in table.rows if row.startswith("6 convnets"))
    one = next(row for row in table.rows if row.startswith("1 convnet as per"))
    return {
        "ensemble": str(table.value(many, "test top-5")),
        "val": str(table.value(many, "val top-5")),
        "single": str(table.value(one, "val top-5")),
    }


def _units() -> Values:
    table = values.exhibit("table-3")
    rows = ("Replication of Krizhevsky, 1 convnet", "Replication, layers 6, 7: 2048 units")
    ours = ("Our model (Fig. 3)", "Our model, layers 6, 7: 2048 units")
    found = [str(table.value(row, "val top-1")) for row in (*rows, *ours)]
    return dict(zip(("old", "old_small", "new", "new_small"), found, strict=True))


def _torchvision() -> Values:
    widths = "-".join(str(maps) for _, _, maps in _convolutions("alexnet-2014"))
    old = "-".join(str(maps) for _, _, maps in _convolutions("alexnet-two-gpus"))
    return {
        "widths": widths,
        "old": old,
        "parameters": f"{_parameters('alexnet-2014'):,}",
        "before": f"{_parameters('alexnet-two-gpus'):,}",
    }


def _share_of_full() -> Values:
    share, vgg = (_full(name) / _parameters(name) for name in ("zfnet", "vgg16"))
    return {"share": f"{100 * share:.0f}", "vgg": f"{100 * vgg:.0f}", "resnet": f"{100 * _resnet():.0f}"}


def _resnet() -> float:
    return _full("resnet50") / _parameters("resnet50")


def _stack() -> Values:
    reach = ONE_PIXEL
    for _ in range(3):
        reach = reach.through_window(3, 1, 1)
    return {"field": str(reach.size), "small": str(3 * 3**2), "large": str(reach.size**2)}


def _googlenet() -> Values:
    return {"ours": f"{_parameters('googlenet') / 1e6:.1f}"}


_PAPER = "Zeiler & Fergus, arXiv 1311.2901 v3"


def _at(exhibit: str, **query: str) -> Place:
    return Place(exhibit, MappingProxyType(query))


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "wide",
        later("ZFNet"),
        later("ZFNet has 512, 1024 and 512 maps in layers 3, 4 and 5."),
        False,
        later(
            "Its Fig. 3 has {usual}, as AlexNet. {wide} is a second model, (b) in Table 2, with {more} parameters "
            "instead of {parameters}."
        ),
        f"{_PAPER}, Fig. 3 and Table 2",
        _at("architectures", architectures_beside="zfnet-b", architectures_part="conv4"),
        _widths,
    ),
    Claim(
        "field",
        later("ZFNet"),
        later("ZFNet has smaller filters in layer 1 so that its receptive field becomes larger."),
        False,
        later(
            "A unit of conv1 sees {new} px instead of {old}: a smaller filter sees less. The reason given is another "
            "one: filters of {old} px had learnt very fine and very coarse patterns and little in between."
        ),
        f"{_PAPER}, §4.1 and Fig. 6",
        _at("architectures", architectures_part="conv1"),
        _first_windows,
    ),
    Claim(
        "stride",
        later("ZFNet"),
        later("ZFNet’s first layer takes larger steps (stride) than AlexNet’s."),
        False,
        later("The stride went down from {far} to {near}: large steps had caused aliasing in layer 2."),
        f"{_PAPER}, §4.1 and Fig. 6 (d), (e)",
        _at("comparison"),
        _first_windows,
    ),
    Claim(
        "second-stride",
        later("ZFNet"),
        later("ZFNet’s second convolution has stride 2, AlexNet’s has stride 1."),
        True,
        later(
            "Yes, and many re-implementations miss it. Without it the maps of layers 3 to 5 would be twice as large "
            "each way, and fc6 more than four times as large."
        ),
        f"{_PAPER}, Fig. 3 and §5.1",
        _at("architectures", architectures_part="conv2", architectures_s2="1", architectures_p2="2"),
    ),
    Claim(
        "depth",
        later("ZFNet"),
        later("ZFNet has one convolution and one fully connected layer more than AlexNet."),
        False,
        later("Both have {convolutions} convolutions and {full} fully connected layers: {all} in all."),
        f"{_PAPER}, Fig. 3; Krizhevsky et al. 2012, Fig. 2",
        _at("architectures", architectures_part="fc8"),
        _depths,
    ),
    Claim(
        "pools",
        later("AlexNet"),
        later("AlexNet’s pools step by 4, and ZFNet’s do not overlap."),
        False,
        later("Both pool {size}×{size} windows in steps of {stride}, so neighbours share a row or column."),
        f"Krizhevsky et al. 2012, §3.4; {_PAPER}, Fig. 3",
        _at("architectures", architectures_part="pool1"),
        _pools,
    ),
    Claim(
        "fifty-five",
        later("AlexNet"),
        later("A photo of 224 px cannot give the 55×55 places of AlexNet’s first layer; it has to be 227 px."),
        False,
        later(
            "Rounding up, as AlexNet’s own program did, 224 px give 55; rounding down without padding they give 54, "
            "and 227 give 55. It depends on what is done with the rest of a step."
        ),
        "cuda-convnet, convolution layers; Krizhevsky et al. 2012, §3.5",
        _at("architectures", architectures_k1="11", architectures_s1="4", architectures_p1="0", architectures_ceil="1"),
    ),
    Claim(
        "torchvision",
        later("AlexNet"),
        later("torchvision’s AlexNet is the network that won in 2012."),
        False,
        later(
            "It is a variant of 2014 with {widths} maps instead of {old}, without norms and without two halves: "
            "{parameters} parameters instead of {before}."
        ),
        "Krizhevsky, arXiv 1404.5997; torchvision, AlexNet",
        _at("architectures", architectures_network="alexnet-two-gpus", architectures_beside="alexnet-2014"),
        _torchvision,
    ),
    Claim(
        "first-relu",
        later("AlexNet"),
        later("AlexNet was the first network with ReLU and the first with dropout."),
        False,
        later(
            "ReLU was there before (Nair & Hinton 2010; Glorot et al. 2011), and dropout was published on its own in "
            "July 2012. AlexNet showed both at a size that convinced everybody."
        ),
        "Nair & Hinton, ICML 2010; Hinton et al., arXiv 1207.0580",
        _at("architectures", architectures_network="alexnet-two-gpus", architectures_part="fc6"),
    ),
    Claim(
        "winner",
        later("Results"),
        later("The paper’s network won ImageNet’s contest of 2013 with 11.2 % errors."),
        False,
        later(
            "That was Clarifai, Zeiler’s company, with several networks and additional data (11.7 % without). The "
            "paper’s best ensemble makes {ensemble} % top-5 errors on the test set, a single network {single} % on "
            "validation."
        ),
        f"ILSVRC 2013 results; {_PAPER}, Table 2",
        _at("results", results="table-2"),
        _errors,
    ),
    Claim(
        "accuracy",
        later("Results"),
        later("About 15 % is the accuracy that such networks reached on ImageNet in 2012 and 2013."),
        False,
        later(
            "It is the share of **errors**: with five guesses, the paper’s ensemble is wrong for {val} % of the "
            "validation photos and so right for about 85 %."
        ),
        f"{_PAPER}, Table 2",
        _at("results", results="table-2"),
        _errors,
    ),
    Claim(
        "fewer-units",
        later("Results"),
        later("Smaller fully connected layers make the network a little better."),
        False,
        later(
            "With 2048 units instead of 4096 in layers 6 and 7, errors rise from {old} to {old_small} % (AlexNet’s "
            "replica) and from {new} to {new_small} % (ZFNet)."
        ),
        f"{_PAPER}, Table 3",
        _at("results", results="table-3"),
        _units,
    ),
    Claim(
        "share",
        later("Costs"),
        later("Most of ZFNet’s weights sit in its fully connected layers."),
        True,
        later("{share} % of them; in VGG-16 {vgg} %, in ResNet-50, which averages its last maps, {resnet} %."),
        "Counted on the modules",
        _at("architectures", architectures_beside="vgg16", architectures_part="fc6"),
        _share_of_full,
    ),
    Claim(
        "three",
        later("VGG"),
        later("Three layers of 3×3 see as much as one layer of 7×7, with fewer weights."),
        True,
        later(
            "They see {field}×{field}, with {small}C² weights instead of {large}C² for C maps, and bend three times."
        ),
        "Simonyan & Zisserman, ICLR 2015, §2.3",
        _at("architectures", architectures_network="vgg16", architectures_part="conv3_3"),
        _stack,
    ),
    Claim(
        "lossless",
        later("GoogLeNet"),
        later("The 1×1 convolutions before the larger ones squeeze the maps without losing anything."),
        False,
        later(
            "They are a linear map to fewer numbers, and what it sends to zero is gone. That little of use is lost "
            "is a hope that training makes come true, not a law."
        ),
        "Szegedy et al., CVPR 2015, §4",
        _at("architectures", architectures_network="googlenet", architectures_part="inception3a"),
    ),
    Claim(
        "five-million",
        later("GoogLeNet"),
        later("GoogLeNet has 5 million parameters."),
        False,
        later("About 7 million as in the paper’s Table 1, {ours} million as torchvision builds it."),
        "Szegedy et al., CVPR 2015, Table 1; counted on the module",
        _at("architectures", architectures_network="googlenet", architectures_beside="googlenet-training"),
        _googlenet,
    ),
    Claim(
        "batch-norm",
        later("ResNet"),
        later("Batch norm was introduced with ResNet."),
        False,
        later("It is from Ioffe & Szegedy, February 2015; ResNet, of December 2015, uses it after every convolution."),
        "Ioffe & Szegedy, ICML 2015; He et al., CVPR 2016",
        _at("architectures", architectures_network="resnet50", architectures_part="block1_1"),
    ),
    Claim(
        "learns",
        later("Deconvnet"),
        later("The deconvnet learns filters of its own to draw its pictures."),
        False,
        later("It has nothing to learn: it uses the network’s own filters, transposed, and the places of its maxima."),
        f"{_PAPER}, §2.1",
        _at("look_inside", layer="conv3"),
    ),
    Claim(
        "gradient",
        later("Deconvnet"),
        later("A deconvnet picture is almost the gradient of the unit; they differ in how they treat the ReLU."),
        True,
        later(
            "The gradient lets pass what was positive on the way up, the deconvnet what is positive on the way down. "
            "Both are shown side by side, with guided backprop, which asks for both."
        ),
        "Simonyan et al., arXiv 1312.6034, §4",
        _at("look_inside", layer="conv4"),
    ),
    Claim(
        "samples",
        later("Deconvnet"),
        later("Projections are pictures that the network would paint of what it knows."),
        False,
        later(
            "They show which pixels of **this** photo made a unit strong. Other switches, from another photo, give "
            "another picture; the network has no idea of its own to paint."
        ),
        f"{_PAPER}, §4",
        _at("look_inside", layer="conv5"),
    ),
    Claim(
        "grid",
        later("Figures"),
        later("For layer 1, the paper’s Fig. 2 shows projections of the nine strongest of 96 maps."),
        False,
        later(
            "For layer 1 it shows the filters themselves. For layers 2 to 5 it takes random maps, and for each the "
            "nine strongest places in all validation photos."
        ),
        f"{_PAPER}, Fig. 2",
        _at("features", features_layer="conv1"),
    ),
    Claim(
        "sum-of-maps",
        later("Figures"),
        later("In the experiment with the grey square, panel (b) is the sum of all maps of layer 5."),
        False,
        later("It is one map, the strongest in the untouched photo, summed over its places."),
        f"{_PAPER}, §4.2 and Fig. 7",
        _at("occlusion"),
    ),
    Claim(
        "invariant",
        later("Invariance"),
        later("A convolution makes a network indifferent to where something stands."),
        False,
        later(
            "If the photo shifts, the maps of a convolution shift along: that is equivariance. Indifference, as far "
            "as there is any, comes from pools, from strides and from training."
        ),
        f"{_PAPER}, §4.1 and Fig. 5; Azulay & Weiss, JMLR 2019",
        _at("invariance", invariance_kind="right"),
    ),
    Claim(
        "sensitive",
        later("Invariance"),
        later("When the photo is turned a little, layer 1 changes less than layer 7."),
        False,
        later("Small changes of the photo move layer 1 dramatically and layer 7 much less."),
        f"{_PAPER}, §4.1 and Fig. 5",
        _at("invariance", invariance_kind="rotation"),
    ),
)


def claim(key: str) -> Claim | None:
    """The claim of that key, if there is one."""
    return next((one for one in CLAIMS if one.key == key), None)

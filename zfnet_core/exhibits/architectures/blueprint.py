"""A network as it is drawn: one part for each layer, pool, Inception module or residual block, with what it costs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from zfnet_core.exhibits.architectures.reading import MAKES, Operation, read
from zfnet_core.models.architectures import Architecture, architecture
from zfnet_core.models.receptive_field import ReceptiveField

BLOCKS = (
    (re.compile(r"layer(\d)\.(\d+)\."), lambda found: f"block{found[1]}_{int(found[2]) + 1}", "residual block"),
    (re.compile(r"inception(\w\w)\."), lambda found: f"inception{found[1]}", "Inception module"),
    (re.compile(r"aux(\d)\."), lambda found: f"helper{found[1]}", "helper classifier"),
)
"""Modules that are drawn as one part: their path, the part's name, and its kind."""
SHORT = {"convolution": "conv", "fully connected": "fc", "global average": "average"}


@dataclass(frozen=True)
class Part:
    """One drawn part: its operations, the first of which names its window.

    `before` is the shape that goes in, `shape` the one that comes out.
    """

    name: str
    kind: str
    operations: tuple[Operation, ...]

    @property
    def main(self) -> Operation:
        """The operation that gives the part its name."""
        return self.operations[0]

    @property
    def last(self) -> Operation:
        """What comes out, before it is laid flat for a fully connected layer."""
        return next((one for one in reversed(self.operations) if one.kind != "flattening"), self.operations[-1])

    @property
    def before(self) -> tuple[int, ...]:
        """The shape that goes in."""
        return self.main.before

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that comes out: (maps, rows, columns) or (units,)."""
        return self.last.shape

    @property
    def parameters(self) -> int:
        """Trained numbers."""
        return sum(one.parameters for one in self.operations)

    @property
    def macs(self) -> int:
        """Multiply–adds for one photo."""
        return sum(one.macs for one in self.operations)

    @property
    def activation_bytes(self) -> int:
        """Memory of what its convolutions, pools and fully connected layers put out, for one photo in float32."""
        return sum(one.activation_bytes for one in self.operations)

    @property
    def field(self) -> ReceptiveField:
        """The receptive field of what comes out."""
        return self.last.field

    @property
    def then(self) -> tuple[str, ...]:
        """The kinds of what follows the main operation inside the part, in order."""
        return tuple(one.kind for one in self.operations[1:])


@dataclass(frozen=True)
class Blueprint:
    """A network's parts, from the photo to the classes, helper classifiers among them."""

    plan: Architecture
    parts: tuple[Part, ...]

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All operations in order."""
        return tuple(one for part in self.parts for one in part.operations)

    @property
    def parameters(self) -> int:
        """Trained numbers of the whole network."""
        return sum(part.parameters for part in self.parts)

    @property
    def macs(self) -> int:
        """Multiply–adds for one photo."""
        return sum(part.macs for part in self.parts)

    @property
    def activation_bytes(self) -> int:
        """Memory of all activations that are kept for one photo (float32)."""
        return sum(part.activation_bytes for part in self.parts)

    @property
    def depth(self) -> int:
        """Layers with weights on the longest way from the photo to the classes: the number in VGG-16 or ResNet-50."""
        longest: dict[str, int] = {"input": 0}
        for one in self.operations:
            weighed = one.kind in ("convolution", "fully connected", "distance to codes")
            longest[one.name] = max(longest[name] for name in one.inputs) + weighed
        return max(longest.values())

    def part(self, name: str) -> Part | None:
        """The part of that name, if there is one."""
        return next((one for one in self.parts if one.name == name), None)


@lru_cache(maxsize=32)
def blueprint(name: str) -> Blueprint:
    """The blueprint of an architecture, read once. Raises UnknownName."""
    plan = architecture(name)
    return Blueprint(plan, _parts(read(plan.without_numbers(), plan.channels, plan.input_px)))


def _parts(operations: Sequence[Operation]) -> tuple[Part, ...]:
    groups: list[tuple[str, str, list[Operation]]] = []
    by_block: dict[str, list[Operation]] = {}
    of_operation: dict[str, list[Operation]] = {}
    counts: dict[str, int] = {}
    stage = within = 0
    small_windows = sum(one.kind == "convolution" for one in operations) > 8 and not any(
        _block_of(one.name) for one in operations
    )
    for one in operations:
        if block := _block_of(one.name):
            name, kind = block
            if name not in by_block:
                by_block[name] = []
                groups.append((name, kind, by_block[name]))
            group = by_block[name]
        elif one.kind in MAKES or not groups:
            if small_windows and one.kind == "convolution":
                within += 1
                name = f"conv{stage + 1}_{within}"
            else:
                name = _own_name(one, counts)
            if one.kind == "max-pool" and small_windows:
                stage, within = stage + 1, 0
            group = []
            groups.append((name, one.kind, group))
        else:
            group = of_operation.get(one.inputs[0], groups[-1][2])
        group.append(one)
        of_operation[one.name] = group
    return tuple(Part(name, kind, tuple(group)) for name, kind, group in groups)


def _block_of(path: str) -> tuple[str, str] | None:
    for pattern, named, kind in BLOCKS:
        if found := pattern.match(path):
            return named(found), kind
    return None


def _own_name(one: Operation, counts: dict[str, int]) -> str:
    """The module's own name where it says what it is, else its kind with a number; fc6 follows five convolutions."""
    kind = SHORT.get(one.kind, one.kind.replace("max-", "").replace("average ", ""))
    counts[kind] = counts.get(kind, 0) + 1
    if not re.match(r"(features|classifier)\.", one.name) and re.fullmatch(r"[A-Za-z]+\d*", one.name):
        return {"maxpool": "pool", "avgpool": "average"}.get(one.name, one.name.replace("maxpool", "pool"))
    if kind == "fc":
        return f"fc{5 + counts[kind]}"
    if kind == "pool" and one.name.startswith("features."):
        return f"pool{counts.get('conv', 0) or counts[kind]}"
    return f"{kind}{counts[kind]}"

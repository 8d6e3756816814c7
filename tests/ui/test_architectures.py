"""The architectures exhibit without a running app: questions, scenes, words and files."""

from __future__ import annotations

import json
from csv import DictReader
from io import StringIO

import numpy as np
import pytest
import torch

from tests.core.thin_networks import thin_zfnet
from ui.architectures.changes import five_changes, is_the_papers_pair, times
from ui.architectures.fields import ALONE, Fields
from ui.architectures.files import files
from ui.architectures.ideas import bottleneck_in_words, stack_in_words
from ui.architectures.question import Question, resolve
from ui.architectures.scene import counted, in_bytes, scene, sums, table
from ui.architectures.stem import rows, sentence, why_55, why_stride_2
from ui.shell.current import Current
from zfnet_core.exhibits.architectures import SlidingWindow, blueprint, differences
from zfnet_core.exhibits.architectures import stem as stems
from zfnet_core.exhibits.architectures.ideas import EXAMPLE, Head, additions, normalised, stack
from zfnet_core.models import architectures, zoo
from zfnet_core.photos import samples
from zfnet_core.photos.images import CENTRE


@pytest.fixture(scope="module")
def current() -> Current:
    torch.set_num_threads(1)
    return Current(thin_zfnet(classes=3), "chelsea", samples.load("chelsea"), CENTRE)


def ask(current: Current, **choices: object) -> Question:
    return resolve(Fields(**choices), current)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", architectures.names())
def test_every_network_can_be_drawn(current: Current, name: str) -> None:
    question = ask(current, network=name, beside=ALONE, part="")
    (drawn,) = json.loads(json.dumps(scene(question)))["networks"]
    found = blueprint(name)
    assert [part["name"] for part in drawn["parts"]] == [part.name for part in found.parts]
    assert f"{found.parameters:,} parameters" in drawn["totals"]
    for part, told in zip(found.parts, drawn["parts"], strict=True):
        assert f"{part.parameters:,} parameters" in told["alt"] and part.name in told["alt"]
        assert all(0 <= value <= 1 for value in told["box"]) and told["box"][0] < told["box"][2]
        facts = dict(told["facts"])
        assert facts["multiply–adds"] == f"{part.macs:,}" and facts["receptive field"]
        # Every sum ends with what was counted on the module.
        shown = dict(told["sums"])
        if "Parameters" in shown:
            assert shown["Parameters"].endswith(f"= {part.main.parameters:,}")
        if "Size" in shown:
            assert shown["Size"].endswith(f"= {part.main.shape[1]}")
    assert len(table(found)) == len(found.parts)


def test_sums_are_right_sums() -> None:
    for name in architectures.names():
        for part in blueprint(name).parts:
            for title, text in sums(part):
                if title == "Parameters":
                    left, right = text.replace(",", "").replace("·", "*").split(" = ")
                    assert eval(left) == int(right), (name, part.name)


def test_the_window_on_the_photo_is_the_receptive_field(current: Current) -> None:
    question = ask(current, network="zfnet", beside="alexnet", part="conv5")
    first, second = scene(question)["networks"]
    for drawn, size in ((first, 139), (second, 163)):
        (part,) = [one for one in drawn["parts"] if one["name"] == "conv5"]
        top, left, bottom, right = (round(224 * value) for value in part["box"])
        assert (bottom - top, right - left) == (size, size) and f"sees {size} × {size} px of 224 × 224" in part["seen"]
        assert round(224 * (part["next"][1] - part["box"][1])) == 16


def test_what_changed_is_marked_against_the_other_network(current: Current) -> None:
    question = ask(current, network="zfnet", beside="alexnet")
    first, second = scene(question)["networks"]
    marked = {part["name"]: part["mark"] for part in first["parts"] if part["mark"]}
    assert marked == {"conv1": "7×7, 2", "pool1": "≠", "conv2": "2", "pool2": "≠"}
    assert not any(part["mark"] for part in second["parts"])
    conv1 = first["parts"][0]
    assert "kernel 11×11 → 7×7; stride 4 → 2" in conv1["differs"] and "size 55×55 → 110×110" in conv1["differs"]
    assert differences(blueprint("vgg16"), blueprint("vgg16")) == {}


@pytest.mark.parametrize("alexnet", ["alexnet", "alexnet-two-gpus"])
def test_five_changes_with_reason_and_consequence(alexnet: str) -> None:
    pair = blueprint("zfnet"), blueprint(alexnet)
    assert is_the_papers_pair(pair) and not is_the_papers_pair((pair[0], blueprint("zfnet-b")))
    told = five_changes(pair[1], pair[0])
    assert len(told) == 5 and all(all(row) for row in told)
    everything = " ".join(" ".join(row) for row in told)
    for words in ("110 / 55 / 26 / 13 / 6", "11×11 become 7×7", "stride 4 becomes 2", "stride 1 becomes 2", "Dense"):
        assert words in everything
    assert ("1,392,384 more" in everything) == (alexnet == "alexnet-two-gpus")


def test_a_part_that_is_not_there_is_one_sentence(current: Current) -> None:
    question = ask(current, network="resnet18", beside=ALONE, part="conv99<b>")
    assert question.part == "conv1" and question.notes == ("ResNet-18 has no part “conv99b”.",)
    assert ask(current, network="lenet5", beside=ALONE).part == "C1" and not ask(current, network="lenet5").notes


def test_the_stem_of_both_networks_is_their_module() -> None:
    for settings, name in ((stems.ZFNET, "zfnet"), (stems.ALEXNET, "alexnet")):
        made, found = stems.compute(settings), blueprint(name)
        assert (made.parameters, made.macs) == (found.parameters, found.macs)
        for row, part in zip(made.rows, found.parts, strict=True):
            assert (row.name, row.parameters, row.macs) == (part.name, part.parameters, part.macs)
            if row.window:
                assert (row.size, row.field, row.jump) == (part.shape[1], part.field.size, part.field.jump)


def test_the_stem_follows_and_says_where_it_ends() -> None:
    usual = stems.compute(stems.ZFNET)
    assert sentence(usual, usual).startswith(
        "**224 → 110 → 55 → 26 → 13 → 13 → 13 → 13 → 6** · 62,357,608 parameters (1.00"
    )
    none = stems.compute(stems.Settings(160, SlidingWindow(15, 6), SlidingWindow(15, 6)))
    assert none.stops_at == "conv2" and "no further: the window of **conv2** is larger" in sentence(none, usual)
    assert [row["layer"] for row in rows(none)] == ["conv1", "pool1"]
    every = [
        stems.compute(stems.Settings(side, SlidingWindow(k, s, p, up), SlidingWindow(k, s, p, up), up))
        for side in (160, 256)
        for k in (1, 15)
        for s in (1, 6)
        for p in (0, 5)
        for up in (False, True)
    ]
    assert all(sentence(made, usual) for made in every)


def test_a_pupil_finds_why_55_and_why_stride_2_and_what_vgg_gains(current: Current) -> None:
    told = why_55()
    for places in ("= 54` → **54**", "= 55` → **55**", "= 56` → **56**", "53.25", "224 + 3 = 227", "rounds **up**"):
        assert places in told
    told = why_stride_2()
    for words in ("Why does ZFNet need stride 2 in conv2?", "55×55", "27×27 instead of 13×13", "3.8 times", "202 M"):
        assert words in told
    assert "27C² : 49C²" in stack_in_words(stack(3, 1), stack(3, 64), 64)
    assert "18C² : 25C²" in stack_in_words(stack(2, 1), stack(2, 64), 64)
    told = bottleneck_in_words(ask(current))
    assert "**819,200**" in told and "**208,896**" in told and "3.9 times" in told


def test_ideas_by_hand() -> None:
    assert (EXAMPLE.straight, EXAMPLE.through) == (819_200, 208_896)
    assert EXAMPLE.macs == (8_192_000_000, 2_088_960_000)
    assert (stack(2, 1).large, stack(3, 1).large) == (5, 7) and stack(3, 1).saved == pytest.approx(22 / 49)
    assert (Head(512, 7, 4096).flat, Head(2048, 7, 1000).averaged) == (102_760_448, 2_048_000)


def test_an_addition_is_the_sum_of_what_came_and_what_a_block_adds() -> None:
    """ResNet-18 run again as torchvision's module does it, block by block."""
    network = zoo.untrained(zoo.entry("resnet18"), seed=2)
    image = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    found, module = additions(network, image), network.module
    assert len(found) == 8
    with torch.no_grad():
        value = module.maxpool(module.relu(module.bn1(module.conv1(image))))
        blocks = [block for stage in (module.layer1, module.layer2, module.layer3, module.layer4) for block in stage]
        for one, block in zip(found, blocks, strict=True):
            came = value if block.downsample is None else block.downsample(value)
            added = block.bn2(block.conv2(block.relu(block.bn1(block.conv1(value)))))
            value = torch.relu(came + added)
            for mine, theirs in ((one.came, came), (one.added, added), (one.out, value)):
                assert np.allclose(mine, theirs[0].mean(dim=0).numpy(), atol=1e-3, rtol=1e-3)
            assert one.share == pytest.approx(float(added.norm() / came.norm()), rel=1e-3)
    assert additions(thin_zfnet(classes=3), image) == ()


def test_contrast_normalisation_is_pytorchs() -> None:
    maps = torch.rand(9, 4, 4, generator=torch.Generator().manual_seed(1)) * 30
    found = normalised(maps)
    theirs = torch.nn.functional.local_response_norm(maps[None], 5, 1e-4, 0.75, 2.0)[0]
    best, row, column = np.unravel_index(int(maps.argmax()), maps.shape)
    assert found.map == best and found.neighbours == tuple(range(max(0, best - 2), min(9, best + 3)))
    assert np.allclose(found.after, theirs[:, row, column].numpy(), rtol=1e-5)


def test_files_can_be_opened_again() -> None:
    made = {name: make() for _, name, make in files(blueprint("googlenet"))}
    assert made["googlenet-layers.png"].startswith(b"\x89PNG") and b"<svg" in made["googlenet-layers.svg"][:500]
    lines = list(DictReader(StringIO(made["googlenet-layers.csv"].decode())))
    assert sum(int(line["parameters"]) for line in lines) == 6_624_904
    scope: dict[str, object] = {}
    exec(made["googlenet-layers.py"].decode(), scope)
    assert scope["found"] is blueprint("googlenet")


def test_numbers_as_people_say_them() -> None:
    assert [counted(1_168_032_896), counted(724_406_816), counted(416_520)] == ["1.17 G", "724 M", "416,520"]
    assert [in_bytes(7_440_000), in_bytes(25_000)] == ["7.44 MB", "25 kB"] and times(1.0299) == "1.03"
    assert times(451.2) == "451"

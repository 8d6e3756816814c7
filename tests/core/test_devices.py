"""Nothing is left behind on the CPU when a network is on another device: checked with one that needs no hardware."""

from __future__ import annotations

import pytest
import torch

from tests.core import pretend_gpu
from tests.core.thin_networks import smooth_photos, thin_zfnet
from zfnet_core.deconvnet.projection import project, project_map, strongest_unit, strongest_units
from zfnet_core.deconvnet.rules import RULES
from zfnet_core.errors import ExplorerError
from zfnet_core.exhibits.occlusion import OcclusionSettings
from zfnet_core.exhibits.occlusion.occluder import Occluder
from zfnet_core.exhibits.occlusion.sweep import occlude_once, whole_sweep
from zfnet_core.forward.activations import activations
from zfnet_core.forward.trace import trace

torch.set_num_threads(1)
pytestmark = pytest.mark.skipif(not pretend_gpu.set_up(), reason="this PyTorch knows no devices written in Python")


@pytest.fixture
def away():
    with pretend_gpu.PretendGpu():
        yield pretend_gpu.NAME


def test_the_pretended_device_refuses_mixed_placement(away):
    there = torch.ones(3).to(away)
    assert there.device.type == away and (there + there).tolist() == [2, 2, 2]
    with pytest.raises(RuntimeError, match="same device"):
        there + torch.ones(3)
    with pytest.raises(RuntimeError):
        there.numpy()


def test_a_trace_and_projections_by_every_rule_stay_on_the_networks_device(away):
    network, photos = thin_zfnet(norm="after pool"), smooth_photos(2)
    moved = network.to(away)
    assert network.device.type == "cpu" and moved.device.type == away and moved.fingerprint == network.fingerprint
    here, there = trace(network, photos), trace(moved, photos)
    assert torch.equal(here.probabilities, there.probabilities.cpu())
    for layer in ("conv2", "conv5", "fc7"):
        units = strongest_units(here, layer, 4)
        assert strongest_units(there, layer, 4) == units
        for rule in RULES:
            expected, found = (project(one, layer, units, rule, images=(0, 1, 0, 1)) for one in (here, there))
            assert found.pixels.device.type == away and found.values == pytest.approx(expected.values, rel=1e-5)
            assert (found.pixels.cpu() - expected.pixels).abs().max() <= 1e-4 * expected.pixels.abs().max()
    assert strongest_unit(there, "conv3", 2) == strongest_unit(here, "conv3", 2)
    whole = project_map(there, "conv4", 1).pixels.cpu()
    assert (whole - project_map(here, "conv4", 1).pixels).abs().max() <= 1e-4 * whole.abs().max()


def test_activations_stay_on_the_networks_device(away):
    network, photos = thin_zfnet(), smooth_photos(1)
    for (name, here), (_, there) in zip(
        activations(network, photos), activations(network.to(away), photos), strict=True
    ):
        assert there.device.type == away and torch.equal(here, there.cpu()), name


@pytest.mark.parametrize("fast", [True, False])
def test_a_sweep_and_one_position_give_the_same_numbers(away, fast):
    network, photo = thin_zfnet(maps=(16, 16, 18, 18, 16)), 3 * smooth_photos(1)
    moved, settings = network.to(away), OcclusionSettings.square(48, 44)
    here, there = (whole_sweep(one, photo, settings, fast=fast) for one in (network, moved))
    assert abs(here.probabilities - there.probabilities).max() < 1e-6
    assert abs(here.map_totals - there.map_totals).max() < 1e-3
    one, other = (occlude_once(net, photo, Occluder(30, 40, 50, 60)) for net in (network, moved))
    assert abs(one.probabilities - other.probabilities).max() < 1e-6


def test_a_network_that_was_moved_in_part_is_refused_with_a_sentence(away):
    network = thin_zfnet()
    network.module.conv2.to(away)
    with pytest.raises(ExplorerError, match=r"Thin lies partly on cpu and partly on pretend.*network\.to"):
        trace(network, smooth_photos(1))


def test_a_module_that_leaves_its_steps_behind_is_refused_as_well(away):
    network = thin_zfnet()
    network.module.to(away)
    with pytest.raises(ExplorerError, match="lies partly on cpu and partly on pretend"):
        network.probabilities(smooth_photos(1))


def test_moving_a_network_to_where_it_is_changes_nothing():
    network = thin_zfnet()
    assert network.to("cpu") is network

"""A trace holds what the network's own forward function computes, and leaves nothing behind on the network."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tests.core.literal_deconvnet import biased, smooth_photos
from zfnet_core.errors import UnknownName
from zfnet_core.forward.trace import Recording, Trace, trace
from zfnet_core.models.steps import MaxPool

NETWORKS = (
    "zfnet-classroom",
    "zfnet-random",
    "alexnet",
    "alexnet-torchvision",
    "vgg16",
    "googlenet",
    "resnet18",
    "resnet50",
)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@cache
def traced(name: str) -> Trace:
    return trace(biased(name), smooth_photos(2))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_as_the_networks_own_forward_function(name: str):
    """Layers by hooks on the modules that have just one ReLU each, and the scores at the end."""
    net, photos = biased(name), smooth_photos(2)[:1]
    caught: dict[str, torch.Tensor] = {}
    handles = []
    for layer in net.layers:
        owner = _module_of(net.module, layer.step)
        if owner is not None:
            handles.append(
                owner.register_forward_hook(
                    lambda module, inputs, output, layer=layer.name: caught.__setitem__(layer, output.clone())
                )
            )
    with torch.no_grad():
        scores = net.module(photos.contiguous(memory_format=torch.channels_last))
    for handle in handles:
        handle.remove()
    run = trace(net, photos)
    assert torch.allclose(run.outputs[net.steps[-1].name], scores, rtol=1e-4, atol=1e-5)
    assert torch.allclose(run.probabilities, scores.softmax(dim=1), atol=1e-6)
    assert torch.allclose(net.probabilities(photos), run.probabilities, atol=1e-6)
    assert len(caught) >= 5
    for layer, output in caught.items():
        expected = output.relu()
        assert torch.allclose(run.activation(layer), expected, rtol=1e-4, atol=1e-4 * expected.max().item()), layer


def _module_of(module: nn.Module, step: str) -> nn.Module | None:
    """The module whose output a layer's step is, up to a final ReLU; None where several steps share a module."""
    names = dict(module.named_modules())
    if step in names and isinstance(names[step], nn.ReLU) and not step.startswith(("layer", "relu_")):
        return names[step] if isinstance(module, nn.Sequential) else names.get("bn1")
    dotted = step.replace("_", ".")
    if step.startswith("layer"):
        return names[".".join(dotted.split(".")[:2])]
    if step.startswith("cat"):
        inceptions = [part for name, part in names.items() if name.startswith("inception") and "." not in name]
        return inceptions[int(step.partition("_")[2] or 0)]
    return names.get(dotted) if isinstance(names.get(dotted), nn.ReLU) else None


@pytest.mark.parametrize("name", ["zfnet-random", "alexnet", "googlenet", "resnet18"])
def test_switches_point_at_the_maxima(name: str):
    """Reading the input at each switch gives the pool's output, and each switch lies in its own window."""
    run = traced(name)
    pools = [step for step in biased(name).steps if isinstance(step, MaxPool)]
    assert pools
    for step in pools:
        before, after = run.outputs[step.inputs[0]], run.outputs[step.name]
        switches = run.switches[step.name]
        assert torch.equal(before.flatten(2).gather(2, switches.flatten(2)).view(after.shape), after)
        pool = dict(biased(name).module.named_modules())[step.name.replace("_", ".")]
        assert torch.equal(after, F.max_pool2d(before, *_settings(pool)))
        width = before.shape[-1]
        rows, columns = switches // width, switches % width
        top = torch.arange(after.shape[2])[:, None] * pool.stride - pool.padding
        left = torch.arange(after.shape[3]) * pool.stride - pool.padding
        assert ((rows - top >= 0) & (rows - top < pool.kernel_size)).all()
        assert ((columns - left >= 0) & (columns - left < pool.kernel_size)).all()
        relative = ((rows - top) * pool.kernel_size + columns - left).permute(0, 2, 3, 1)
        assert torch.equal(run.relative_switches[step.name].long(), relative)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding"), [(2, 3, 2, 1), (1, 3, 1, 1), (7, 5, 3, 2), (6, 2, 2, 0)]
)
def test_relative_switches_are_right_on_the_smallest_maps(size: int, kernel: int, stride: int, padding: int) -> None:
    """Also where a padded window is wider than the map."""
    values = torch.rand(2, 3, size, size)
    out, flat = F.max_pool2d(values, kernel, stride, padding, return_indices=True)
    pool = MaxPool(
        name="pool", inputs=("input",), shape=tuple(out.shape[1:]), kernel=kernel, stride=stride, padding=padding,
        ceil_mode=False,
    )  # fmt: skip
    recording = Recording(values, {"input": values, "pool": out}, {"pool": flat}, {"pool": pool})
    corner = torch.arange(out.shape[-1]) * stride - padding
    rows, columns = flat // size - corner[:, None], flat % size - corner
    assert torch.equal(recording.relative_switches["pool"].long(), (rows * kernel + columns).permute(0, 2, 3, 1))


def _settings(pool: nn.MaxPool2d) -> tuple:
    return pool.kernel_size, pool.stride, pool.padding, pool.dilation, pool.ceil_mode


def test_several_photos_are_traced_as_each_alone():
    run = traced("alexnet")
    alone = trace(biased("alexnet"), smooth_photos(2)[1:])
    second = run.of_image(1)
    for layer in biased("alexnet").layers:
        assert torch.allclose(second.activation(layer.name), alone.activation(layer.name), rtol=1e-4, atol=1e-5)
    assert second.relative_switches["pool1"].shape[0] == 1


def test_a_trace_can_stop_early():
    run = trace(biased("alexnet"), smooth_photos(1), until="conv3")
    assert "relu3" in run.outputs
    assert "relu4" not in run.outputs
    with pytest.raises(UnknownName, match="no layer “conv12”"):
        trace(biased("alexnet"), smooth_photos(1), until="conv12")


@pytest.mark.parametrize("name", ["alexnet-torchvision", "resnet18"])
def test_no_step_changes_its_input(name: str):
    """In-place ReLUs of the original modules must not overwrite what the trace keeps."""
    photos = smooth_photos(1)
    before = photos.clone()
    run = trace(biased(name), photos)
    assert torch.equal(photos, before)
    for step in biased(name).steps:
        if all(source in run.outputs for source in step.inputs) and step.name in run.outputs:
            again = step.run(*(run.outputs[source] for source in step.inputs))
            assert torch.allclose(again, run.outputs[step.name], rtol=1e-5, atol=1e-5)


def test_nothing_stays_on_the_network():
    for part in biased("googlenet").module.modules():
        assert not part._forward_hooks
        assert not part._forward_pre_hooks
        assert not part._backward_hooks

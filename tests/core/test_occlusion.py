"""The incremental sweep against the naive loop, at every position; settings, fills, progress, cache and threads."""

import copy
import gc
import itertools
import threading
from itertools import product

import numpy as np
import pytest
import torch
import torchvision

from tests.core.thin_networks import smooth_photos, thin
from zfnet_core.errors import ExplorerError
from zfnet_core.exhibits.occlusion import engine, incremental_network
from zfnet_core.exhibits.occlusion import sweep as occlusion
from zfnet_core.exhibits.occlusion.full_passes import FullPasses
from zfnet_core.exhibits.occlusion.incremental_network import FILTERS, IncrementalNetwork, tower_of
from zfnet_core.exhibits.occlusion.occluder import Occluder, OcclusionSettings, fill_picture
from zfnet_core.forward import batching
from zfnet_core.models import zoo
from zfnet_core.models.network import present
from zfnet_core.models.steps import INPUT
from zfnet_core.models.tower import ConvSpec

torch.set_num_threads(1)
SIDES, STRIDES = (17, 32, 48, 64), (16, 24, 40)
TOLERANCE = 1e-5


def convs(first, second, maps=(16, 18, 20, 18, 16)):
    """Five layers with true geometry and few maps, enough for every fast path to be taken."""
    one, two, three, four, five = maps
    return (
        ConvSpec(one, **first, pooled=True, normed=True),
        ConvSpec(two, **second, pooled=True, normed=True),
        ConvSpec(three, kernel=3, padding=1),
        ConvSpec(four, kernel=3, padding=1),
        ConvSpec(five, kernel=3, padding=1, pooled=True),
    )


ZFNET = convs({"kernel": 7, "stride": 2, "padding": 1}, {"kernel": 5, "stride": 2})
ALEXNET = convs({"kernel": 11, "stride": 4, "padding": 2}, {"kernel": 5, "padding": 2})


def thin_vgg():
    """VGG-16's thirteen convolutions and five pools at 64 px."""
    modules, channels = [], 3
    for maps, count in ((16, 2), (16, 2), (18, 3), (20, 3), (20, 3)):
        for _ in range(count):
            modules += [torch.nn.Conv2d(channels, maps, 3, padding=1), torch.nn.ReLU(inplace=True)]
            channels = maps
        modules.append(torch.nn.MaxPool2d(2))
    head = [torch.nn.Flatten(), torch.nn.Linear(80, 16), torch.nn.ReLU(), torch.nn.Linear(16, 7)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        module = torch.nn.Sequential(*modules, *head)
        for part in module:
            if isinstance(part, (torch.nn.Conv2d, torch.nn.Linear)):
                torch.nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
    layers = (("conv5", "_29"), ("fc8", f"_{len(module) - 1}"))
    return present(
        "thin vgg",
        "Thin VGG",
        module,
        layers,
        ["x"] * 7,
        preprocessing=zoo.Preprocessing(resize_px=72, input_px=64),
        source="random",
        trained=False,
    )


NETWORKS = {
    "zfnet": lambda: thin(ZFNET),
    "zfnet, norm after pool": lambda: thin(ZFNET, norm="after pool"),
    "zfnet, norm before pool": lambda: thin(ZFNET, norm="before pool"),
    "alexnet": lambda: thin(ALEXNET, norm="before pool"),
    "vgg": thin_vgg,
}


def photo_for(network, seed=3):
    """A random picture that makes the network sure of something: differences would show."""
    size = network.preprocessing.input_px
    return 3 * smooth_photos(1, seed)[..., :size, :size]


def steps_to(last, stride):
    """0, stride, 2·stride … and at last the far edge."""
    steps = list(range(0, last, stride))
    return [*steps, last]


@torch.inference_mode()
def naive(network, image, settings, fill=None):
    """One photo, one position, one full pass at a time, from the network's own module and steps."""
    size = image.shape[-1]
    picture = torch.zeros_like(image) if fill is None else fill
    tops = steps_to(size - settings.height_px, settings.stride_px)
    lefts = steps_to(size - settings.width_px, settings.stride_px)
    probabilities, totals = [], []
    for top, left in product(tops, lefts):
        photo = image.clone()
        for row in range(top, top + settings.height_px):
            photo[..., row, left : left + settings.width_px] = picture[..., row, left : left + settings.width_px]
        probabilities.append(network.module(photo).softmax(dim=1)[0])
        totals.append(layer_5(network, photo)[0].sum(dim=(1, 2)))
    shape = (len(tops), len(lefts), -1)
    return torch.stack(probabilities).view(shape).numpy(), torch.stack(totals).view(shape).numpy()


def layer_5(network, photo):
    """The last spatial layer's maps, through the steps."""
    wanted = [layer.step for layer in network.layers if layer.spatial][-1]
    values = {INPUT: photo}
    for step in network.steps:
        values[step.name] = step.run(*(values[name] for name in step.inputs))
        if step.name == wanted:
            return values[step.name]
    raise AssertionError(wanted)


def assert_same(sweep, probabilities, totals, tolerance=TOLERANCE):
    assert sweep.done == 1
    best = sweep.probabilities.argmax(axis=-1)
    assert np.array_equal(sweep.classes[best], sweep.class_indices)
    assert np.abs(sweep.probabilities - probabilities).max() < tolerance
    typical = np.maximum(np.abs(totals), np.abs(totals).mean())
    assert (np.abs(sweep.map_totals - totals) / typical).max() < tolerance


@pytest.mark.parametrize("name", NETWORKS)
def test_every_position_equals_the_naive_loop(name):
    """Each network with each side; the steps and photos take turns so that all of them occur."""
    network = NETWORKS[name]()
    assert tower_of(network), "this network should be computed incrementally"
    scale = network.preprocessing.input_px / 224
    for number, (side, stride) in enumerate(product(SIDES, STRIDES)):
        settings = OcclusionSettings.square(max(1, int(side * scale)), max(4, int(stride * scale)))
        image = photo_for(network, seed=number)
        truth = naive(network, image, settings)
        for fast in (True, False):
            sweep = occlusion.whole_sweep(network, image, settings, fast=fast)
            assert_same(sweep, *truth)
            assert_untouched(sweep, network, image)


@torch.inference_mode()
def assert_untouched(sweep, network, image):
    """What a sweep says of the untouched photo, against the network's own module."""
    assert np.abs(sweep.clean_probabilities - network.module(image).softmax(dim=1)[0].numpy()).max() < TOLERANCE
    totals = layer_5(network, image)[0].sum(dim=(1, 2)).numpy()
    assert np.abs(sweep.clean_map_totals - totals).max() < TOLERANCE * np.abs(totals).mean()


def in_float64(network):
    """The same network with twice the digits, for a truth that hardly rounds."""
    precise = copy.deepcopy(network)
    precise.module.double()
    return precise


@pytest.mark.parametrize("name", ["zfnet, norm after pool", "alexnet", "vgg"])
def test_large_and_oblong_rectangles_stay_exact(name):
    """Where most of a window is covered, nothing large may cancel: against float64, as far as the page allows."""
    network = NETWORKS[name]()
    precise = in_float64(network)
    scale = network.preprocessing.input_px / 224
    shapes = [(128, 128, 96), (200, 200, 8), (224, 224, 8), (16, 224, 104), (224, 40, 92), (70, 72, 77), (100, 64, 51)]
    for number, (height, width, stride) in enumerate(shapes):
        sides, step = (int(height * scale), int(width * scale)), max(2, int(stride * scale))
        settings = OcclusionSettings(*sides, step, fill="#ff8000")
        image = photo_for(network, seed=number)
        picture = fill_picture(image, settings.fill, network.preprocessing)
        truth = naive(precise, image.double(), settings, picture.double())
        for fast in (True, False):
            assert_same(occlusion.whole_sweep(network, image, settings, fast=fast), *truth)


def test_the_usual_step_and_an_odd_one():
    network = thin(ZFNET)
    for settings in (OcclusionSettings.square(48, 8), OcclusionSettings.square(49, 13)):
        image = photo_for(network, seed=settings.stride_px)
        assert_same(occlusion.whole_sweep(network, image, settings), *naive(network, image, settings))


def test_the_last_position_lies_at_the_far_edge():
    network = thin(ZFNET)
    image, settings = photo_for(network), OcclusionSettings(height_px=48, width_px=64, stride_px=100)
    sweep = occlusion.whole_sweep(network, image, settings)
    assert sweep.tops_px.tolist() == [0, 100, 176] and sweep.lefts_px.tolist() == [0, 100, 160]
    assert_same(sweep, *naive(network, image, settings))


def test_a_sweep_cannot_be_written_to():
    network = thin(ZFNET)
    sweep = occlusion.whole_sweep(network, photo_for(network), OcclusionSettings.square(64, 80))
    for array in (sweep.probabilities, sweep.map_totals, sweep.known, sweep.clean_probabilities, sweep.tops_px):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@pytest.mark.parametrize("shape", [(2, 3, 224, 224), (1, 3, 160, 160), (3, 224, 224)])
def test_a_photo_of_another_shape_is_explained(shape):
    network = thin(ZFNET)
    with pytest.raises(ExplorerError, match=r"one photo \[1, 3, 224, 224\]"):
        occlusion.whole_sweep(network, torch.zeros(shape), OcclusionSettings.square(64, 80))
    with pytest.raises(ExplorerError, match="prepare"):
        occlusion.occlude_once(network, torch.zeros(shape), Occluder(0, 0, 10, 10))


def test_the_blurred_photo_is_torchvisions():
    image = photo_for(thin(ZFNET))
    whole = torchvision.transforms.functional.gaussian_blur(image, kernel_size=49, sigma=12.0)
    assert (fill_picture(image, "blur", zoo.Preprocessing()) - whole).abs().max() < 1e-5


def test_memory_that_runs_out_halves_the_batches(monkeypatch):
    network = thin(ZFNET)
    image, settings = photo_for(network), OcclusionSettings.square(48, 16)
    block = IncrementalNetwork.block

    def scarce(self, tops, lefts, height, width):
        yield
        if len(tops) * len(lefts) > 10:
            raise torch.OutOfMemoryError("no more")
        return (yield from block(self, tops, lefts, height, width))

    monkeypatch.setattr(IncrementalNetwork, "block", scarce)
    assert_same(occlusion.whole_sweep(network, image, settings), *naive(network, image, settings))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_a_gpu_gives_the_same_numbers():
    torch.backends.cudnn.allow_tf32 = True
    image, settings = photo_for(thin(ZFNET)), OcclusionSettings.square(48, 24)
    truth = naive(thin(ZFNET), image, settings)
    network = thin(ZFNET).to("cuda")
    for full_is_faster in (True, False):
        engine._full_is_faster[network] = {(48, 48, True): full_is_faster}
        assert_same(occlusion.whole_sweep(network, image.to("cuda"), settings), *truth)


def test_on_a_gpu_a_sweep_takes_the_way_that_was_faster(monkeypatch):
    """With a network that only says where it is, and clocks that say what they are told."""
    network, asked = thin(ZFNET), []
    image = photo_for(network)
    monkeypatch.setattr(type(network), "device", property(lambda network: torch.device("cuda")))
    monkeypatch.setattr(incremental_network, "fitting", lambda device, floats: 100)
    monkeypatch.setattr(batching, "fitting", lambda device, floats: 100)
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, *where: tensor)
    for side, times in ((48, (1.0, 2.0)), (32, (2.0, 1.0))):
        seconds = dict(zip((FullPasses, IncrementalNetwork), times, strict=True))

        def measure(one, settings, seconds=seconds):
            asked.append((type(one), settings.width_px))
            return seconds[type(one)]

        for _ in range(3):
            chosen = engine.engine_for(network, image, OcclusionSettings.square(side, 8), "relu5", True, measure)
            assert type(chosen) is min(seconds, key=seconds.get)
    assert len(asked) == 4 and set(asked) == set(product((FullPasses, IncrementalNetwork), (48, 32)))


def test_on_a_cpu_nothing_is_measured():
    network = thin(ZFNET)
    settings = OcclusionSettings.square(48, 8)
    chosen = engine.engine_for(network, photo_for(network), settings, "relu5", True, lambda *_: pytest.fail("measured"))
    assert type(chosen) is IncrementalNetwork


@pytest.mark.parametrize("name", ["zfnet-classroom", "alexnet", "alexnet-torchvision", "vgg16"])
def test_real_networks_agree_at_sampled_positions_and_all_corners(name):
    network = zoo.load(name)
    image = photo_for(network)
    settings = OcclusionSettings.square(48, 88)
    sweep = occlusion.whole_sweep(network, image, settings)
    assert {0, 176} == {sweep.tops_px.min(), sweep.tops_px.max()}
    assert_same(sweep, *naive(network, image, settings))


@pytest.mark.parametrize("fill", ["mean", "grey", "black", "blur", "#12ab3f"])
def test_fills_show_what_they_say(fill):
    network = thin(ZFNET)
    image = photo_for(network)
    settings = OcclusionSettings(height_px=40, width_px=72, stride_px=48, fill=fill)
    picture = fill_picture(image, fill, network.preprocessing)
    assert_same(occlusion.whole_sweep(network, image, settings), *naive(network, image, settings, picture))
    pixels = network.preprocessing.denormalise(picture[0])
    levels = {"grey": (128, 128, 128), "black": (0, 0, 0), "#12ab3f": (0x12, 0xAB, 0x3F)}
    if fill in levels:
        assert torch.allclose(pixels[:, 100, 50], torch.tensor(levels[fill]) / 255, atol=1e-6)
    elif fill == "mean":
        assert torch.allclose(pixels[:, 0, 0], torch.tensor(network.preprocessing.mean), atol=1e-6)
    else:
        assert picture.std() < 0.9 * image.std() and abs(picture.mean() - image.mean()) < 0.1


@pytest.mark.parametrize(
    "settings",
    [
        OcclusionSettings(0, 10, 8),
        OcclusionSettings(225, 10, 8),
        OcclusionSettings(10, 10, 0),
        OcclusionSettings(10, 10, 1),
        OcclusionSettings(fill="plaid"),
        OcclusionSettings(fill="#12345"),
    ],
)
def test_impossible_settings_are_explained(settings):
    network = thin(ZFNET)
    with pytest.raises(ExplorerError, match="choose"):
        occlusion.whole_sweep(network, photo_for(network), settings)


def test_one_position_is_the_same_as_in_the_sweep():
    network = thin(ZFNET)
    image = photo_for(network)
    sweep = occlusion.whole_sweep(network, image, OcclusionSettings.square(64, 32, "grey"))
    one = occlusion.occlude_once(network, image, Occluder(32, 96, 64, 64), "grey")
    assert np.abs(one.probabilities - sweep.probabilities[1, 3]).max() < TOLERANCE
    assert np.allclose(one.map_totals, sweep.map_totals[1, 3], rtol=1e-5, atol=1e-4)
    with pytest.raises(ExplorerError, match="inside"):
        occlusion.occlude_once(network, image, Occluder(200, 0, 64, 64))


def test_growing_results_are_frozen_and_end_at_the_single_pass():
    network = thin(ZFNET)
    image = photo_for(network)
    settings = OcclusionSettings.square(32, 8)
    parts = list(occlusion.compute(network, image, settings))
    whole = occlusion.whole_sweep(network, image, settings)
    assert np.abs(parts[-1].probabilities - whole.probabilities).max() < 1e-6
    shares = [part.done for part in parts]
    assert shares == sorted(shares) and shares[-1] == 1 and len(set(shares)) > 4
    coarse = next(part for part in parts if part.done)
    assert coarse.known[::4, ::4].all() and coarse.done < 0.1
    assert np.array_equal(coarse.probabilities[5, 6], coarse.probabilities[4, 4]), "gaps repeat the coarse value"
    assert np.abs(coarse.probabilities[::4, ::4] - whole.probabilities[::4, ::4]).max() < 1e-6
    assert coarse.seconds_left > 0 and parts[-1].seconds_left == 0


def test_what_the_figure_shows_is_read_off_the_numbers():
    network = thin(ZFNET)
    sweep = occlusion.whole_sweep(network, photo_for(network), OcclusionSettings.square(64, 40))
    assert sweep.layer == "conv5"
    assert sweep.strongest_map == sweep.clean_map_totals.argmax()
    assert sweep.class_indices[1, 2] == sweep.probabilities[1, 2].argmax()
    assert np.array_equal(sweep.probability_of(3), sweep.probabilities[..., 3])
    assert np.array_equal(sweep.total_of(5), sweep.map_totals[..., 5])
    assert np.allclose(sweep.probabilities.sum(axis=2), 1, atol=1e-5)


def test_stopping_early_does_no_more_work(monkeypatch):
    network = thin(ZFNET)
    blocks = []
    block = IncrementalNetwork.block
    monkeypatch.setattr(IncrementalNetwork, "block", lambda *a: blocks.append(a) or block(*a))
    steps = occlusion.compute(network, photo_for(network), OcclusionSettings.square(32, 8))
    for part in steps:
        if part.done:
            break
    steps.close()
    assert len(blocks) == 1


def test_the_clean_pass_can_be_stopped_after_every_stage():
    network = thin_vgg()
    steps = occlusion.compute(network, photo_for(network), OcclusionSettings.square(16, 8))
    before_the_first_map = list(itertools.takewhile(lambda part: not part.done, steps))
    stages = len(tower_of(network).stages)
    assert len(before_the_first_map) >= 2 * stages, "a pause for each stage of the clean pass and of the first block"
    assert not before_the_first_map[0].clean_probabilities.any()


def branching():
    """A network that no tower can be made of: GoogLeNet's kind of fork."""

    class Fork(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = torch.nn.Conv2d(3, 8, 9, stride=8)
            self.left, self.right = torch.nn.Conv2d(8, 4, 1), torch.nn.Conv2d(8, 4, 3, padding=1)
            self.relu, self.pool = torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1)
            self.fc = torch.nn.Linear(8, 5)

        def forward(self, x):
            x = self.relu(self.stem(x))
            x = self.relu(torch.cat([self.left(x), self.right(x)], dim=1))
            return self.fc(torch.flatten(self.pool(x), 1))

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        module = Fork()
    return present("fork", "Fork", module, (("last", "relu_1"), ("fc", "fc")), "abcde", source="random", trained=False)


def test_branching_networks_fall_back_to_full_passes():
    network = branching()
    assert tower_of(network) is None
    image, settings = photo_for(network), OcclusionSettings.square(48, 44)
    assert_same(occlusion.whole_sweep(network, image, settings), *naive(network, image, settings))
    assert tower_of(zoo.load("resnet18")) is None


def test_two_sweeps_at_once_do_not_disturb_each_other():
    network = thin(ZFNET)
    images = [photo_for(network, seed) for seed in (1, 2)]
    settings = OcclusionSettings.square(48, 16)
    alone = [occlusion.whole_sweep(network, image, settings).probabilities for image in images]
    found = [None, None]

    def work(number):
        found[number] = occlusion.whole_sweep(network, images[number], settings).probabilities

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.array_equal(found[0], alone[0]) and np.array_equal(found[1], alone[1])


def test_filters_in_their_own_order_are_counted_and_go_with_their_network():
    """36 numbers for each 3 × 3 filter and channel, about 235 MB for VGG-16, and the second layer's 5 × 5."""
    gc.collect()  # networks of other tests
    before = FILTERS.used_bytes
    network = thin(ZFNET)
    list(occlusion.compute(network, photo_for(network), OcclusionSettings.square(48, 64)))
    assert FILTERS.used_bytes - before == 4 * (36 * (18 * 20 + 20 * 18 + 18 * 16) + 25 * 16 * 18)
    del network
    gc.collect()
    assert FILTERS.used_bytes == before

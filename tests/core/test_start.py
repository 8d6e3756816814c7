"""The three pictures of the start page, against what the activations and another projection say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.core.thin_networks import smooth_photos, thin_zfnet
from zfnet_core.deconvnet.projection import Unit, project
from zfnet_core.deconvnet.scaling import as_picture
from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.start import Settings, compute
from zfnet_core.forward.trace import trace


def test_the_strongest_maps_and_the_strongest_unit_are_shown() -> None:
    network, photos = thin_zfnet(), smooth_photos(2)
    traced = trace(network, photos)
    for image, found in enumerate(compute(network, photos, Settings(maps=5))):
        assert (found.maps_layer, found.unit_layer) == ("conv2", "conv4")
        early = traced.activation("conv2")[image].numpy()
        largest = sorted(range(len(early)), key=lambda number: -early[number].max())[:5]
        assert [number for number, _ in found.maps] == largest
        for number, picture in found.maps:
            literal = np.rint(255 * early[number].astype(np.float64) / early[number].max())
            assert np.abs(picture.astype(int) - literal).max() <= 1
        late = traced.activation("conv4")[image].numpy()
        number, row, column = (int(part) for part in np.unravel_index(late.argmax(), late.shape))
        assert found.unit == Unit(number, row, column) and found.activation == pytest.approx(float(late.max()))
        whole = project(traced, "conv4", [found.unit], images=[image])
        top, left, bottom, right = found.box
        assert found.box == network.layer("conv4").receptive_field.box(row, column, 224)
        inside = as_picture(whole.pixels[0, :, top:bottom, left:right])
        assert np.abs(found.pixels.astype(int) - inside).max() <= 2


def test_layers_can_be_named_and_unknown_ones_are_said() -> None:
    network, photo = thin_zfnet(), smooth_photos(1)
    (found,) = compute(network, photo, Settings(2, "conv1", "conv3"))
    assert (found.maps_layer, found.unit_layer, len(found.maps)) == ("conv1", "conv3", 2)
    with pytest.raises(UnknownName):
        next(compute(network, photo, Settings(unit_layer="conv9")))


def test_a_black_photo_has_maps_too() -> None:
    (found,) = compute(thin_zfnet(), torch.zeros(1, 3, 224, 224), Settings())
    assert len(found.maps) == 8 and found.pixels.dtype == np.uint8

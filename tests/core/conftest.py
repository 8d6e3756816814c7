"""What searches for the strongest units are tried on; a file that needs another network or photos makes its own."""

from __future__ import annotations

import pytest
import torch

from tests.core.tiny_searches import tiny_zfnet, write_photos
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import Corpus, open_corpus


@pytest.fixture(scope="module")
def network() -> Network:
    torch.set_num_threads(1)
    return tiny_zfnet()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return open_corpus([write_photos(tmp_path_factory.mktemp("photos") / "photos.zip", 230)])

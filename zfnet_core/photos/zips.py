"""What in a zip file cannot be read here, said so that the next try succeeds."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable

from zfnet_core.errors import CorpusError
from zfnet_core.language import phrase, t

READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
DEFLATE64 = 9  # what Windows takes for files above 2 GB
LOCKED = 0x1


def check_members(name: str, members: Iterable[zipfile.ZipInfo]) -> None:
    """Raises CorpusError where a member is locked, or packed in a way that Python does not read."""
    for info in members:
        if info.flag_bits & LOCKED:
            raise CorpusError(
                phrase(
                    "“{name}” is locked with a password. Unzip it, and choose the photos themselves, or zip them again "
                    "without a password.",
                    name=name,
                )
            )
        if info.compress_type not in READ:
            method = "Deflate64" if info.compress_type == DEFLATE64 else t("method {n}", n=info.compress_type)
            raise CorpusError(
                phrase(
                    "“{name}” is packed with {method}, which is not read here. Unzip it, and choose the photos "
                    "themselves, or pack fewer of them at a time (below 2 GB Windows takes another method).",
                    name=name,
                    method=method,
                )
            )

"""How static files are compressed: nearly as small as Brotli can, in a fraction of the time.

Brotli's highest quality saves a twelfth more, and would double the time of a first start.
"""

from __future__ import annotations

from typing import Any

import brotli  # type: ignore[import-untyped]
from whitenoise.compress import Compressor  # type: ignore[import-untyped]
from whitenoise.storage import (  # type: ignore[import-untyped]
    CompressedManifestStaticFilesStorage,
)

QUALITY = 9  # of 11: 0.2 s for all files rather than 3.5 s, 709 kB rather than 650


class QuickCompressor(Compressor):  # type: ignore[misc]
    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        compressed: bytes = brotli.compress(data, quality=QUALITY)
        return compressed


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """WhiteNoise's, with our compressor."""

    def create_compressor(self, **kwargs: Any) -> Compressor:  # noqa: ANN401  (WhiteNoise's own)
        return QuickCompressor(**kwargs)

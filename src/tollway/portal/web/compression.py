"""How static files are compressed: as small as Brotli can, but for the largest.

The smallest form of Swagger UI, which the API reference alone loads, takes longer than that of all
other files together: two seconds of a first start.
"""

from __future__ import annotations

from typing import Any

import brotli  # type: ignore[import-untyped]
from whitenoise.compress import Compressor  # type: ignore[import-untyped]
from whitenoise.storage import (  # type: ignore[import-untyped]
    CompressedManifestStaticFilesStorage,
)

LARGE_BYTES = 1_000_000
BEST, QUICK = 11, 9  # Brotli's qualities: QUICK makes 392 kB of 1.7 MB in 0.07 s, BEST 359 in 2.0


class PatientCompressor(Compressor):  # type: ignore[misc]
    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        quality = BEST if len(data) < LARGE_BYTES else QUICK
        compressed: bytes = brotli.compress(data, quality=quality)
        return compressed


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """WhiteNoise's, with our compressor."""

    def create_compressor(self, **kwargs: Any) -> Compressor:  # noqa: ANN401  (WhiteNoise's own)
        return PatientCompressor(**kwargs)

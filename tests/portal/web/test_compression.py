"""Static files in Brotli and gzip, from which browsers get back what was put in."""

from __future__ import annotations

import gzip
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest

from tollway.portal.web.compression import Storage


@pytest.mark.parametrize("lines", [1_000, 100_000])
def test_what_is_compressed_is_got_back(tmp_path: Path, lines: int) -> None:
    script = tmp_path / "all.js"
    script.write_text("let many = 1;\n" * lines)
    Storage(tmp_path).create_compressor(quiet=True).compress(str(script))
    files = {Path(f"{script}.br"): brotli.decompress, Path(f"{script}.gz"): gzip.decompress}
    for file, expand in files.items():
        assert file.stat().st_size < script.stat().st_size / 50
        assert expand(file.read_bytes()) == script.read_bytes()

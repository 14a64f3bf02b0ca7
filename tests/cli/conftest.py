"""Data directories that nothing runs on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tollway.cli.datadir import DataDir


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path / "data")

"""Static files are collected once, under names that change with their content."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.test import override_settings

from tollway.portal.web.assets import collect

HASHED = {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}


def test_files_are_hashed_and_compressed_and_collecting_again_is_harmless(tmp_path: Path) -> None:
    root = tmp_path / "data" / "static"
    with override_settings(STATIC_ROOT=root, STORAGES=HASHED):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: collect(), range(2)))
        first = {p.name for p in root.rglob("*")}
        collect()
    assert {p.name for p in root.rglob("*")} == first
    assert any(name.startswith("tollway.") and name.endswith(".css.gz") for name in first)
    (style,) = [
        p for p in root.rglob("tollway.*.css") if p.name != "tollway.css"
    ]  # fmt: skip
    assert 'url("road.svg")' not in style.read_text()


@pytest.mark.parametrize("name", ["tollway.css", "logo.svg", "road.svg"])
def test_sources_are_small(name: str) -> None:
    static = Path(__file__).parents[3] / "src/tollway/portal/web/static/tollway"
    assert (static / name).stat().st_size < 20_000
